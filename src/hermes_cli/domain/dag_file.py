"""The file of a DAG that runs one script with HermesOperator."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import TeamName, did_you_mean, module_name
from hermes_cli.domain.contract.suffixes import Latest, Reference

_PRESETS = ("@once", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "@continuous")
_CRON = re.compile(r"[0-9A-Za-z*/,#?-]+", re.ASCII)
# Each field of a cron expression, and the numbers that it takes.
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}", re.ASCII)
_WIDTH = 100
# The dashboards find DAGs by it; an Airflow tag is one text, so it holds both name and value.
TAG = "compaas-service:hermes"


def parse_schedule(text: str) -> str | None:
    """Parse a cron expression or a preset of Airflow; None for `none`. Raises `InvalidInput`."""
    fields = text.split()
    if fields == ["none"]:
        return None
    if (len(fields) == 1 and fields[0] in _PRESETS) or (
        len(fields) == 5 and all(map(_CRON.fullmatch, fields))
    ):
        for value, (name, low, high) in zip(fields, _FIELDS, strict=False):
            # The number after a / is a step.
            if not all(low <= int(number) <= high for number in re.findall(r"(?<![\d/])\d+", value)):
                raise InvalidInput(
                    f"{text!r} is not a schedule", hint=f"its {name} must be from {low} to {high}"
                )
        return " ".join(fields)
    raise InvalidInput(
        f"{text!r} is not a schedule",
        hint=did_you_mean(text, _PRESETS)
        or "write minute, hour, day, month and weekday, such as '30 6 * * *' for 6:30 each day, or none",
    )


def parse_start(text: str) -> date:
    """Parse a day, such as `2026-01-31`. Raises `InvalidInput`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day", hint="write it as 2026-01-31") from None


def parse_dag_name(text: str) -> str:
    """Parse the name of a DAG's file, without its ending. Raises `InvalidInput`."""
    if not _NAME.fullmatch(text):
        raise InvalidInput(
            f"{text!r} cannot be the name of a DAG",
            hint="use lowercase letters, digits, - and _, a letter first",
        )
    return text


@dataclass(frozen=True, kw_only=True)
class DagFile:
    """One DAG with one task; `schedule` as Airflow takes it, None to start it by hand alone."""

    name: str
    team: TeamName
    reference: Reference
    schedule: str | None
    start: date
    library: str | None = None
    parameters: tuple[str, ...] = ()
    view_teams: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return its id in Airflow, where all teams' DAGs are together."""
        return f"{self.team}_{self.name}"

    def source(self) -> str:
        """Return the text of the file. Raises `InvalidInput` for a parameter that is not UTF-8 text."""
        project, script = self.reference.project, self.reference.script
        arguments = {
            "task_id": _quoted(script or project),
            "team": _quoted(self.team),
            "project_name": _quoted(project),
            "script_name": _quoted(script) if script else None,
            "script_version": _quoted(str(self.reference.suffix or Latest())),
            "library_version": _quoted(self.library) if self.library else None,
            "parameters": _listed("parameters", self.parameters),
            "view_access_control_list": _listed("view_access_control_list", self.view_teams)
            if self.view_teams
            else None,
        }
        given = "\n".join(
            f"        {name}={value}," for name, value in arguments.items() if value is not None
        )
        start = f"{self.start.year}, {self.start.month}, {self.start.day}"
        return f'''"""Runs {self.reference} of the team {self.team} on Databricks."""

import pendulum
from airflow import DAG
from hermes_airflow import HermesOperator

with DAG(
    dag_id={_quoted(self.id)},
    schedule={_quoted(self.schedule) if self.schedule else None},
    start_date=pendulum.datetime({start}, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={{"owner": {_quoted(self.team)}, "retries": 1}},
    tags=[{_quoted(TAG)}, {_quoted(self.team)}],
):
    HermesOperator(
{given}
    )
'''


def default_name(reference: Reference) -> str:
    """Return the name of a script's DAG where no other is given."""
    script = reference.script
    own = script is None or script == module_name(reference.project)
    return reference.project if own else f"{reference.project}_{script}".lower()


def _quoted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(
            f"{text!r} is not text in UTF-8", hint="type it again, in a terminal that uses UTF-8"
        ) from None
    # JSON's strings are Python's, as long as nothing beyond ASCII is escaped.
    return json.dumps(text, ensure_ascii=False)


def _listed(name: str, values: Sequence[str]) -> str:
    line = f"[{', '.join(map(_quoted, values))}]"
    if len(name) + len(line) + 10 <= _WIDTH:
        return line
    return "[\n" + "".join(f"            {_quoted(value)},\n" for value in values) + "        ]"
