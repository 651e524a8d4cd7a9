#!/bin/sh
# Runs the tests of every project, or of those that are named: build_tools/test.sh [PROJECT...]
set -eu
cd "$(dirname "$0")/.."
exec hermes test "$@"
