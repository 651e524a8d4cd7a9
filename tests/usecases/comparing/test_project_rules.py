"""What is found in a project by reading it alone, and at which line."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from hermes_cli.domain.check_rules import RULES, Finding
from hermes_cli.usecases.check import check
from sample_repos import HERMES, commit, isolate, make_repo, sh, write

KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    + f"{string.ascii_letters}{string.digits}\n" * 4
    + "-----END PRIVATE KEY-----\n"
)
TOKEN = "dapi" + "0123456789abcdef" * 2
PYPROJECT = """\
[project]
name = "shop"
version = "1.2.0"
requires-python = ">=3.10"  # as the cluster
dependencies = []
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is wrong with it."""
    isolate(tmp_path / "home", monkeypatch)
    files = {
        "shop/pyproject.toml": PYPROJECT,
        "shop/shop/__init__.py": "",
        "shop/shop/shop.py": "import shop\n",
    }
    return make_repo(tmp_path / "repo", files)


def findings(repo: Path) -> tuple[Finding, ...]:
    """What is found; all is committed to main, so that nothing is built, and a note says no more than that."""
    commit(repo)
    report = check(repo, (), None, environ={}, notify=lambda event: None)
    return tuple(one for one in report.findings if one.rule != "base-itself")


def found(repo: Path) -> list[tuple[str, str]]:
    return [(one.rule, one.place) for one in findings(repo)]


def depend(repo: Path, *dependencies: str, name: str = "shop") -> None:
    listed = "".join(f"  {one!r},\n" for one in dependencies)
    text = PYPROJECT.replace('"shop"', f'"{name}"').replace("[]", f"[\n{listed}]")
    write(repo, {f"{name}/pyproject.toml": text})


def test_nothing_is_found_where_nothing_is_wrong(repo: Path) -> None:
    assert found(repo) == []


DEPENDENCIES = {
    "pandas>=2.2": None,
    "pandas ~= 2.2": None,
    "pandas>2,!=2.1.3": None,
    "pandas[excel]>=2.2; python_version < '3.12'": None,
    "pandas==2.*": None,
    "pandas": "dependency-unbounded",
    "pandas; python_version < '3.12'": "dependency-unbounded",
    "pandas<3": "dependency-unbounded",
    "pandas!=2.1.3": "dependency-unbounded",
    "pandas==2.2.1": "dependency-exact",
    "pandas===2.2.1": "dependency-exact",
    "pandas @ https://example.com/pandas-2.2.1-py3-none-any.whl": "dependency-url",
    "pandas @ git+https://example.com/pandas@main": "dependency-url",
    "pandas @ file:///opt/pandas": "dependency-url",
}


@pytest.mark.parametrize("written", DEPENDENCIES)
def test_how_a_dependency_is_declared(repo: Path, written: str) -> None:
    depend(repo, "numpy>=1", written)
    rule = DEPENDENCIES[written]
    assert found(repo) == ([(rule, "shop/pyproject.toml:7:4")] if rule else [])


def test_a_dependency_is_found_in_one_line_and_where_it_is_written_otherwise(repo: Path) -> None:
    for listed, place in (
        ('dependencies = ["numpy>=1", "pandas"]', "shop/pyproject.toml:5:30"),
        ("dependencies = ['pandas']", "shop/pyproject.toml:5:18"),
        ('dependencies = ["pan\\u0064as"]', "shop/pyproject.toml:5"),
    ):
        write(repo, {"shop/pyproject.toml": PYPROJECT.replace("dependencies = []", listed)})
        assert found(repo) == [("dependency-unbounded", place)]
    write(
        repo,
        {"shop/pyproject.toml": 'project = { name = "shop", version = "1", dependencies = ["pandas"] }\n'},
    )
    assert found(repo) == [("dependency-unbounded", "shop/pyproject.toml")]


def test_the_repos_own_libraries_need_no_version_but_must_be_libraries(repo: Path) -> None:
    depend(repo, "lake")
    depend(repo, name="lake")
    assert found(repo) == []
    text = (repo / "lake/pyproject.toml").read_text()
    write(repo, {"lake/pyproject.toml": f"{text}[tool.hermes]\nlibrary = false\n"})
    assert found(repo) == [("library-off", "shop/pyproject.toml:6:4")]
    write(repo, {"lake/pyproject.toml": "[project\n"})
    assert found(repo) == [("project-invalid", "lake/pyproject.toml:1")]  # and no word about a package lake


def test_a_project_that_is_gone_is_not_a_package(repo: Path) -> None:
    write(repo, {"hermes.toml": f'past-projects = ["lake"]\n{HERMES}'})
    depend(repo, "numpy>=1", "Lake>=2")
    assert found(repo) == [("dependency-gone", "shop/pyproject.toml:7:4")]
    write(repo, {"hermes.toml": f'past-projects = ["lake"]\nallow-from-index = ["lake"]\n{HERMES}'})
    assert found(repo) == []


def test_the_python_of_a_cluster_must_be_supported(repo: Path) -> None:
    clusters = "".join(
        f'[environments.{name}]\nbucket = "b-{name}"\npython = "{python}"\n'
        for name, python in (("dev", "3.9"), ("stage", "3.9"), ("prod", "3.10"))
    )
    write(repo, {"hermes.toml": f"{HERMES}{clusters}"})
    (only,) = findings(repo)
    assert (only.rule, only.place) == ("python-unsupported", "shop/pyproject.toml:4")
    assert only.message == "shop requires Python >=3.10, and the cluster of dev has 3.9"


SECRETS = {
    "shop/shop/key.txt": ("\n" + KEY, "shop/shop/key.txt:2"),
    "shop/tests/test_a.py": (f'x = 1\n\nTOKEN = "{TOKEN}"\n', "shop/tests/test_a.py:3"),
    "shop/.env": ("A=b\n", "shop/.env"),
    "shop/shop/shop.py": (f"x = '{TOKEN}'\n", "shop/shop/shop.py:1"),
    "notes/db.txt": (TOKEN, "notes/db.txt:1"),
    ".env": ("A=b\n", ".env"),
}


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_found_wherever_git_has_it(repo: Path, path: str) -> None:
    text, place = SECRETS[path]
    write(repo, {path: text})
    (only,) = findings(repo)
    assert (only.rule, only.place) == ("secret", place)
    assert only.project == ("shop" if path.startswith("shop/") else None)
    assert TOKEN not in only.message


def test_what_git_ignores_and_samples_are_no_secrets(repo: Path) -> None:
    write(repo, {".gitignore": ".env\n", "shop/.env": "A=b\n", "shop/.env.example": "A=\n"})
    assert found(repo) == []


def test_each_relative_import_of_a_script_and_none_of_a_module(repo: Path) -> None:
    script = "from . import a\n\n\ndef main():\n    from .b import c\n"
    write(repo, {"shop/shop/shop.py": script, "shop/shop/other.py": script})
    assert found(repo) == [("script-import", "shop/shop/shop.py:1"), ("script-import", "shop/shop/shop.py:5")]
    write(repo, {"shop/shop/shop.py": "x = 1\nif:\n"})
    assert found(repo) == [("script-syntax", "shop/shop/shop.py:2")]


def tool(repo: Path, *lines: str, project: str = "shop") -> None:
    text = (repo / project / "pyproject.toml").read_text().partition("[tool.hermes]")[0]
    write(repo, {f"{project}/pyproject.toml": "\n".join([f"{text}[tool.hermes]", *lines, ""])})


def levels(repo: Path) -> list[tuple[str, str, str]]:
    return [(one.rule, one.level.value, one.place) for one in findings(repo)]


SCRIPT = """\
import os
from pathlib import Path

