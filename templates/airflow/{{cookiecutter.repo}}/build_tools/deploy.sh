#!/bin/sh
# Deploys the DAGs and Variables of this repo: build_tools/deploy.sh ENVIRONMENT. It runs nothing of the repo.
# AIRFLOW_DAGS says where that Airflow's DAGs lie (s3://… or a folder); its `airflow` command must be on PATH.
set -eu
case "${1:-}" in
  dev | prod) ;;
  *)
    echo "Say where to deploy to: build_tools/deploy.sh dev" >&2
    exit 2
    ;;
esac
if [ -z "${AIRFLOW_DAGS:-}" ]; then
  echo "AIRFLOW_DAGS does not say where the DAGs of $1 lie: your platform team sets it in Jenkins." >&2
  exit 1
fi
cd "$(dirname "$0")/.."

# The Variables first: a DAG that is new needs them.
airflow variables import "variables/$1.json"
target=${AIRFLOW_DAGS%/}/{{ cookiecutter.team }}
case $AIRFLOW_DAGS in
  s3://*) aws s3 sync --delete --exclude '*__pycache__*' dags "$target" ;;
  *)
    mkdir -p "$AIRFLOW_DAGS"
    rm -rf "$target.new"
    cp -R dags "$target.new"
    rm -rf "$target.new/__pycache__" "$target"
    mv "$target.new" "$target"
    ;;
esac
echo "deployed the DAGs of {{ cookiecutter.team }} to $target"
