#!/usr/bin/env bash
# Build the pages as a site into build/site. A link or an anchor that leads nowhere fails, and so does a page that the
# navigation of mkdocs.yml does not have.
set -euo pipefail
cd "$(dirname "$0")/.."

# The pages lie as in the repository, so that their links are the same ones.
pages=build/pages
rm -rf "$pages" build/site
mkdir -p "$pages/infra/terraform"
cp ./*.md LICENSE "$pages"
cp -R docs "$pages/docs"
cp -R infra/terraform/README.md infra/terraform/examples "$pages/infra/terraform"

.venv/bin/mkdocs build --strict
if grep -rnoE '(src|href)="https?://[^"]*\.(js|css|woff2?)"' build/site --include='*.html'; then
  echo "docs: the lines above fetch something from another server" >&2
  exit 1
fi
echo "ok -- build/site has $(find build/site -name '*.html' | wc -l | tr -d ' ') pages"
