"""hermes template test: every combination is made and tried out, and each defect is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hermes_cli.adapters.template import Question
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.health_checks import CheckStatus
from hermes_cli.usecases.template_test import Trial, combinations, try_template
from sample_repos import isolate, write
from sample_templates import FIRST, ROOT, SETTINGS

BUILD = (
    '\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    '\n[dependency-groups]\ntest = ["pytest"]\n'
)
PROJECT = "{{cookiecutter.project}}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path / "home", monkeypatch)


def make_template(folder: Path, files: dict[str, str], **settings: object) -> Path:
    write(folder / ROOT, {**FIRST, **files})
    (folder / "cookiecutter.json").write_text(json.dumps({**SETTINGS, "repo_id": "", **settings}))
    return folder


def try_out(template: Path, *, trusted: bool = False, **given: str) -> dict[str, Trial]:
    trials = try_template(str(template), given, trusted=trusted, environ={}, notify=lambda event: None)
    return {"/".join(trial.choices.values()): trial for trial in trials}


def verdicts(trial: Trial) -> dict[str, CheckStatus]:
    return {check.name: check.verdict for check in trial.checks}


def test_every_combination_of_the_choices_that_are_not_given() -> None:
    questions = (
        Question(name="a", prompt=None, default="1", choices=("1", "2")),
        Question(name="b", prompt=None, default="free"),
        Question(name="c", prompt=None, default="x", choices=("x", "y")),
    )
    assert [tuple(one.values()) for one in combinations(questions, {})] == [
        ("1", "x"),
        ("1", "y"),
        ("2", "x"),
        ("2", "y"),
    ]
    assert combinations(questions, {"a": "2", "b": "z"}) == [{"c": "x"}, {"c": "y"}]
    assert combinations(questions[1:2], {}) == [{}]
    with pytest.raises(InvalidInput, match="--set d"):
        combinations(questions, {"d": ""})


def test_a_combination_that_does_not_render_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = "{% if cookiecutter.ci == 'none' %}{{ cookiecutter.absent }}{% endif %}"
    template = make_template(tmp_path / "t", {"a.txt": broken, f"{PROJECT}/pyproject.toml": "not toml"})
    found = try_out(template)
    assert list(found) == ["github", "none"]
    assert verdicts(found["none"]) == {"render": CheckStatus.PROBLEM}
    assert "absent" in found["none"].checks[0].seen
    assert verdicts(found["github"]) == {"render": CheckStatus.PROBLEM}
    assert [trial.exit_code for trial in found.values()] == [7, 7]


def test_a_template_with_code_needs_trust(tmp_path: Path) -> None:
    template = make_template(tmp_path / "t", {})
    write(template, {"hooks/pre_gen_project.py": ""})
    with pytest.raises(Refused, match="pre_gen_project"):
        try_out(template)


@pytest.mark.slow
def test_each_defect_of_what_is_made_is_found(tmp_path: Path) -> None:
    choices = ["good", "unrendered", "yaml", "tests", "build"]
    if_ = "{{% if cookiecutter.ci == '{}' %}}{}{{% endif %}}"
    files = {
        "a.txt": if_.format("unrendered", "{% raw %}{{ cookiecutter.team }}{% endraw %}") + "\n",
        "ci.yml": "a: " + if_.format("yaml", "[") + "\n",
        f"{PROJECT}/pyproject.toml": FIRST[f"{PROJECT}/pyproject.toml"].replace(
            "dependencies", 'requires-python = ">=3.10"\ndependencies'
        )
        + BUILD
        + if_.format("build", '\n[tool.hatch.build.hooks.custom]\npath = "absent.py"')
        + "\n",
        f"{PROJECT}/tests/test_{{{{cookiecutter.script}}}}.py": (
            "def test_it() -> None:\n    assert '{{ cookiecutter.ci }}' != 'tests'\n"
        ),
    }
    found = try_out(make_template(tmp_path / "t", files, ci=choices))
    wrong = {
        name: {check for check, verdict in verdicts(trial).items() if verdict is CheckStatus.PROBLEM}
        for name, trial in found.items()
    }
    assert wrong == {
        "good": set(),
        "unrendered": {"unrendered"},
        "yaml": {"yaml"},
        "tests": {"tests"},
        "build": {"build", "tests"},
    }
    assert {name: trial.exit_code for name, trial in found.items()} == {
        "good": 0,
        "unrendered": 7,
        "yaml": 7,
        "tests": 6,
        "build": 6,
    }
    assert verdicts(found["good"])["deploy"] is CheckStatus.OK
    assert verdicts(found["build"])["deploy"] is CheckStatus.SKIPPED
