"""hermes adopt: whatever is brought becomes a project whose test passes, or a list of what is left."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adoptable import CASES, REFUSED, Case, ipynb
from hermes_cli.adapters.installed_packages import InstalledPackages
from hermes_cli.adapters.template import bundled
from hermes_cli.adapters.wheels import find_secret_in_text
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.contract.names import canonical_name
from hermes_cli.script_analysis.parsing import parse_script
from hermes_cli.script_analysis.script_rules import script_faults
from hermes_cli.script_analysis.surroundings import Surroundings
from hermes_cli.usecases.adopt import AdoptReport, adopt
from sample_repos import HERMES, isolate, make_repo, opened, project_file, write

PYTHON_2 = ipynb("print 1", metadata={"kernelspec": {"name": "python2", "language": "python"}})
HAVE = {
    "PyYAML": ("6.0.2", "yaml"),
    "python-dateutil": ("2.9.0", "dateutil"),
    "jinja2": ("3.1.4", "jinja2"),
    "requests": ("2.30.0", "requests"),
    "six": ("1.16", "six"),
}


@pytest.fixture(autouse=True)
def _no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_for_the_index(monkeypatch)


def _answer_for_the_index(patch: pytest.MonkeyPatch) -> None:
    def newest(requirements: Sequence[str], **_: Any) -> dict[str, str]:
        return dict.fromkeys((canonicalize_name(Requirement(one).name) for one in requirements), "4.5.6")

    patch.setattr("hermes_cli.usecases.adopting.lower_bounds.newest", newest)
    patch.setattr(
        "hermes_cli.usecases.adopt.find_installed_packages",
        lambda _: InstalledPackages(
            versions={name: version for name, (version, _) in HAVE.items()},
            modules={module: (name,) for name, (_, module) in HAVE.items()},
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A case and what it became; `outcomes` are those of its smoke test, by name."""

    case: Case
    report: AdoptReport
    code: str
    test: str
    secrets: Sequence[str]
    outcomes: Mapping[str, str]


@pytest.fixture(scope="module")
def all_adopted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Adopted]:
    """Every case, each in one repo, and one run of all their smoke tests by this interpreter."""
    folder = tmp_path_factory.mktemp("adopted")
    with pytest.MonkeyPatch.context() as patch:
        isolate(folder / "home", patch)
        _answer_for_the_index(patch)
        repo = make_repo(folder / "repo")
        (repo / "hermes.toml").write_text(f'{HERMES}[template]\nsource = "{_small_template(folder)}"\n')
        reports = {}
        for number, (title, case) in enumerate(CASES.items()):
            place = folder / f"from-{number}"
            content = case.content.encode() if isinstance(case.content, str) else case.content
            write(place, {case.name: content, **case.beside})
            reports[title] = adopt(opened(repo), place / case.name, project=None, notify=lambda _: None)
    outcomes = _smoke(repo, folder / "results.xml")
    found = {}
    for title, report in reports.items():
        home = repo / report.project
        (test,) = (home / "tests").glob("test_*.py")
        script = home / report.project / f"{report.project}.py"
        found[title] = Adopted(
            case=CASES[title],
            report=report,
            code=script.read_text("utf-8"),
            test=test.read_text("utf-8"),
            secrets=opened(repo).project(report.project).secrets,
            outcomes=outcomes.get(report.project, {}),
        )
    return found


def _small_template(folder: Path) -> Path:
    """Hermes's own template without all that is not of a project: it renders in a third of the time."""
    own = bundled() / "project"
    small = folder / "template"
    (small / "{{cookiecutter.repo}}").mkdir(parents=True)
    project = Path("{{cookiecutter.repo}}", "{{cookiecutter.project}}")
    shutil.copytree(own / project, small / project)
    questions = json.loads((own / "cookiecutter.json").read_text())
    (small / "cookiecutter.json").write_text(json.dumps({**questions, "_only": {}}))
    return small


