#!/usr/bin/env bash
# Render the templates as `hermes new` does: of a repo of data products for each CI, with and without buckets, with a
# workflow of its own and as a caller of a company's; of an Airflow repo with and without buckets. Lint what an analyst
# would get, and the reusable workflow that a company would get.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

lint_workflow() { # FILE
  "$bin/check-jsonschema" --quiet --builtin-schema vendor.github-workflows "$1"
  "$bin/actionlint" -shellcheck "$bin/shellcheck" "$1"
  "$bin/zizmor" --offline --quiet "$1"
}

check() { # NAME OPTIONS OF hermes new...
  local name=$1
  shift
  "$bin/hermes" new shop -o json --team growth "$@" --output-dir "$work/$name" >/dev/null
  (
    cd "$work/$name/shop"
    "$bin/shellcheck" build_tools/*.sh
    if [ -e .travis.yml ]; then "$bin/check-jsonschema" --quiet --builtin-schema vendor.travis .travis.yml; fi
    if [ -e .github ]; then lint_workflow .github/workflows/hermes.yml; fi
    if [ -d dags ]; then
      for file in variables/*.json; do "$bin/python" -m json.tool "$file" >/dev/null; done
      "$bin/ruff" check --quiet --isolated dags tests
    fi
    if grep -rnE '\{\{ *cookiecutter' . --exclude-dir=.git; then
      echo "check-template: the lines above were left unrendered" >&2
      exit 1
    fi
  )
}

company=acme/hermes-workflows/.github/workflows/hermes.yml@v1
buckets=(--dev-bucket acme-dev --prod-bucket acme-prod)
check travis --ci travis "${buckets[@]}"
check without-buckets
check with-buckets "${buckets[@]}"
check airflow --kind airflow "${buckets[@]}"
check airflow-without-buckets --kind airflow
check called --workflow "$company" "${buckets[@]}"
mkdir -p "$work/company/.github/workflows"
"$bin/hermes" template workflow >"$work/company/.github/workflows/hermes.yml"
lint_workflow "$work/company/.github/workflows/hermes.yml"
echo "ok -- what the templates render passes shellcheck, actionlint, zizmor and its schemas"
