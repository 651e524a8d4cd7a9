#!/usr/bin/env bash
# Render the project template as `hermes new` does, once for each CI, and lint what an analyst would get.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for ci in github travis; do
  "$bin/hermes" new shop --no-input --team growth --ci "$ci" --output-dir "$work/$ci" >/dev/null
  (
    cd "$work/$ci/shop"
    scripts=$(find . -name '*.sh' -not -path './.git/*')
    test -n "$scripts"
    # shellcheck disable=SC2086  # names from our own template, without spaces
    "$bin/shellcheck" $scripts
    case $ci in
      github)
        "$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
        "$bin/actionlint" -shellcheck "$bin/shellcheck" .github/workflows/*.yml
        ;;
      travis) "$bin/check-jsonschema" --builtin-schema vendor.travis .travis.yml ;;
    esac
    if grep -rnE '\{\{ *cookiecutter' . --exclude-dir=.git; then
      echo "check-template: the lines above were left unrendered" >&2
      exit 1
    fi
  )
done
echo "ok -- the rendered template passes shellcheck, actionlint and its schemas"
