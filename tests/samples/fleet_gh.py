"""A `gh` for tests: it clones from bare repositories, keeps pull requests in a file, and a record of its calls.

Its folder is named by FLEET_GH: OWNER/NAME.git are the repositories, pulls.json the pull requests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Do as gh does."""
    home = Path(os.environ["FLEET_GH"])
    with (home / "calls").open("a") as record:
        record.write(json.dumps(words) + "\n")
    pulls_file = home / "pulls.json"
    pulls = json.loads(pulls_file.read_text()) if pulls_file.exists() else []
    option = {name: words[number + 1] for number, name in enumerate(words[:-1]) if name.startswith("--")}
    if words[:2] == ["repo", "clone"]:
        bare = home / f"{words[2]}.git"
        if not bare.is_dir():
            sys.stderr.write(f"GraphQL: Could not resolve to a Repository with the name '{words[2]}'.\n")
            return 1
        return subprocess.run(["git", "clone", "--quiet", bare.as_uri(), words[3], "--depth=1"]).returncode
    if words[:2] == ["repo", "list"]:
        found = sorted(home.glob(f"{words[2]}/*.git"))
        rows = [{"nameWithOwner": f"{words[2]}/{path.stem}"} for path in found]
        sys.stdout.write(json.dumps(rows))
        return 0
    if words[:2] == ["pr", "list"]:
        mine = [one for one in pulls if (one["repo"], one["head"]) == (option["--repo"], option["--head"])]
        sys.stdout.write(json.dumps([{"url": one["url"], "state": one["state"]} for one in mine]))
        return 0
    if words[:2] == ["pr", "create"]:
        pull = {name.removeprefix("--"): value for name, value in option.items()}
        pull |= {"url": f"https://github.com/{pull['repo']}/pull/{len(pulls) + 1}", "state": "OPEN"}
        pulls_file.write_text(json.dumps([*pulls, pull]))
        sys.stdout.write(f"{pull['url']}\n")
        return 0
    sys.stderr.write(f"unknown command {words}\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
