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

compile() { # OUTPUT ARGUMENTS...
  local output=$1
  shift
  # An output that exists keeps its pins where they still fit.
  if [ -f "requirements/$output" ]; then cp "requirements/$output" "$work/$output"; fi
  .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$work/$output" "$@"
  { echo "# Made by: make lock"; cat "$work/$output"; } > "requirements/$output.new"
  mv "requirements/$output.new" "requirements/$output"
}

compile dev.lock pyproject.toml requirements/build.in --extra databricks --group test --group check "$@"
echo uv > "$work/bootstrap.in"
compile bootstrap.txt "$work/bootstrap.in" --constraint requirements/dev.lock
# checkov pins an older boto3 than Hermes needs, so these tools have a lock, and an environment, of their own.
compile infra.lock requirements/infra.in "$@"
compile bench.lock requirements/bench.in "$@"
compile bench-sam.lock requirements/bench-sam.in "$@"
# Airflow pins much, and differently in each major version.
compile airflow3.lock requirements/airflow3.in "$@"
compile airflow2.lock requirements/airflow2.in "$@"
