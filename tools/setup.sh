#!/usr/bin/env bash
# Make .venv, or the folder that VENV names, what requirements/dev.lock says, with this project editable in it.
# Needs Python >= 3.11, and nothing else: uv comes from the package index, pinned like the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

is_supported='import sys; sys.exit(sys.version_info < (3, 11))'
version='import sys; print("{}.{}".format(*sys.version_info))'

python=""
for candidate in ${PYTHON:-python3 python3.15 python3.14 python3.13 python3.12 python3.11}; do
  if "$candidate" -c "$is_supported" >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "setup: no Python >= 3.11 found (tried: ${PYTHON:-python3, python3.11 to python3.15});" \
    "install one, or name it with: make setup PYTHON=/path/to/python" >&2
  exit 1
fi

if [ "$("$venv/bin/python" -c "$version" 2>/dev/null || true)" != "$("$python" -c "$version")" ]; then
  rm -rf "$venv"
  if uv --version >/dev/null 2>&1; then
    uv venv --quiet --python "$("$python" -c 'import sys; print(sys.executable)')" "$venv"
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements/bootstrap.txt
  else
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
      -r requirements/bootstrap.txt
    # venv puts it in before Python 3.12, and nothing may come to lean on it.
    "$venv/bin/uv" pip uninstall --quiet --python "$venv/bin/python" setuptools
  fi
fi

"$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes requirements/dev.lock
# hatchling is in the lock, so that building the project downloads nothing.
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
echo "setup: $venv is ready, $("$venv/bin/python" --version)" >&2
