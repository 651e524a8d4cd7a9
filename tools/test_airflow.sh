#!/usr/bin/env bash
# Test HermesOperator in real Airflow: build its distribution, install that into an environment for each
# supported major version, and run tests/on_airflow there, in both at once. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

wheels=build/airflow
rm -rf "$wheels"
.venv/bin/python -m build --quiet --wheel --no-isolation --outdir "$wheels" packaging/airflow

install() { # MAJOR
  local python=.venv-airflow$1/bin/python
  if [ ! -x "$python" ]; then .venv/bin/uv venv --quiet --python .venv/bin/python ".venv-airflow$1"; fi
  # Compiled now: Airflow is imported again and again, and takes long without.
  .venv/bin/uv pip sync --quiet --compile-bytecode --python "$python" --require-hashes "requirements/airflow$1.lock"
  .venv/bin/uv pip install --quiet --python "$python" --no-deps --reinstall "$wheels"/*.whl
  .venv/bin/uv pip check --quiet --python "$python"
}

run() { # MAJOR [ARGUMENT]...
  local python=.venv-airflow$1/bin/python
  echo "==== Airflow $1: $("$python" -c 'from importlib.metadata import version as v; print(v("apache-airflow"))')"
  # Airflow's own warnings are not ours to mend.
  HERMES_BIN=$PWD/.venv/bin/hermes "$python" -m pytest -o filterwarnings=default --disable-warnings \
    tests/on_airflow "${@:2}"
}

install 3
if .venv/bin/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then
  install 2
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