import helpers
import requests


def main():
    import helpers.deep
    here = Path(__file__).parent
    settings = open("settings.ini")
    os.makedirs(os.environ["HERMES_PRODUCTS"])
    key = os.environ["API_KEY"]
    password = "hunter22"
"""
ON_SCRIPTS = [
    ("script-neighbor", "error", "shop/shop/shop.py:4"),
    ("script-undeclared", "warning", "shop/shop/shop.py:5"),
    ("script-file", "warning", "shop/shop/shop.py:10"),
    ("script-path", "warning", "shop/shop/shop.py:11"),
    ("script-place", "warning", "shop/shop/shop.py:12"),
    ("secret-undeclared", "warning", "shop/shop/shop.py:13"),
    ("secret-in-code", "warning", "shop/shop/shop.py:14"),
]


def test_a_script_is_checked_for_all_that_a_cluster_cannot_do_and_no_module_is(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": SCRIPT, "shop/shop/helpers.py": SCRIPT})
    assert levels(repo) == ON_SCRIPTS
    neighbor, undeclared, *_ = findings(repo)
    assert neighbor.message == "helpers is a file beside the script, and a cluster runs the script alone"
    assert neighbor.fix == "import it from the package: from shop import helpers"
    assert undeclared.fix == "hermes add requests --project shop"


def test_each_rule_on_scripts_can_be_switched_off_but_none_on_secrets(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": SCRIPT, "shop/shop/helpers.py": ""})
    for rule, _, _ in ON_SCRIPTS[:5]:
        tool(repo, f'ignore = ["{rule}"]')
        assert levels(repo) == [one for one in ON_SCRIPTS if one[0] != rule]
    tool(
        repo,
        'ignore = ["script-file", "script-path", "script-place", "script-undeclared", "script-neighbor"]',
    )
    assert levels(repo) == ON_SCRIPTS[5:]
    refused = {
        "secret-in-code": "shop/pyproject.toml:7: the rule secret-in-code cannot be switched off",
        "secret-undeclared": "shop/pyproject.toml:7: the rule secret-undeclared cannot be switched off",
        "secret": "shop/pyproject.toml:7: the rule secret cannot be switched off",
        "version-taken": "shop/pyproject.toml:7: the rule version-taken cannot be switched off",
        "script-paht": "shop/pyproject.toml:7: there is no rule 'script-paht' of hermes check",
    }
    for rule, message in refused.items():
        tool(repo, f'ignore = ["{rule}"]')
        (only,) = findings(repo)
        assert (only.rule, f"{only.place}: {only.message}") == ("project-invalid", message)
    assert only.fix == "did you mean script-path?"


def test_a_sibling_must_be_declared_or_be_reached_through_one_that_is(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": "import lake\nimport far_lake\n"})
    depend(repo, name="lake")
    depend(repo, name="far-lake")
    assert levels(repo) == [
        ("script-sibling", "error", "shop/shop/shop.py:1"),
        ("script-sibling", "error", "shop/shop/shop.py:2"),
    ]
    assert findings(repo)[1].fix == "hermes add far-lake --project shop"
    depend(repo, "lake")
    depend(repo, "far_lake", name="lake")
    assert levels(repo) == []
    write(repo, {"lake/pyproject.toml": "[project\n"})  # what it needs is not known
    assert levels(repo) == [
        ("project-invalid", "error", "lake/pyproject.toml:1"),
        ("script-sibling", "warning", "shop/shop/shop.py:2"),
    ]


def test_what_a_sibling_brings_along_is_there(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": "import pandas\n"})
    depend(repo, "lake")
    depend(repo, name="lake")
    assert levels(repo) == [("script-undeclared", "warning", "shop/shop/shop.py:1")]
    depend(repo, "pandas>=2", name="lake")
    assert levels(repo) == []


def test_dependencies_that_only_a_build_knows_may_hold_anything(repo: Path) -> None:
    write(
        repo,
        {"shop/shop/shop.py": "import pandas\nimport lake\nimport helpers\n", "shop/shop/helpers.py": ""},
    )
    depend(repo, name="lake")
    write(repo, {"shop/pyproject.toml": PYPROJECT.replace("dependencies = []", 'dynamic = ["dependencies"]')})
    assert levels(repo) == [
        ("script-sibling", "warning", "shop/shop/shop.py:2"),
        ("script-neighbor", "warning", "shop/shop/shop.py:3"),
    ]


def test_a_package_of_unknown_modules_may_hold_the_one_that_is_missing(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": "import helpers\nimport acme\n", "shop/shop/helpers.py": ""})
    assert levels(repo) == [
        ("script-neighbor", "error", "shop/shop/shop.py:1"),
        ("script-undeclared", "warning", "shop/shop/shop.py:2"),
    ]
    depend(repo, "tools-of-acme>=1")
    assert levels(repo) == [("script-neighbor", "warning", "shop/shop/shop.py:1")]


def test_without_a_library_a_script_has_not_its_own_package(repo: Path) -> None:
    tool(repo, "library = false")
    assert levels(repo) == [("script-neighbor", "error", "shop/shop/shop.py:1")]
    assert findings(repo)[0].fix == "set library = true in shop/pyproject.toml"


def test_in_the_src_layout_neighbors_are_beside_the_script_and_a_wheel_may_hold_more(repo: Path) -> None:
    (repo / "shop/shop/shop.py").unlink()
    script = {"shop/src/shop/shop.py": "import helpers, tools\n", "shop/src/shop/helpers/a.py": ""}
    write(repo, {**script, "shop/src/shop/__init__.py": "", "shop/src/tools.py": ""})
    assert levels(repo) == [
        ("script-neighbor", "error", "shop/src/shop/shop.py:1"),
    ]


def test_a_secret_that_no_build_packs_is_told_once(repo: Path) -> None:
    script = f'api_token = "{TOKEN}"\nother_token = "{TOKEN[::-1]}"\n'
    write(repo, {"shop/shop/shop.py": script})
    assert levels(repo) == [
        ("secret", "error", "shop/shop/shop.py:1"),
        ("secret-in-code", "warning", "shop/shop/shop.py:2"),
    ]


def test_a_named_secret_is_read(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": "import os\nos.environ['API_KEY'], os.environ['DB_PASSWORD']\n"})
    tool(repo, 'secrets = ["API_KEY"]')
    (only,) = findings(repo)
    assert only.message == "DB_PASSWORD looks like a secret, and a run gets only those that shop names"
    assert only.fix == 'write secrets = ["API_KEY", "DB_PASSWORD"] into [tool.hermes] of shop/pyproject.toml'


def test_what_a_build_would_lack(repo: Path, tmp_path: Path) -> None:
    other = make_repo(tmp_path / "other", {"data.py": ""})
    sh(repo, "git", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "shop/vendored")
    (repo / "shop/shop/inside.py").symlink_to("shop.py")
    (repo / "shop/shop/outside.toml").symlink_to("../../hermes.toml")
    (repo / "shop/shop/absolute.py").symlink_to(repo / "shop/shop/shop.py")
    assert found(repo) == [
        ("link-outside", "shop/shop/absolute.py"),
        ("link-outside", "shop/shop/outside.toml"),
        ("submodule", "shop/vendored"),
    ]


def test_a_link_that_leads_out_on_a_detour(repo: Path) -> None:
    (repo / "shop/shop/here").symlink_to(".")
    (repo / "shop/shop/inside").symlink_to("here/here/../shop/__init__.py")
    (repo / "shop/shop/round").symlink_to("round")
    (repo / "shop/shop/detour").symlink_to("here/../../../hermes.toml")
    assert found(repo) == [("link-outside", "shop/shop/detour"), ("link-outside", "shop/shop/round")]


def test_files_of_git_lfs_whose_content_is_not_here(repo: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    write(repo, {"shop/a.bin": pointer, "shop/b.bin": pointer, "docs/c.bin": pointer, "shop/.env": "A=b\n"})
    (secret, one, two) = findings(repo)
    assert secret.rule == "secret"
    assert (one.rule, one.place, two.rule, two.place) == (
        "large-file",
        "shop/a.bin",
        "large-file",
        "shop/b.bin",
    )
    assert one.message == "shop/a.bin is kept by git LFS, and its content is not here"
    assert one.fix == "git lfs pull"


def test_what_a_sparse_checkout_does_not_show_is_checked_as_well(repo: Path) -> None:
    write(repo, {"shop/shop/shop.py": "from . import a\n", "docs/a.md": ""})
    commit(repo)
    sh(repo, "git", "sparse-checkout", "set", "docs")
    assert found(repo) == [("script-import", "shop/shop/shop.py:1")]


def test_a_repo_without_an_id_could_not_deploy(repo: Path) -> None:
    write(repo, {"hermes.toml": 'team = "growth"\n'})
    assert found(repo) == [("config-invalid", "hermes.toml")]


def test_every_rule_is_seen_by_a_test() -> None:
    texts = [Path(__file__).read_text(), Path(__file__).parents[1].joinpath("test_check.py").read_text()]
    assert [rule for rule in RULES if f'"{rule}"' not in "".join(texts)] == []


def test_the_docs_have_each_rule_with_its_level_and_meaning() -> None:
    text = (Path(__file__).parents[3] / "docs/checking.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \| (.*) \|$", text, re.MULTILINE)
    assert listed == [(rule.id, rule.level.value, rule.meaning) for rule in RULES.values()]
