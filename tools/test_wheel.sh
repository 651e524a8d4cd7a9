#!/usr/bin/env bash
# Install dist/*.whl with pip in a fresh environment outside the tree, and drive that hermes from there.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

wheels=(dist/*.whl)
if [ "${#wheels[@]}" -ne 1 ] || [ ! -f "${wheels[0]}" ]; then
  echo "test-wheel: dist/ must hold exactly one wheel; make it with: make wheel" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

.venv/bin/uv venv --quiet --python .venv/bin/python "$work/venv"
.venv/bin/python -m pip --python "$work/venv" --disable-pip-version-check install --quiet "$root/${wheels[0]}[databricks]"
.venv/bin/python -m pip --python "$work/venv" --disable-pip-version-check check

run() {
  echo "\$ $*"
  "$@"
}

cd "$work" # nothing of the tree may be found by being the current folder
export HERMES_BIN="$work/venv/bin/hermes"
run "$HERMES_BIN" --version
run "$HERMES_BIN" --help
run "$work/venv/bin/python" -m hermes_cli --version
run "$work/venv/bin/python" - "$work" <<'PY'
import pathlib, sys
import hermes_cli

home = pathlib.Path(hermes_cli.__file__).resolve()
assert home.is_relative_to(pathlib.Path(sys.argv[1]).resolve()), f"not the installed package: {home}"
assert any((home.parent / "templates" / "project").iterdir()), "the wheel holds no template"
print("the installed package and its template are in use")
PY

cd "$root"
# These ask nothing of how the command is installed, and the source tree's tests have run them.
others=()
for name in proofs test_bad_input.py test_bad_places.py test_interrupts.py test_new_github.py test_s3_policy.py; do
  others+=("--ignore=tests/acceptance/$name")
done
run .venv/bin/python -m pytest -n 3 --dist worksteal -m "not slow" "${others[@]}" tests/acceptance
