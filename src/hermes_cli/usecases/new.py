"""hermes new: a repo from the template, committed and ready to be worked in."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hermes_cli.adapters import template
from hermes_cli.adapters.cache import cache_root
from hermes_cli.adapters.git import Git
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.domain.template_record import TemplateRecord, with_record
from hermes_cli.usecases.repo.repo_kinds import PROJECTS, Kind
from hermes_cli.usecases.templates.answer_checks import complete
from hermes_cli.usecases.templates.questions import DEFAULT_TEMPLATE
from hermes_cli.usecases.templates.scaffolding import NewReport
from hermes_cli.usecases.templates.shadowed_packages import shadow_notes
from hermes_cli.usecases.templates.template_source import TemplateSource, open_template


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
        open_template(spec) as source,
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
        notes.append(f"it is inside of another git repository, {around}: better move it out of there")
    notes += shadow_notes(answers["project"]) if kind is PROJECTS else ()
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


def _record_template(path: Path, source: TemplateSource, answers: Mapping[str, str]) -> None:
    """Write into hermes.toml what `hermes template update` will need."""
    if not path.is_file():
        raise InvalidInput(
            f"the template {source.spec} has no {CONFIG_FILE}, so it makes no Hermes repo",
            hint=f"--template {DEFAULT_TEMPLATE}",
        )
    record = TemplateRecord(source=source.spec, version=source.version, answers=answers)
    path.write_bytes(with_record(path.read_bytes().decode(), record).encode())
