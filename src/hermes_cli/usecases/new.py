"""hermes new: a repo from the template, committed and ready to be worked in."""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli import __version__
from hermes_cli.adapters import template
from hermes_cli.adapters.git import Git
from hermes_cli.adapters.installation import DISTRIBUTION, recorded_requirement
from hermes_cli.domain.config import CONFIG_FILE, Layer
from hermes_cli.domain.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.names import parse_new_project, parse_team
from hermes_cli.domain.project import parse_requirement
from hermes_cli.domain.template_record import TemplateRecord, with_record
from hermes_cli.domain.toml import take

from .events import Event, Listener

DEFAULT_TEMPLATE = "bundled:project"
NEWEST_CLUSTER_PYTHON = (3, 12)
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_WORKFLOW = re.compile(r"[\w-]+/[\w.-]+/\.github/workflows/[\w.-]+\.ya?ml@[\w./-]+", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}", re.ASCII)
# Made by Hermes itself, so nobody is asked for them.
NOT_ASKED = frozenset(
    {"repo", "script", "repo_id", "hermes_version", "hermes_requirement", "default_branch", "workflow"}
)


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """What was made; `next` are the commands to type next, `notes` what else to know."""

    kind: str
    name: str
    team: str
    path: Path
    files: tuple[str, ...]
    next: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question of `hermes new`; the answer is checked by `check_answer`."""

    name: str
    prompt: str
    default: str
    choices: tuple[str, ...]


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
    }
    return {name: value for name, value in found.items() if isinstance(value, str)}


def open_questions(
    spec: str, answers: Mapping[str, str], given: Mapping[str, str | None], *, trusted: bool = False
) -> list[Ask]:
    """What is worth asking a person for: what the options do not say, the defaults proposed."""
    with template.resolve(spec) as source:
        questions = template.questions(source.path, _with_derived(answers), trusted=trusted)
    return [
        as_asked(question, answers)
        for question in questions
        if question.name not in NOT_ASKED and given.get(question.name) is None
    ]


def as_asked(question: template.Question, answers: Mapping[str, str]) -> Ask:
    """A template's question as a person is asked it, with the default that holds here."""
    return Ask(
        name=question.name,
        prompt=question.prompt or question.name.replace("_", " "),
        default=answers.get(question.name, question.default),
        choices=question.choices,
    )


def is_trusted(spec: str, asked: bool, layers: Sequence[Layer]) -> bool:
    """Whether code of this template may run: it was asked for, or the defaults name its address.

    Raises `InvalidInput` where `trust` in their table [new] is no list of addresses.
    """
    known = [name for layer in layers for name in _trusted_by(layer)]
    return asked or template.address(spec) in map(template.address, known)


def _trusted_by(layer: Layer) -> list[str]:
    named = take(layer.data.get("new", {}), "trust", list, name="new", where=layer.source, text=layer.text)
    return list(named or ())


def check_answer(name: str, value: str) -> str:
    """An answer that can be used. Raises `InvalidInput`."""
    if name == "team":
        return parse_team(value)
    if name == "project":
        return parse_new_project(value)
    if name == "repo" and not _REPO.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is not a repo name",
            hint="use letters, digits, -, _ and ., starting with a letter or digit",
        )
    if name in ("dev_bucket", "prod_bucket") and value and not _BUCKET.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is not a bucket name", hint="use 3 to 63 lowercase letters, digits, - and ."
        )
    if name == "region" and value and not _REGION.fullmatch(value):
        raise InvalidInput(f"{value!r} is not an AWS region", hint="such as eu-west-1")
    if name == "python" and not re.fullmatch(r"3\.\d{1,2}", value, re.ASCII):
        raise InvalidInput(f"{value!r} is not a minor version of Python", hint="such as 3.11")
    if name == "workflow" and value and not _WORKFLOW.fullmatch(value):
        raise InvalidInput(
            f"{value!r} names no reusable workflow of GitHub",
            hint="such as acme/hermes-workflows/.github/workflows/hermes.yml@v1",
        )
    if name == "hermes_requirement" and value:
        _check_requirement(value)
    return value


def _check_requirement(text: str) -> None:
    requirement: Requirement = parse_requirement(text, "--hermes-requirement")
    host = (requirement.url or "").split("://")[-1].split("/")[0]
    if "@" in host and not host.startswith("git@"):
        raise InvalidInput(
            "the requirement by which CI installs Hermes holds credentials, and it would be committed",
            hint="take them out, and give them to pip in CI's own secrets",
        )
    pins = [specifier for specifier in requirement.specifier if specifier.operator in ("==", "===")]
    exact = requirement.url or (len(pins) == 1 and not pins[0].version.endswith(".*"))
    if canonicalize_name(requirement.name) != DISTRIBUTION or not exact:
        raise InvalidInput(
            f"{text!r} does not say exactly which Hermes CI installs",
            hint=f'--hermes-requirement "{DISTRIBUTION} @ https://…" or "{DISTRIBUTION}=={__version__}"',
        )


