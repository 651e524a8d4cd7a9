#!/bin/sh
# Deploys what `hermes build --out-dir dist` left in dist/: build_tools/deploy.sh ENVIRONMENT
set -eu
if [ "$#" -ne 1 ]; then
  echo "Say where to deploy to: build_tools/deploy.sh dev" >&2
  exit 2
fi
cd "$(dirname "$0")/.."
exec hermes deploy --env "$1" --from dist
