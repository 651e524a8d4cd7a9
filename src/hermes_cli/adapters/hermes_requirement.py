"""Return the requirement that installs this same Hermes elsewhere, from the record of its installer (PEP 610)."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution

DISTRIBUTION = "hermes-data-products"


def recorded_requirement() -> str | None:
    """Return the exact requirement that installs this same Hermes elsewhere, if the record has one.

    None for an install from an index, which records nothing, and for one from this machine's
    own files, which another machine does not have.
    """
    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    try:
        record = dict(json.loads(text or "{}"))
    except (ValueError, TypeError):
        return None
    url = str(record.get("url", ""))
    if not url or url.startswith("file:") or "@" in url.split("://")[-1].split("/")[0].replace("git@", ""):
        return None
    vcs, archive = record.get("vcs_info"), record.get("archive_info")
    if isinstance(vcs, dict) and vcs.get("commit_id"):
        folder = f"#subdirectory={record['subdirectory']}" if record.get("subdirectory") else ""
        return f"{DISTRIBUTION} @ {vcs.get('vcs', 'git')}+{url}@{vcs['commit_id']}{folder}"
    if isinstance(archive, dict):
        older = str(archive.get("hash") or "")
        sha256 = (archive.get("hashes") or {"sha256": older.partition("sha256=")[2]}).get("sha256")
        return f"{DISTRIBUTION} @ {url}" + (f"#sha256={sha256}" if sha256 else "")
    return None
