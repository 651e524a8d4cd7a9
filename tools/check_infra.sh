#!/usr/bin/env bash
# Lint infra/: cfn-lint, checkov, and terraform's own formatter where terraform or tofu is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv-infra/bin

if [ ! -x "$bin/python" ]; then .venv/bin/uv venv --quiet --python .venv/bin/python .venv-infra; fi
.venv/bin/uv pip sync --quiet --python "$bin/python" --require-hashes requirements/infra.lock

"$bin/cfn-lint" infra/cloudformation/*.yml
# checkov asks its maker's server for links to guidelines unless it is told not to.
for framework in cloudformation terraform; do
  "$bin/checkov" --directory "infra/$framework" --framework "$framework" --compact --quiet \
    --skip-download --download-external-modules false
done

program=$(command -v terraform || command -v tofu || true)
if [ -n "$program" ]; then
  TF_CLI_CONFIG_FILE=/dev/null "$program" fmt -check -recursive -diff infra/terraform
else
  echo "check-infra: neither terraform nor tofu is installed; its formatter was left out" >&2
fi
echo "ok -- infra/ passes cfn-lint and checkov"
