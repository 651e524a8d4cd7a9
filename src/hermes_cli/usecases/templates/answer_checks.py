"""The answers that a repo is made with: where they come from, their defaults, and which can be used."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hermes_cli import __version__
from hermes_cli.adapters.hermes_requirement import DISTRIBUTION, recorded_requirement
from hermes_cli.domain.contract.errors import InvalidAnswer, InvalidInput
from hermes_cli.domain.contract.names import parse_new_project, parse_team
from hermes_cli.domain.python_versions import check_cluster_python
from hermes_cli.domain.requirements import parse_requirement
from hermes_cli.domain.settings import Layer
from hermes_cli.usecases.repo.repo_kinds import Kind

OPERATOR = "hermes-data-products-airflow"
NEWEST_CLUSTER_PYTHON = (3, 12)
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_WORKFLOW = re.compile(r"[\w-]+/[\w.-]+/\.github/workflows/[\w.-]+\.ya?ml@[\w./-]+", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}", re.ASCII)


def known_answers(given: Mapping[str, str | None], layers: Sequence[Layer]) -> dict[str, str]:
    """The answers that are there already: the options, else the company's and the user's defaults."""
    answers: dict[str, str] = {}
    for layer in layers:
        answers |= _answers_of(layer.data)
    return answers | {name: value for name, value in given.items() if value is not None}


def _answers_of(data: Mapping[str, Any]) -> dict[str, str]:
    environments = data.get("environments", {})
    dev, prod = environments.get("dev", {}), environments.get("prod", {})
    found = {
        "team": data.get("team"),
        "dev_bucket": dev.get("bucket"),
        "prod_bucket": prod.get("bucket"),
        "region": dev.get("region") or prod.get("region"),
        "python": dev.get("python") or prod.get("python"),
        "ci": data.get("new", {}).get("ci"),
        "template": data.get("new", {}).get("template"),
        "hermes_requirement": data.get("new", {}).get("hermes-requirement"),
        "workflow": data.get("new", {}).get("workflow"),
        "operator_requirement": data.get("new", {}).get("operator-requirement"),
    }
    return {name: value for name, value in found.items() if isinstance(value, str)}


@contextmanager
def naming_defaults(given: Mapping[str, str | None], layers: Sequence[Layer]) -> Iterator[None]:
    """Name the file of defaults in an error about an answer that was taken from it."""
    try:
        yield
    except InvalidAnswer as error:
        named = [
            layer.source for layer in layers if _answers_of(layer.data).get(error.question) == error.value
        ]
        if not named or given.get(error.question) is not None:
            raise
        hint = error.hint or "correct it in that file"
        raise InvalidInput(f"{named[-1]}: {error.message}", hint=hint) from None


def check_answer(name: str, value: str) -> str:
    """An answer that can be used. Raises `InvalidAnswer`."""
    try:
        return _checked(name, value)
    except InvalidInput as error:
        raise InvalidAnswer.of(name, value, error) from None


def _checked(name: str, value: str) -> str:
    if name == "team":
        return parse_team(value)
    if name == "project":
        return parse_new_project(value)
    if name == "repo" and not _REPO.fullmatch(value):
        near = re.sub(r"[^A-Za-z0-9._-]+", "-", value).strip("-._")
        raise InvalidInput(
            f"{value!r} is not a repo name",
            hint="use letters, digits, -, _ and ., starting with a letter or digit"
            + (f", such as {near}" if _REPO.fullmatch(near) else ""),
        )
    if name in ("dev_bucket", "prod_bucket") and value and not _BUCKET.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is not a bucket name", hint="use 3 to 63 lowercase letters, digits, - and ."
        )
    if name == "region" and value and not _REGION.fullmatch(value):
        raise InvalidInput(f"{value!r} is not an AWS region", hint="such as eu-west-1")
    if name == "python":
        check_cluster_python(value, hint="such as 3.11")
    if name == "workflow" and value and not _WORKFLOW.fullmatch(value):
        raise InvalidInput(
            f"{value!r} names no reusable workflow of GitHub",
            hint="such as acme/hermes-workflows/.github/workflows/hermes.yml@v1",
        )
    if name == "hermes_requirement" and value:
        _check_requirement(value, DISTRIBUTION, "--hermes-requirement")
    if name == "operator_requirement" and value:
        _check_requirement(value, OPERATOR, "operator-requirement")
    return value


def _check_requirement(text: str, distribution: str, where: str) -> None:
    from packaging.utils import canonicalize_name

    requirement = parse_requirement(text, where)
    host = (requirement.url or "").split("://")[-1].split("/")[0]
    if "@" in host and not host.startswith("git@"):
        raise InvalidInput(
            "the requirement by which CI installs Hermes holds credentials, and it would be committed",
            hint="take them out, and give them to pip in CI's own secrets",
        )
    pins = [specifier for specifier in requirement.specifier if specifier.operator in ("==", "===")]
    exact = requirement.url or (len(pins) == 1 and not pins[0].version.endswith(".*"))
    if canonicalize_name(requirement.name) != distribution or not exact:
        raise InvalidInput(
            f"{text!r} does not say exactly which Hermes CI installs",
            hint=f'{where} "{distribution} @ https://…" or "{distribution}=={__version__}"',
        )


def complete(name: str, answers: Mapping[str, str], kind: Kind) -> dict[str, str]:
    """All answers that a kind of repo needs, checked; what nobody said gets its default.

    Raises `InvalidInput`.
    """
    check_answer("repo", name)
    python = min(sys.version_info[:2], NEWEST_CLUSTER_PYTHON)
    values = {
        "team": "my-team",
        "python": f"{python[0]}.{python[1]}",
        "ci": "github",
        "dev_bucket": "",
        "prod_bucket": "",
        "region": "eu-west-1",
        "default_branch": "main",
        "hermes_requirement": recorded_requirement() or "",
        "workflow": "",
        "operator_requirement": "",
        **{key: value for key, value in answers.items() if key != "template"},
        "repo": name,
        "repo_id": str(uuid.uuid4()),
        "hermes_version": __version__,
    }
    values = {key: value for key, value in with_derived(values).items() if key not in kind.without}
    for key, value in values.items():
        try:
            check_answer(key, value)
        except InvalidInput as error:
            if key == "project" and "project" not in answers:
                hint = f"name the repo's first project: --project {value}_report"
                raise InvalidInput(error.message, hint=hint) from None
            raise
    bucket = values.get("dev_bucket")
    if bucket and bucket == values.get("prod_bucket"):
        raise InvalidInput(f"dev and prod have one bucket, {bucket}", hint="name another: --prod-bucket")
    return values


def with_derived(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, and what follows from the repo's name."""
    name = re.sub(r"[^a-z0-9]+", "_", answers.get("repo", "").lower()).strip("_")
    name = name if not name[:1].isdigit() else f"p{name}"
    return {"project": name, **answers} if name else dict(answers)
