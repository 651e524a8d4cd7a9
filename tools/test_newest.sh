#!/usr/bin/env bash
# Run the quick tests on the newest Python of this machine, in an environment of its own. Arguments go to pytest.
# Left out are the tests whose outcome is the same on any Python: of this repository and of infra/, and of the command
# as a user types it, but for the main job.
set -euo pipefail
cd "$(dirname "$0")/.."

version='import sys; print("{}.{}".format(*sys.version_info))'
usual=$(.venv/bin/python -c "$version")
python=""
for minor in 15 14 13 12; do
  if [ "$minor" -le "${usual#3.}" ]; then break; fi
  python=$(tools/find_python.sh "3.$minor")
  if [ -n "$python" ]; then break; fi
done
if [ -z "$python" ]; then
  echo "test-newest: no Python newer than $usual is installed here; nothing was tested" >&2
  exit 0
fi

VENV=.venv-newest PYTHON=$python tools/setup.sh
exec .venv-newest/bin/python -m pytest -n 2 --dist worksteal -m "not slow" \
  tests/domain tests/adoption tests/cli tests/adapters tests/usecases tests/acceptance/test_main_job.py "$@"
