"""hermes new: a repo from the template, committed and ready to be worked in."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters import template
from hermes_cli.adapters.cache import cache_root
from hermes_cli.adapters.git import Git
from hermes_cli.domain.config import CONFIG_FILE, Layer
from hermes_cli.domain.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.template_record import TemplateRecord, with_record
from hermes_cli.domain.toml import take

from .answers import complete, with_derived
from .events import Event, Listener
from .kinds import PROJECTS, Kind

DEFAULT_TEMPLATE = "bundled:project"
# Made by Hermes itself, so nobody is asked for them.
NOT_ASKED = frozenset(
    {
        "repo",
        "script",
        "repo_id",
        "hermes_version",
        "hermes_requirement",
        "operator_requirement",
        "default_branch",
        "workflow",
    }
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


def open_questions(
    spec: str, answers: Mapping[str, str], given: Mapping[str, str | None], *, trusted: bool = False
) -> list[Ask]:
    """What is worth asking a person for: what the options do not say, the defaults proposed."""
    with template.resolve(spec) as source:
        questions = template.questions(source.path, with_derived(answers), trusted=trusted)
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


def new_repo(
    name: str,
    spec: str,
    answers: Mapping[str, str],
    into: Path,
    *,
    kind: Kind = PROJECTS,
    trusted: bool = False,
    notify: Listener,
) -> NewReport:
    """Make a repo in a new folder: rendered, checked, committed, and only then put in its place.

    Raises `Conflict` where the folder is there already, `InvalidInput` for an answer that cannot
    be used; then nothing is left behind.
    """
    said_team = "team" in answers
    answers = complete(name, answers, kind)
    target = into / name
    if target.exists() or target.is_symlink():
        raise Conflict(f"{target} is there already", hint="choose another name, or another --output-dir")
    with (
        template.resolve(spec) as source,
        _made_folder(into),
        tempfile.TemporaryDirectory(prefix=".hermes-", dir=into) as scratch,
    ):
        notify(Event(subject=name, message="rendering the template"))
        repo = template.render(
            source.path, answers, Path(scratch), trusted=trusted, compiled=cache_root() / "templates"
        )
        _record_template(repo / CONFIG_FILE, source, answers)
        notify(Event(subject=name, message="making its first commit"))
        git = Git.init(repo, answers["default_branch"])
        has_identity = git.commit_all("Start from the Hermes template")
        files = git.index().paths
        repo.rename(target)
    notes = []
    if not said_team:
        notes.append(f'nobody said which team owns it: change team = "{answers["team"]}" in hermes.toml')
    if not has_identity:
        notes.append(
            "git does not know your name yet: git config --global user.name 'Your Name' "
            "&& git config --global user.email you@your-company"
        )
    around = next((one for one in (into, *into.parents) if (one / ".git").exists()), None)
    if around is not None:
        notes.append(f"it lies inside of another git repository, {around}: better move it out of there")
    notes += kind.notes(answers)
    return NewReport(
        kind="repo",
        name=name,
        team=answers["team"],
        path=target,
        files=files,
        next=(f"cd {_shown(target)}", *kind.next(answers)),
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


def _record_template(path: Path, source: template.Source, answers: Mapping[str, str]) -> None:
    """Write into hermes.toml what `hermes template update` will need."""
    if not path.is_file():
        raise InvalidInput(
            f"the template {source.spec} has no {CONFIG_FILE}, so it makes no Hermes repo",
            hint=f"--template {DEFAULT_TEMPLATE}",
        )
    record = TemplateRecord(source=source.spec, version=source.version, answers=answers)
    path.write_bytes(with_record(path.read_bytes().decode(), record).encode())
