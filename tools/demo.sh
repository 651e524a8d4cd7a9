#!/usr/bin/env bash
# The main job on a laptop, from nothing: every command is shown with what it really printed.
# Stops at the first command that fails, with that command's exit code.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

work=$(mktemp -d)
finish() {
  status=$?
  if [ "$status" -ne 0 ]; then echo "demo: stopped, the last command ended with $status" >&2; fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

# As on a fresh laptop: no CI, no cloud account, no settings or caches of this user's Hermes.
while IFS= read -r name; do
  unset "$name"
done < <(compgen -e | grep -E '^(CI$|GITHUB_|TRAVIS|JENKINS|BUILD_|GITLAB_|AWS_|HERMES_|GIT_|PYTHONPATH$|VIRTUAL_ENV$)' |
  grep -vE '^(GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|GIT_SSL_CAINFO|AWS_CA_BUNDLE)$')
UV_CACHE_DIR=${UV_CACHE_DIR:-$("$root/.venv/bin/uv" cache dir)}
export UV_CACHE_DIR UV_LINK_MODE=copy XDG_CACHE_HOME=$work/cache GIT_PAGER=cat
export PATH=$root/.venv/bin:$PATH
if ! git -C "$work" config user.email >/dev/null 2>&1; then
  export GIT_CONFIG_GLOBAL=$work/gitconfig
  git config --global user.name "Hermes demo"
  git config --global user.email "demo@localhost"
fi

show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

cd "$work"
show hermes new shop --no-input --team growth
show cd shop
show hermes test
show git switch -c feature/first
show hermes deploy
show git switch main
show hermes deploy --env local
show hermes ls
show hermes run shop@latest
show hermes run shop@feature-first
show hermes show shop@latest

product=$(find .hermes -name shop.csv -type f | sort | tail -n 1)
if [ -z "$product" ]; then
  echo "demo: no data product was written below .hermes" >&2
  exit 1
fi
show cat "$product"
printf '\nDone: a data product was made, tested, deployed and run, with no cloud account.\n'