def _smoke(repo: Path, results: Path) -> dict[str, dict[str, str]]:
    projects = sorted(path.parent for path in repo.glob("*/pyproject.toml"))
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, projects)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = [str(project / "tests") for project in projects]
    subprocess.run(
        [*command, "--continue-on-collection-errors", f"--junitxml={results}", f"--rootdir={repo}", *tests],
        cwd=repo,
        env=environ,
        capture_output=True,
        check=False,
    )
    outcomes: dict[str, dict[str, str]] = {}
    for one in ElementTree.parse(results).iter("testcase"):
        project = (one.get("classname") or one.get("name") or "").split(".")[0]
        failure = one.find("failure") if one.find("failure") is not None else one.find("error")
        verdict = "passed" if failure is None else str(failure.get("message"))
        outcomes.setdefault(project, {})[str(one.get("name"))] = verdict
    return outcomes


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.slow
@pytest.mark.parametrize("title", CASES)
def test_a_smoke_test_passes_or_what_is_missing_is_told(all_adopted: dict[str, Adopted], title: str) -> None:
    adopted = all_adopted[title]
    if adopted.case.importable:
        assert set(adopted.outcomes.values()) == {"passed"}, (adopted.outcomes, adopted.code)
        assert ("test_runs_to_its_end" in adopted.outcomes) is adopted.case.alone, adopted.code
    else:
        told = [*adopted.report.requirements, *adopted.report.test_requirements, *adopted.report.left]
        assert told


@pytest.mark.slow
@pytest.mark.parametrize("title", CASES)
def test_what_is_left_to_do_is_told_and_nothing_else(all_adopted: dict[str, Adopted], title: str) -> None:
    left = [f"{one.where}: {one.what}" for one in all_adopted[title].report.left]
    wanted = list(all_adopted[title].case.left)
    for part in wanted:
        match = next((line for line in left if part in line), None)
        assert match is not None, (part, left)
        left.remove(match)
    assert left == []


@pytest.mark.slow
@pytest.mark.parametrize("title", CASES)
def test_the_code_and_its_needs(all_adopted: dict[str, Adopted], title: str) -> None:
    adopted = all_adopted[title]
    case, report = adopted.case, adopted.report
    assert [part for part in case.has if part not in adopted.code] == [], adopted.code
    assert [part for part in case.lacks if part in adopted.code] == [], adopted.code
    everything = adopted.code + adopted.test + repr(report)
    assert [part for part in case.hidden if part in everything] == []
    assert "TODO(hermes adopt)" not in adopted.code or report.left
    assert adopted.code.count("TODO(hermes adopt)") >= len(report.left), adopted.code
    assert sorted(report.secrets) == list(adopted.secrets) == sorted(case.secrets)
    assert report.next[0].startswith("grep -rn 'TODO(hermes adopt)' ") is (
        "TODO(hermes adopt)" in adopted.code
    )
    assert list(report.parameters) == list(case.parameters)
    assert len(report.requirements) == len(case.requires), report.requirements
    for wanted, got in zip(
        sorted(case.requires, key=str.lower), sorted(report.requirements, key=str.lower), strict=True
    ):
        assert got == wanted if ">" in wanted or "=" in wanted else got.startswith(f"{wanted}>=4.5")
    assert len(report.test_requirements) == len(case.tests_require)
    for line in adopted.code.splitlines():
        assert line == line.rstrip() or "'''" in adopted.code


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title, case in CASES.items() if not case.left])
def test_check_finds_nothing_in_what_was_adopted_whole(all_adopted: dict[str, Adopted], title: str) -> None:
    adopted = all_adopted[title]
    project = adopted.report.project
    around = Surroundings(
        project=project,
        folder=project,
        package=project,
        installed=frozenset(canonical_name(Requirement(one).name) for one in adopted.report.requirements),
        secrets=frozenset(adopted.secrets),
    )
    script = parse_script(adopted.code.encode(), f"{project}/{project}.py")
    assert [*script_faults(script, around, find_secret_in_text)] == [], adopted.code


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    files = {
        "shop/pyproject.toml": project_file("shop", "requests>=2"),
        "shop/shop/shop.py": "",
        "shop/shop/__init__.py": "",
    }
    return make_repo(tmp_path / "repo", files)


def run(repo: Path, file: Path, project: str | None = None) -> AdoptReport:
    return adopt(opened(repo), file, project=project, notify=lambda _: None)


def everything(repo: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(repo)): path.read_bytes()
        for path in sorted(repo.rglob("*"))
        if path.is_file() and ".git/" not in str(path)
    }


