"""hermes template update: the template's current state, merged into what the user has made of it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hermes_cli.adapters.git import Git
from hermes_cli.adapters.git.apply_merge import apply, undo_unfinished
from hermes_cli.adapters.git.three_way_merge import FileChange, MergeResult
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.contract.names import did_you_mean
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.merge_markers import HOW_TO_RESOLVE, UNRESOLVED
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.domain.template_record import TemplateRecord
from hermes_cli.usecases.repo.workspace import Workspace, default_layers
from hermes_cli.usecases.templates.answer_checks import check_answer, known_answers, naming_defaults
from hermes_cli.usecases.templates.merging import merge
from hermes_cli.usecases.templates.questions import NOT_ASKED, Ask, as_asked, is_trusted
from hermes_cli.usecases.templates.renderings import Rendering
from hermes_cli.usecases.templates.scaffolding import recorded_answers
from hermes_cli.usecases.templates.template_source import (
    TemplateSource,
    address_of,
    newest_spec,
    open_template,
)

CURRENT, BEHIND, UPDATED, CONFLICTS = "current", "behind", "updated", "conflicts"
# Who a repo is does not change with its template.
_FIXED = frozenset({"repo", "repo_id", "project", "script", "hermes_version"})
_SHORT = 10


@dataclass(frozen=True, kw_only=True)
class UpdateReport:
    """The state of a repo compared with its template, or after an update.

    `state` is current, behind, updated or conflicts; `kept` holds the reason why a path was left as the user
    has it, and `answered` what new questions got.
    """

    state: str
    source: str
    before: str
    after: str
    changes: tuple[FileChange, ...] = ()
    conflicts: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    answered: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UpdateRequest:
    """An update as it was asked for: the state of the template, other answers, trust."""

    ref: str | None = None
    answers: Mapping[str, str]
    trusted: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command that ask for the same."""
        answers = (word for name, value in self.answers.items() for word in ("--set", f"{name}={value}"))
        return (*(("--to", self.ref) if self.ref else ()), *answers, *(("--trust",) if self.trusted else ()))

    @property
    def command(self) -> str:
        """The command that makes this update."""
        return shlex.join(["hermes", "template", "update", *self.options])


def check(workspace: Workspace, wish: UpdateRequest, *, notify: Listener) -> UpdateReport:
    """Compare the repo with its template; nothing is written.

    Raises `InvalidInput`, `Refused`, `HermesError`.
    """
    with _prepared(workspace, wish, None, notify) as (_, report):
        return report


def take_back(start: Path, *, notify: Listener) -> None:
    """Undo what an update wrote that was killed while it did.

    This comes before the repo's settings are read, which may be what it was writing.
    """
    git = Git.find(start)
    if git is not None and undo_unfinished(git):
        notify(Event(subject=git.root.name, message="took back an update that was cut off"))


def update(
    workspace: Workspace, wish: UpdateRequest, ask: Callable[[Ask], str] | None, *, notify: Listener
) -> UpdateReport:
    """Bring the repo to the template's state, in one commit, or with conflicts uncommitted.

    `ask` is called for each new question; without it their defaults are taken. Where this fails
    or is interrupted, the repo is as it was. Raises `Refused` where there are changes that are not
    committed, `InvalidInput`, `HermesError`.
    """
    git = workspace.require_git()
    _check_clean(git)
    with _prepared(workspace, wish, ask, notify) as (merged, report):
        if merged is None:
            return report
        notify(Event(subject=workspace.root.name, message="writing the changes"))
        commit = apply(git, merged, _message(report))
    unknown = git.identity() is None and commit
    return replace(
        report,
        state=UPDATED if commit else CONFLICTS,
        commit=commit,
        notes=("git does not know your name yet: git config --global user.name 'Your Name'",)
        if unknown
        else (),
    )


def _check_clean(git: Git) -> None:
    conflicts = git.conflicts()
    if conflicts:
        raise Refused(f"{UNRESOLVED} in {', '.join(conflicts[:3])}", hint=HOW_TO_RESOLVE)
    dirty = git.dirty_files(3)
    if dirty:
        raise Refused(
            f"there are changes that are not committed: {', '.join(dirty)}",
            hint='git add -A && git commit -m "…", or git stash; then an update can be undone as a whole',
        )
    if git.index().hides_changes:
        raise Refused(
            "git is told to overlook changes of some files here, and an update could overwrite them",
            hint="git update-index --really-refresh, and git sparse-checkout disable",
        )


