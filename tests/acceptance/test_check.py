"""`hermes check` and `hermes bump` as a user and a pull request's job meet them."""

from __future__ import annotations

import json

from .conftest import Cloud
from .harness import Repo, github


def test_a_pull_request_is_checked_raised_and_merged(repo: Repo) -> None:
    assert "\nshop     0.1.0    0.1.0     unchanged\n" in repo.run("check").stdout
    repo.switch("feature/more")
    repo.write("shop/shop/__init__.py", 'WORD = "more"\n')
    repo.commit()
    head = repo.head[:12]

    files = {
        "GITHUB_STEP_SUMMARY": repo.path.parent / "summary.md",
        "GITHUB_OUTPUT": repo.path.parent / "output",
    }
    job = {
        **github(repo, "feature/more", "pull_request"),
        **{name: str(path) for name, path in files.items()},
    }
    found = repo.run("check", env=job, expect=7)
    place = "shop/pyproject.toml:7"
    message = "shop changes what runs, and its version is still 0.1.0: refused where that is released"
    assert found.stdout.splitlines()[:2] == [
        f"{place}: error: {message} (version-not-raised)",
        "  next: hermes bump shop",
    ]
    assert "shop     0.1.0    0.1.0     needs a new version" in found.stdout
    annotation = f"file=shop/pyproject.toml,line=7::{message} (version-not-raised)%0Anext: hermes bump shop"
    assert f"::error title=hermes check,{annotation}\n" in found.stderr
    summary = files["GITHUB_STEP_SUMMARY"].read_text()
    assert "| project | version | main has | a merge |\n" in summary
    assert "| shop | 0.1.0 | 0.1.0 | needs a new version |\n" in summary
    assert f"**error**: {place}: {message}" in summary
    assert json.loads(files["GITHUB_OUTPUT"].read_text().splitlines()[1])["errors"] == 1

    told = repo.run("check", "-o", "json", expect=7)
    assert told.json["findings"][0]["rule"] == "version-not-raised"
    assert told.json["projects"] == [
        {"project": "shop", "effect": "refused", "version": "0.1.0", "base": "0.1.0"}
    ]
    sarif = repo.run("check", "-o", "sarif", expect=7)
    assert [one["ruleId"] for one in json.loads(sarif.stdout)["runs"][0]["results"]] == ["version-not-raised"]
    assert "sarif" in repo.run("ls", "-o", "sarif", expect=2).error
    assert "sarif" in repo.run("-o", "sarif", "check", expect=2).error

    assert repo.run("bump", "shop", "minor").stdout == "shop: 0.1.0 → 0.2.0\n"
    assert repo.git("diff", "--numstat") == "1\t1\tshop/pyproject.toml"
    repo.commit()
    fine = repo.run("check", env={**job, "GITHUB_SHA": repo.head})
    assert "shop     0.2.0    0.1.0     would be released" in fine.stdout
    assert f"compared with main ({repo.git('rev-parse', '--short=12', 'main')})" in fine.stdout
    assert head not in fine.stdout
    repo.switch("main")
    repo.git("merge", "-q", "feature/more")
    assert "shop     0.2.0   released" in repo.run("deploy", "--env", "local").stdout


def test_a_version_is_raised_above_what_the_bucket_has(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.set_version("0.5.0")
    repo.commit()
    repo.run("deploy", "--env", "dev", env=github(repo, "main"))
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert repo.run("bump", "shop").stdout == "shop: 0.1.0 → 0.5.1\n"
    conflict = repo.run("bump", "shop", "0.4.0", expect=4)
    assert conflict.error == "shop 0.4.0 is not above 0.5.0, which is released in dev"
    assert " next: hermes bump shop 0.5.2\n" in conflict.stderr

    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    nobody = dict.fromkeys(keys, None) | {"AWS_EC2_METADATA_DISABLED": "true"}
    blind = repo.run("bump", "shop", "-o", "json", env=nobody)
    assert (blind.json["new"], blind.json["above"]) == ("0.5.2", ["main"])
    assert [one.split(": ")[0] for one in blind.json["unasked"]] == ["dev", "prod"]
    assert "note: not compared with dev: " in repo.run("bump", "shop", env=nobody).stderr


def test_no_credentials_are_needed_to_check(cloud: Cloud) -> None:
    nowhere = {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }
    cloud.repo.switch("feature/x")
    cloud.repo.set_version("0.2.0")
    assert "would be released" in cloud.repo.run("check", env=nowhere).stdout


def test_what_a_script_cannot_do_on_a_cluster_is_told_with_its_line(repo: Repo) -> None:
    script = 'import os\n\nimport helpers\n\nopen(os.environ["HERMES_PRODUCTS"] + "/a.csv", "w")\n'
    place = "shop/shop/shop.py"
    repo.write(place, script)
    repo.write("shop/shop/helpers.py", "")
    repo.commit()
    lines = [
        f"{place}:3: error: helpers is a file beside the script, and a cluster runs the script alone "
        "(script-neighbor)",
        "  next: import it from the package: from shop import helpers",
        f"{place}:5: warning: open knows folders only, and on a cluster HERMES_PRODUCTS is a bucket (s3://…) "
        "(script-place)",
        "  next: open it with fsspec.open, which knows both, and use that file",
    ]
    assert "\n".join(lines) in repo.run("check", expect=7).stdout
    expected = [("script-neighbor", "error", 3), ("script-place", "warning", 5)]
    found = repo.run("check", "-o", "json", expect=7).json["findings"]
    assert [(one["rule"], one["level"], one["line"]) for one in found if one["file"] == place] == expected
    results = json.loads(repo.run("check", "-o", "sarif", expect=7).stdout)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert [
        (one["ruleId"], one["level"], there["region"]["startLine"])
        for one, there in zip(results, places, strict=True)
        if there["artifactLocation"]["uri"] == place
    ] == expected

    repo.write(place, script.replace("import helpers", "from shop import helpers"))
    settings = repo.path / "shop/pyproject.toml"
    settings.write_text(settings.read_text() + 'ignore = ["script-place"]\n')
    repo.commit()
    assert "script-" not in repo.run("check").stdout