@pytest.mark.parametrize(("name", "content", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_adopted_is_refused_and_nothing_is_written(
    repo: Path, tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    write(tmp_path / "in", {name: content})
    before = everything(repo)
    with pytest.raises(InvalidInput) as caught:
        run(repo, tmp_path / "in" / name)
    assert said in caught.value.message
    assert caught.value.hint
    assert everything(repo) == before


def test_a_file_that_is_not_there(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(HermesError, match=r"gone\.py cannot be read"):
        run(repo, tmp_path / "gone.py")


def test_a_further_script_of_a_project(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"Back Fill.ipynb": ipynb("import yaml, requests, shop\nprint(yaml)")})
    report = run(repo, tmp_path / "Back Fill.ipynb", "shop")
    assert (report.kind, report.name) == ("script", "shop/back_fill")
    text = (repo / "shop/pyproject.toml").read_text()
    assert '"requests>=2"' in text
    assert '"PyYAML>=6.0"' in text
    assert [one.name for one in opened(repo).project("shop").scripts] == ["shop", "back_fill"]
    assert set(report.files) == {
        "shop/pyproject.toml",
        "shop/shop/back_fill.py",
        "shop/tests/test_back_fill.py",
    }
    before = everything(repo)
    with pytest.raises(Conflict, match="back_fill"):
        run(repo, tmp_path / "Back Fill.ipynb", "shop")
    assert everything(repo) == before


def test_the_secrets_of_a_further_script_join_those_of_its_project(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"load.py": "password = 'tr0ub4dor'\ntoken = dbutils.secrets.get('a', 'token')\n"})
    settings = repo / "shop/pyproject.toml"
    kept = '[tool.hermes]\nsecrets = ["TOKEN", "ZEBRA"]  # of the platform\n'
    settings.write_text(settings.read_text() + kept)
    assert run(repo, tmp_path / "load.py", "shop").secrets == ("TOKEN", "PASSWORD")
    assert 'secrets = ["TOKEN", "ZEBRA", "PASSWORD"]  # of the platform' in settings.read_text()
    assert opened(repo).project("shop").secrets == ("PASSWORD", "TOKEN", "ZEBRA")


def test_another_project_of_the_repo_is_a_dependency_without_a_bound(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = InstalledPackages(versions={"shop": "1.2.0"}, modules={"shop": ("shop",)})
    monkeypatch.setattr("hermes_cli.usecases.adopt.find_installed_packages", lambda _: here)
    write(tmp_path, {"uses.py": "import shop\nprint(shop)\n"})
    assert run(repo, tmp_path / "uses.py").requirements == ("shop",)


@pytest.mark.parametrize(
    ("name", "project", "hints"),
    [
        ("shop.ipynb", None, ["shop_2"]),
        ("shop.ipynb", "shop", ["shop_2"]),
        ("Sales Report.py", None, ["sales_report_3", "sales-report"]),
        ("other.py", "sales_report", ["sales_report_3", "sales-report"]),
        ("run.py", "sales-report", ["sales_report_3"]),
        ("docs.py", None, ["docs_2"]),
    ],
)
def test_a_taken_name_is_a_conflict_with_commands_that_work(
    repo: Path, tmp_path: Path, name: str, project: str | None, hints: list[str]
) -> None:
    files = {
        "sales-report/pyproject.toml": '[project]\nname = "sales-report"\nversion = "1"\n'
        '[tool.hermes]\nscripts = ["run"]\n',
        "sales-report/sales_report/run.py": "",
        "sales_report_2/pyproject.toml": project_file("sales_report_2"),
        "sales_report_2/sales_report_2/sales_report_2.py": "",
        "docs/page.md": "",
    }
    write(repo, files)
    file = tmp_path / name
    file.write_text(ipynb("print(1)") if file.suffix == ".ipynb" else "print(1)\n")
    before = everything(repo)
    with pytest.raises(Conflict) as caught:
        run(repo, file, project)
    assert everything(repo) == before
    commands = (caught.value.hint or "").split(", or to add it to that one: ")
    assert [shlex.split(one) for one in commands] == [
        ["hermes", "adopt", str(file), "--project", hint] for hint in hints
    ]
    for hint in hints:
        assert run(repo, file, hint).project == hint


def test_a_project_may_be_named_like_a_folder(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"load.py": "print(1)\n"})
    assert run(repo, tmp_path / "load.py", "shop/").name == "shop/load"


def test_a_next_step_names_the_file_as_it_was_named(repo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"my nb/old.py": "print 'a'\n", "my nb/sales.py": "", "my nb/old.ipynb": PYTHON_2})
    quoted = shlex.quote(str(tmp_path / "my nb/old.py"))
    found = {}
    for name in ("my nb/old.py", "my nb/old.ipynb", "my nb/sale.py", "nowhere/at/all.py"):
        with pytest.raises(HermesError) as caught:
            run(repo, tmp_path / name)
        found[name] = (caught.value.message, caught.value.hint or "")
    assert found["my nb/old.py"][1].startswith(f"2to3 -w {quoted} ")
    assert f"--to script {shlex.quote(str(tmp_path / 'my nb/old.ipynb'))}" in found["my nb/old.ipynb"][1]
    assert f"2to3 -w {quoted} " in found["my nb/old.ipynb"][1]
    assert found["my nb/sale.py"] == (
        f"{tmp_path / 'my nb/sale.py'} cannot be read: No such file or directory",
        f"did you mean {tmp_path / 'my nb/sales.py'}?",
    )
    assert found["nowhere/at/all.py"][1] == f"ls -l {tmp_path}"


@pytest.mark.parametrize("name", ['a""".py', "a\nb.py", "caf\udce9.py", "a\\.py"])
def test_a_file_of_any_name_becomes_files_that_can_be_read(repo: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("print(1)\n")
    report = run(repo, tmp_path / name, "strange")
    for file in report.files:
        text = (repo / file).read_text("utf-8")
        if file.endswith(".py"):
            compile(text, file, "exec")
    assert opened(repo).project("strange").name == "strange"


def test_a_form_feed_does_not_break_the_indent(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("x = 1\nif x:\n\f    y = '''\n\fz'''\n  \f    print(y)\n")
    run(repo, tmp_path / "old.py")
    text = (repo / "old/old/old.py").read_text()
    compile(text, "old.py", "exec")
    assert "\n\fz" in text


@pytest.mark.parametrize("metadata", [{"kernelspec": "python3"}, {"language_info": ["python"]}])
def test_metadata_of_another_shape_says_nothing(repo: Path, tmp_path: Path, metadata: dict[str, Any]) -> None:
    write(tmp_path, {"odd.ipynb": ipynb("print(1)", metadata=metadata)})
    assert run(repo, tmp_path / "odd.ipynb").name == "odd"


def refuse(monkeypatch: pytest.MonkeyPatch, error: HermesError, name: str = "") -> None:
    """Let the index answer with an error where a package of this name is asked for."""

    def newest(requirements: Sequence[str], **_: Any) -> dict[str, str]:
        if any(name in one for one in requirements):
            raise error
        return dict.fromkeys(requirements, "4.5.6")

    monkeypatch.setattr("hermes_cli.usecases.adopting.lower_bounds.newest", newest)


def test_a_package_that_the_index_does_not_have_is_left_out_and_marked(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, InvalidInput("no such package"), "acme")
    file = tmp_path / "installs.ipynb"
    file.write_text(ipynb("%pip install acme\nimport numpy"))
    report = run(repo, file)
    assert report.requirements == ("numpy>=4.5",)
    (left,) = report.left
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (left.line, left.what) == (1, f"the package index has no acme for Python {here}")
    assert left.todo == "hermes add PACKAGE --project installs"
    lines = (repo / "installs/installs/installs.py").read_text().splitlines()
    (comment,) = [number for number, line in enumerate(lines) if line.strip() == "# %pip install acme"]
    assert lines[comment - 1].strip() == f"# TODO(hermes adopt): {left.what}: {left.todo}"


def test_without_an_index_requirements_have_no_bound_but_those_that_are_installed(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, HermesError("no route to it"))
    file = tmp_path / "needs.py"
    file.write_text("import numpy, six, shop\nprint(numpy, six, shop)\n")
    report = run(repo, file)
    assert report.requirements == ("numpy", "shop", "six>=1.16")
    (left,) = report.left
    assert left.what == "numpy has no lower bound, because the package index did not answer: no route to it"
    assert left.todo == "hermes add numpy --project needs"


def test_an_install_that_is_left_out_is_told(repo: Path, tmp_path: Path) -> None:
    file = tmp_path / "tables.ipynb"
    file.write_text(ipynb("!pip install six", "print(1)"))
    notes = [one.what for one in run(repo, file).notes]
    assert notes == ["installing six is left out: Hermes makes the environment"]