@contextmanager
def _prepared(
    workspace: Workspace, wish: UpdateRequest, ask: Callable[[Ask], str] | None, notify: Listener
) -> Iterator[tuple[MergeResult | None, UpdateReport]]:
    """The merge, made beside the repo; None where it changes nothing."""
    git = workspace.require_git()
    record = workspace.settings.template
    if record is None or not record.source:
        raise InvalidInput(
            f"{CONFIG_FILE} does not record which template this repo was made from",
            hint="only a repo that `hermes new` made can be updated",
        )
    if git.head() is None:
        raise InvalidInput("nothing is committed yet", hint='git add -A && git commit -m "Start"')
    spec = record.source if wish.ref else newest_spec(record.source)
    layers = default_layers(workspace.environ)
    trusted = is_trusted(spec, wish.trusted, layers)
    notify(Event(subject=workspace.root.name, message="fetching the template"))
    with (
        naming_defaults(wish.answers, layers),
        open_template(record.source, record.version) as before,
        open_template(spec, wish.ref) as after,
        tempfile.TemporaryDirectory(prefix="hermes-update-") as scratch,
    ):
        old = Rendering(source=before, answers=recorded_answers(workspace), trusted=trusted)
        answers, answered, others = _answers(workspace, old, after, wish, ask)
        new = Rendering(source=after, answers=answers, trusted=trusted)
        target = TemplateRecord(source=after.spec, version=after.version, answers=answers)
        report = UpdateReport(
            state=CURRENT,
            source=after.spec,
            before=_shown(record.source, record.version),
            after=_shown(after.spec, after.version),
            answered=answered,
        )
        if before.version == after.version and not others:
            yield None, report
            return
        notify(Event(subject=workspace.root.name, message=f"comparing with the template's {report.after}"))
        label = f"template-{after.version[:_SHORT].rstrip('.') or 'new'}"
        merged, matters = merge(workspace, old, new, target, label, Path(scratch))
        report = replace(report, kept=merged.kept)
        if not matters and not wish.ref and not others:
            yield None, report
            return
        yield merged, replace(report, state=BEHIND, changes=merged.changes, conflicts=merged.conflicts)


def _answers(
    workspace: Workspace,
    old: Rendering,
    after: TemplateSource,
    wish: UpdateRequest,
    ask: Callable[[Ask], str] | None,
) -> tuple[dict[str, str], dict[str, str], bool]:
    """All answers for the new state, those among them that are new, and whether the wish changes one."""
    had = {question.name: question.default for question in old.questions()}
    recorded = {**had, **old.answers}
    for name in _FIXED & {"script"} - old.answers.keys():
        recorded.pop(name, None)  # follows from the project, and each project has its own
    asked = Rendering(source=after, answers={**recorded, **wish.answers}, trusted=old.trusted).questions()
    names = [question.name for question in asked]
    for name, value in wish.answers.items():
        if name in _FIXED or name not in names:
            why = f"{name} cannot be changed" if name in _FIXED else "the template does not ask for it"
            raise InvalidInput(
                f"--set {name}: {why}",
                hint=did_you_mean(name, names),
                note="it asks for: " + ", ".join(sorted(set(names) - _FIXED)),
            )
        check_answer(name, value)
    # What was recorded without being asked by this template was nobody's answer.
    known = {**old.answers, **known_answers({}, default_layers(workspace.environ))}
    new = {}
    for question in asked:
        if question.name in {*had, *wish.answers, *_FIXED}:
            continue
        one = as_asked(question, known)
        wanted = ask is not None and question.name not in NOT_ASKED
        new[question.name] = ask(one) if ask is not None and wanted else check_answer(one.name, one.default)
    others = any(recorded.get(name) != value for name, value in wish.answers.items())
    return {**recorded, **new, **wish.answers}, new, others


def _shown(spec: str, version: str) -> str:
    """A state as a person calls it: a version, or a branch or tag and the start of its commit."""
    if len(version) < 2 * _SHORT:
        return version or "an unknown state"
    ref = spec.removeprefix(address_of(spec)).lstrip("@")
    short = version[:_SHORT]
    return short if not ref or version.startswith(ref) else f"{ref} ({short})"


def title_of(report: UpdateReport) -> str:
    """Return the title of an update's commit and pull request."""
    if report.before == report.after:
        return "Change the answers to the template"
    return f"Update the template to {report.after}"


def _message(report: UpdateReport) -> str:
    lines = [title_of(report), ""]
    lines.append(f"From {report.before} of {address_of(report.source)}, by hermes template update.")
    lines.append("git revert of this commit takes it back.")
    return "\n".join(lines) + "\n"
