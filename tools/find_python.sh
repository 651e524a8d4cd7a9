#!/usr/bin/env bash
# Print the path of this machine's Python of a minor version (3.13), from PATH or from pyenv; nothing if there is none.
set -euo pipefail

for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
  # pyenv puts a shim on PATH for each version that it has, and those that are not chosen only fail.
  if "$candidate" -c '' >/dev/null 2>&1; then
    "$candidate" -c 'import sys; print(sys.executable)'
    break
  fi
done
