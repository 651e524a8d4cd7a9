#!/usr/bin/env bash
# Remake the locks in requirements/ from pyproject.toml and the *.in beside them; --upgrade asks for the newest.
# The result names no index and no path, so that it serves any machine's own index configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

# This machine's mirrors and wheel folders must not choose what everybody else installs.
while IFS= read -r name; do
  unset "$name"
done < <(compgen -e | grep -E '^(PIP_|UV_(.*INDEX.*|FIND_LINKS|CONSTRAINT|OVERRIDE|EXCLUDE_NEWER|PRERELEASE|RESOLUTION)$)')
export UV_NO_CONFIG=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # OLDEST-PYTHON OUTPUT ARGUMENTS...
  local python=$1 output=$2
  shift 2
  # An output that exists keeps its pins where they still fit.
  if [ -f "requirements/$output" ]; then cp "requirements/$output" "$work/$output"; fi
  .venv/bin/uv pip compile --quiet --universal --python-version "$python" --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$work/$output" "$@"
  { echo "# Made by: make lock"; cat "$work/$output"; } > "requirements/$output.new"
  mv "requirements/$output.new" "requirements/$output"
}

compile 3.11 dev.lock pyproject.toml requirements/build.in \
  --extra databricks --group test --group check --group docs "$@"
echo uv > "$work/bootstrap.in"
compile 3.11 bootstrap.txt "$work/bootstrap.in" --constraint requirements/dev.lock
# checkov pins an older boto3 than Hermes needs, so these tools have a lock, and an environment, of their own.
compile 3.11 infra.lock requirements/infra.in "$@"
compile 3.11 bench.lock requirements/bench.in "$@"
compile 3.11 bench-sam.lock requirements/bench-sam.in "$@"
# Airflow pins much, and differently in each major version. Both still run on Python 3.10, and so must the operator.
compile 3.10 airflow3.lock requirements/airflow3.in "$@"
compile 3.10 airflow2.lock requirements/airflow2.in "$@"