def new_repo(
    name: str,
    spec: str,
    answers: Mapping[str, str],
    into: Path,
    *,
    trusted: bool = False,
    notify: Listener,
) -> NewReport:
    """Make a repo in a new folder: rendered, checked, committed, and only then put in its place.

    Raises `Conflict` where the folder is there already, `InvalidInput` for an answer that cannot
    be used; then nothing is left behind.
    """
    said_team = "team" in answers
    answers = _complete(name, answers)
    target = into / name
    if target.exists() or target.is_symlink():
        raise Conflict(f"{target} is there already", hint="choose another name, or another --output-dir")
    with (
        template.resolve(spec) as source,
        _made_folder(into),
        tempfile.TemporaryDirectory(prefix=".hermes-", dir=into) as scratch,
    ):
        notify(Event(subject=name, message="rendering the template"))
        repo = template.render(source.path, answers, Path(scratch), trusted=trusted)
        _record_template(repo / CONFIG_FILE, source, answers)
        notify(Event(subject=name, message="making its first commit"))
        git = Git.init(repo, answers["default_branch"])
        has_identity = git.commit_all("Start from the Hermes template")
        files = git.files(".")
        repo.rename(target)
    notes = []
    if not said_team:
        notes.append(f'nobody said which team owns it: change team = "{answers["team"]}" in hermes.toml')
    if not has_identity:
        notes.append(
            "git does not know your name yet: git config --global user.name 'Your Name' "
            "&& git config --global user.email you@your-company"
        )
    if not answers["hermes_requirement"] and answers["ci"] != "none" and not answers["workflow"]:
        notes.append(
            "CI does not know which Hermes to install: write it into build_tools/hermes-requirement.txt"
        )
    return NewReport(
        kind="repo",
        name=name,
        team=answers["team"],
        path=target,
        files=files,
        next=(f"cd {_shown(target)}", "hermes test", f"hermes run {answers['project']}"),
        notes=tuple(notes),
    )


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """A folder that is made where it is missing, and goes again where the work in it fails."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise HermesError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            hint="name another folder: --output-dir",
        ) from error
    finally:
        for one in missing:
            with suppress(OSError):
                one.rmdir()  # stays where there is something in it


def _shown(path: Path) -> str:
    here = Path.cwd()
    text = str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)
    return f"'{text}'" if re.search(r"[^\w./-]", text) else text


def _complete(name: str, answers: Mapping[str, str]) -> dict[str, str]:
    """All answers, checked; what nobody said gets its default."""
    check_answer("repo", name)
    import sys

    python = min(sys.version_info[:2], NEWEST_CLUSTER_PYTHON)
    complete = {
        "team": "my-team",
        "python": f"{python[0]}.{python[1]}",
        "ci": "github",
        "dev_bucket": "",
        "prod_bucket": "",
        "region": "eu-west-1",
        "default_branch": "main",
        "hermes_requirement": recorded_requirement() or "",
        "workflow": "",
        **{key: value for key, value in answers.items() if key != "template"},
        "repo": name,
        "repo_id": str(uuid.uuid4()),
        "hermes_version": __version__,
    }
    complete = _with_derived(complete)
    for key, value in complete.items():
        try:
            check_answer(key, value)
        except InvalidInput as error:
            if key == "project" and "project" not in answers:
                hint = f"name the repo's first project: --project {value}_report"
                raise InvalidInput(error.message, hint=hint) from None
            raise
    return complete


def _with_derived(answers: Mapping[str, str]) -> dict[str, str]:
    name = re.sub(r"[^a-z0-9]+", "_", answers.get("repo", "").lower()).strip("_")
    name = name if not name[:1].isdigit() else f"p{name}"
    return {"project": name, **answers} if name else dict(answers)


def _record_template(path: Path, source: template.Source, answers: Mapping[str, str]) -> None:
    """Write into hermes.toml what `hermes template update` will need."""
    if not path.is_file():
        raise InvalidInput(
            f"the template {source.spec} has no {CONFIG_FILE}, so it makes no Hermes repo",
            hint=f"--template {DEFAULT_TEMPLATE}",
        )
    record = TemplateRecord(source=source.spec, version=source.version, answers=answers)
    path.write_bytes(with_record(path.read_bytes().decode(), record).encode())
