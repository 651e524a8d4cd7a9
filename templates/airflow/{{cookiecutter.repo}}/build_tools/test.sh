#!/bin/sh
# Imports every DAG in an Airflow of its own, below .venv/: build_tools/test.sh [OPTIONS OF PYTEST...]
set -eu
cd "$(dirname "$0")/.."

if ! grep -Eqs '^[[:space:]]*hermes-data-products-airflow' requirements.txt; then
  echo "requirements.txt does not say which HermesOperator to install: write its requirement there (your platform team knows it), commit and push." >&2
  exit 1
fi
# A company may hold Airflow's packages to one set: PIP_CONSTRAINT names its constraints file.
if [ ! -f .venv/installed ] || ! cmp -s requirements.txt .venv/installed; then
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt .venv/installed
fi
exec .venv/bin/python -m pytest tests "$@"
