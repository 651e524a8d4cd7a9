"""The kinds of repos that `hermes new` makes, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hermes_cli.domain.config_keys import AIRFLOW, CHOICES, DATA_PRODUCTS
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

Answers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of repo: its template, the answers that it has no use for, and the words for a new repo.

    `next` gives the commands to type in it, `notes` what is missing in it.
    """

    template: str
    without: frozenset[str]
    next: Callable[[Answers], tuple[str, ...]]
    notes: Callable[[Answers], tuple[str, ...]]


def _notes_on_projects(answers: Answers) -> tuple[str, ...]:
    if answers["hermes_requirement"] or answers["ci"] == "none" or answers["workflow"]:
        return ()
    return ("CI does not know which Hermes to install: write it into build_tools/hermes-requirement.txt",)


def _notes_on_airflow(answers: Answers) -> tuple[str, ...]:
    if answers["operator_requirement"]:
        return ()
    return ("the tests do not know which HermesOperator to install: write it into requirements.txt",)


PROJECTS = Kind(
    template="bundled:project",
    without=frozenset({"operator_requirement"}),
    next=lambda answers: ("hermes test", f"hermes run {answers['project']}"),
    notes=_notes_on_projects,
)
DAGS = Kind(
    template="bundled:airflow",
    without=frozenset({"project", "ci", "hermes_requirement", "workflow"}),
    next=lambda _: ("hermes dag new PROJECT", "build_tools/test.sh"),
    notes=_notes_on_airflow,
)
KINDS: Mapping[str, Kind] = {DATA_PRODUCTS: PROJECTS, AIRFLOW: DAGS}


def kind_of(name: str) -> Kind:
    """Return a kind by its name. Raises `InvalidInput`."""
    if name not in KINDS:
        raise InvalidInput(
            f"{name!r} is not a kind of repo",
            hint=did_you_mean(name, KINDS),
            note="there are: " + ", ".join(CHOICES["kind"]),
        )
    return KINDS[name]


def refuse_other_kind(repo: str, kind: str, needed: str) -> None:
    """Raise `InvalidInput` where a repo is not of the kind that a command needs, with the place to go to."""
    if kind == needed:
        return
    if needed == AIRFLOW:
        raise InvalidInput(
            f"{repo} is a repo of data products, and DAGs lie in the team's Airflow repo",
            hint="cd into that one, or make it elsewhere with: hermes new my-airflow --kind airflow",
        )
    raise InvalidInput(
        f"{repo} is an Airflow repo: it schedules projects and has none of its own",
        hint="cd into the repo of the project; to schedule it from here: hermes dag new PROJECT",
    )
