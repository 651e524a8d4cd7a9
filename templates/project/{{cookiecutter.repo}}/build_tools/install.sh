#!/bin/sh
# Installs the very Hermes that build_tools/hermes-requirement.txt records.
set -eu
cd "$(dirname "$0")/.."

if ! grep -Eqs '^[[:space:]]*[^#[:space:]]' build_tools/hermes-requirement.txt; then
  echo "build_tools/hermes-requirement.txt does not say which Hermes to install: write its requirement there (your platform team knows it), commit and push." >&2
  exit 1
fi
exec python -m pip install --disable-pip-version-check --requirement build_tools/hermes-requirement.txt
