#!/usr/bin/env bash
# Test HermesOperator in real Airflow: build its distribution, install that into an environment for each
# supported major version, and run tests/on_airflow there, in both at once. Arguments go to pytest.
# Airflow 2 runs on the oldest Python that the operator supports, where this machine has that one.
set -euo pipefail
cd "$(dirname "$0")/.."

wheels=build/airflow
rm -rf "$wheels"
.venv/bin/python -m build --quiet --wheel --no-isolation --outdir "$wheels" packaging/airflow

version='import sys; print("{}.{}".format(*sys.version_info))'

install() { # MAJOR PYTHON
  local python=.venv-airflow$1/bin/python
  if [ "$("$python" -c "$version" 2>/dev/null || true)" != "$("$2" -c "$version")" ]; then
    .venv/bin/uv venv --quiet --clear --python "$2" ".venv-airflow$1"
  fi
  # Compiled now: Airflow is imported again and again, and takes long without.
  .venv/bin/uv pip sync --quiet --compile-bytecode --python "$python" --require-hashes "requirements/airflow$1.lock"
  .venv/bin/uv pip install --quiet --python "$python" --no-deps --reinstall "$wheels"/*.whl
  .venv/bin/uv pip check --quiet --python "$python"
}

run() { # MAJOR [ARGUMENT]...
  local python=.venv-airflow$1/bin/python
  echo "==== Airflow $1: $("$python" -c '
from importlib.metadata import version
import sys
print(version("apache-airflow"), "on Python", sys.version.split()[0])')"
  # Airflow's own warnings are not ours to mend.
  HERMES_BIN=$PWD/.venv/bin/hermes "$python" -m pytest -o filterwarnings=default --disable-warnings \
    tests/on_airflow "${@:2}"
}

usual=$PWD/.venv/bin/python
oldest=$(tools/find_python.sh 3.10)
if [ -z "$oldest" ] && "$usual" -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then oldest=$usual; fi

install 3 "$usual"
if [ -n "$oldest" ]; then
  install 2 "$oldest"
  second=build/airflow2.log
  run 2 "$@" >"$second" 2>&1 &
  status=0
  run 3 "$@" || status=$?
  wait $! || status=$?
  cat "$second"
  exit "$status"
fi
echo "test-airflow: Airflow 2 does not run on this Python; it was left out" >&2
run 3 "$@"
