#!/usr/bin/env bash
# Run the quick tests on the newest Python of this machine, in an environment of its own. Arguments go to pytest.
# Left out is what spends its time in other programs (git, uv, servers of S3, rendered templates), and the command as
# a user types it, but for the main job: on GitHub every quick test runs on every supported Python.
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
others=()
for path in adapters/template adapters/store_s3 adapters/test_store_contract.py adapters/test_store_local_processes.py \
  adapters/test_github_actions.py adapters/test_ci_linters.py usecases/running usecases/templates usecases/test_new.py; do
  others+=("--ignore=tests/$path")
done
exec .venv-newest/bin/python -m pytest -n 2 --dist worksteal -m "not slow" "${others[@]}" \
  --ignore-glob='tests/usecases/test_template_*' --ignore-glob='*/test_state_machine.py' \
  tests/domain tests/adoption tests/cli tests/adapters tests/usecases tests/acceptance/test_main_job.py "$@"
