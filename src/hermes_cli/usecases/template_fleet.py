"""hermes template fleet: many repos against their template, and a pull request for each that is behind."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hermes_cli.adapters.git import Git, clone, force_push
from hermes_cli.adapters.github import gh, run
from hermes_cli.domain.contract.errors import ExitCode, HermesError, InvalidInput, reason_of
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.usecases.repo.workspace import open_workspace

from .template_update import BEHIND, CONFLICTS, UpdateReport, UpdateRequest, check, title_of, update

OPENED, OPEN, CLOSED = "opened", "open", "closed"
FOREIGN, FAILED = "no-hermes-repo", "failed"
_SLUG = re.compile(r"(?:[\w.-]+/)?[\w.-]+/[\w.-]+", re.ASCII)
_ON_GITHUB = re.compile(
    r"(?:https?://(?:[^/@]+@)?|ssh://git@|git@)(?P<host>github\.[\w.-]+)(?::\d+)?[/:](?P<slug>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_MOST = 1000  # repos of an organization


@dataclass(frozen=True, kw_only=True)
class FleetRepo:
    """A repo of the fleet, its state compared with its template, and what was done for it.

    `state` is current, behind, conflicts, no-hermes-repo or failed; with pull requests also opened,
    open (it was there before) or closed (somebody did not want it).
    """

    repo: str
    state: str
    before: str = ""
    after: str = ""
    changes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    pull_request: str | None = None
    reason: str | None = None
    hint: str | None = None
    exit_code: int = ExitCode.DONE


def repos_of(names: Sequence[str], file: Path | None, org: str | None) -> tuple[str, ...]:
    """The repos that are meant: those named, those in a file (one a line), those of an organization.

    Raises `InvalidInput` where there is none, `HermesError` where gh fails.
    """
    found = list(names)
    if file is not None:
        found += [name for line in _lines_of(file) if (name := line.partition("#")[0].strip())]
    if org is not None:
        _refuse_option(org)
        listed = _json("repo", "list", org, "--no-archived", "--limit", str(_MOST), "--json", "nameWithOwner")
        found += sorted(row["nameWithOwner"] for row in listed)
    if not found:
        raise InvalidInput(
            "no repo is named", hint="hermes template fleet OWNER/NAME …, --file repos.txt, or --org ORG"
        )
    return tuple(dict.fromkeys(found))


def _lines_of(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InvalidInput(
            f"--file {file} cannot be read: {why}",
            hint="name a text file with one repo a line, as OWNER/NAME or as an address",
        ) from None


def inspect(
    repos: Sequence[str],
    wish: UpdateRequest,
    *,
    open_pull_requests: bool,
    environ: Mapping[str, str],
    notify: Listener,
) -> Iterator[FleetRepo]:
    """Look at each repo in a clone of its own, which goes again; a failure of one does not stop the others."""
    for repo in repos:
        try:
            with tempfile.TemporaryDirectory(prefix="hermes-fleet-") as scratch:
                yield _inspect(repo, wish, Path(scratch), open_pull_requests, environ, notify)
        except HermesError as error:
            yield FleetRepo(
                repo=repo, state=FAILED, reason=error.message, hint=error.advice, exit_code=error.exit_code
            )


def _inspect(
    repo: str,
    wish: UpdateRequest,
    scratch: Path,
    open_pull_requests: bool,
    environ: Mapping[str, str],
    notify: Listener,
) -> FleetRepo:
    def tell(event: Event) -> None:
        notify(Event(subject=repo, message=event.message))

    notify(Event(subject=repo, message="cloning"))
    folder = scratch / (repo.rstrip("/").split("/")[-1].removesuffix(".git") or "repo")
    git = _clone(repo, folder)
    if not (git.root / CONFIG_FILE).is_file():
        return FleetRepo(repo=repo, state=FOREIGN, reason=f"it has no {CONFIG_FILE}")
    workspace = open_workspace(git.root, environ)
    report = check(workspace, wish, notify=tell)
    member = FleetRepo(
        repo=repo,
        state=CONFLICTS if report.conflicts else report.state,
        before=report.before,
        after=report.after,
        changes=tuple(change.path for change in report.changes),
        conflicts=report.conflicts,
        hint=f"in a clone of it: {wish.command}" if report.conflicts else None,
    )
    if member.state != BEHIND or not open_pull_requests:
        return member
    slug = _slug(repo, wish)
    branch = _branch(report, wish.answers)
    there = _json(
        *("pr", "list", "--repo", slug, "--head", branch),
        *("--state", "all", "--limit", "1", "--json", "url,state"),
    )
    if there:
        state = OPEN if there[0]["state"] == "OPEN" else CLOSED
        return replace(member, state=state, pull_request=there[0]["url"])
    base = git.ref().branch
    if base is None:
        raise HermesError(f"{repo} has no default branch", hint="set one in its settings on GitHub")
    git.switch_to_new(branch)
    made = update(open_workspace(git.root, environ), wish, None, notify=tell)
    force_push(git.root, branch)
    notify(Event(subject=repo, message="opening the pull request"))
    title, body = title_of(made), _body(made, wish.answers)
    call = gh(
        *("pr", "create", "--repo", slug, "--head", branch, "--base", base),
        *("--title", title, "--body", body),
    )
    return replace(member, state=OPENED, pull_request=run(call).strip().splitlines()[-1])


def _refuse_option(name: str) -> None:
    if name.startswith("-"):
        raise InvalidInput(
            f"{name!r} is not a repo: gh would read it as an option", hint="write OWNER/NAME, or an address"
        )


def _clone(repo: str, folder: Path) -> Git:
    _refuse_option(repo)
    if _is_slug(repo):
        run(gh("repo", "clone", repo, str(folder), "--", "--quiet", "--depth=1"))
        return Git(folder.resolve())
    return clone(repo, folder)


def _is_slug(repo: str) -> bool:
    return bool(_SLUG.fullmatch(repo)) and not repo.startswith(".") and not Path(repo).exists()


def _slug(repo: str, wish: UpdateRequest) -> str:
    """Return a repo's name for gh. Raises `InvalidInput` for a repo that is not on GitHub."""
    if _is_slug(repo):
        return repo
    found = _ON_GITHUB.fullmatch(repo)
    if not found:
        raise InvalidInput(
            f"{repo} is not on GitHub, so no pull request can be opened for it",
            hint=f"in a clone of it: {wish.command}",
        )
    return found["slug"] if found["host"] == "github.com" else f"{found['host']}/{found['slug']}"


def _branch(report: UpdateReport, answers: Mapping[str, str]) -> str:
    """The same for the same state and answers, so that a second run finds the first one's pull request."""
    name = "hermes/template-" + re.sub(r"[^\w.-]+", "-", report.after).strip("-.")
    if not answers:
        return name
    return f"{name}-{hashlib.sha256(json.dumps(sorted(answers.items())).encode()).hexdigest()[:8]}"


def _body(report: UpdateReport, answers: Mapping[str, str]) -> str:
    lines = []
    if report.before != report.after:
        lines += [f"Brings this repo from the template's {report.before} to {report.after}.", ""]
    if answers:
        lines += ["Answers the template's questions:", ""]
        lines += [*(f"- `{name}`: `{value}`" for name, value in sorted(answers.items())), "", "Files:", ""]
    lines += [f"- {change.kind} `{change.path}`" for change in report.changes]
    if report.kept:
        lines += ["", "Left as it is here:", ""]
        lines += [f"- `{path}`: {why}" for path, why in report.kept.items()]
    if report.answered:
        lines += ["", "New questions of the template got their defaults:", ""]
        lines += [f"- `{name}`: `{value}`" for name, value in report.answered.items()]
    lines += ["", "Made by `hermes template fleet`. Reverting the commit takes it back."]
    return "\n".join(lines)


def _json(*arguments: str) -> list[dict[str, Any]]:
    call = gh(*arguments)
    try:
        return list(json.loads(run(call)))
    except ValueError:
        raise HermesError(f"gh did not answer in JSON: {call}") from None
