"""hermes template update: update this repo to the current version of its template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.framework.prompts import ask
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode

from .template_options import SetOption, ToOption, TrustOption, parse_settings


@command(
    "template update",
    (
        "hermes template update",
        "hermes template update --check -o json",
        "hermes template update --to v2.1",
        "hermes template update --set ci=github --set dev_bucket=acme-dev",
    ),
)
def update(
    printer: Printer,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 7 if there is an update.")
    ] = False,
    to: ToOption = None,
    set_: SetOption = None,
    trust: TrustOption = False,
) -> int:
    """Update this repo to the current version of the template that it was made from.

    The changes of the template are merged into your files in one commit, and your own changes are kept.
    Where both changed the same lines, the file gets both, with git's conflict markers, and nothing is
    committed.
    """
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.template_update import BEHIND, CONFLICTS, CURRENT, UpdateRequest, take_back
    from hermes_cli.usecases.template_update import check as look
    from hermes_cli.usecases.template_update import update as work

    wish = UpdateRequest(ref=to, answers=parse_settings(set_ or ()), trusted=trust)
    if check:
        report = look(open_workspace(Path()), wish, notify=printer.tell)
    else:
        take_back(Path(), notify=printer.tell)
        report = work(open_workspace(Path()), wish, ask if printer.may_ask else None, notify=printer.tell)
    heading = {
        CURRENT: f"this repo is at the template's {report.after}"
        if report.before == report.after
        else f"nothing to do: what changed in the template up to {report.after} does not concern this repo",
        BEHIND: f"this repo is at the template's {report.before}, and other answers would change it"
        if report.before == report.after
        else f"this repo is at the template's {report.before}, and there is {report.after}",
        CONFLICTS: f"the template's {report.after} is merged, with conflicts, and nothing is committed",
    }
    how = f"in one commit ({(report.commit or '')[:10]})"
    done = (
        f"rendered the template's {report.after} again with other answers, {how}"
        if report.before == report.after
        else f"updated from the template's {report.before} to {report.after}, {how}"
    )
    printer.say(heading.get(report.state, done))
    for change in report.changes:
        kind = "conflict" if change.path in report.conflicts else change.kind
        origin = f" (was {change.origin})" if change.origin else ""
        printer.say(f"  {kind:<8}  {change.path}{origin}")
    for path in set(report.conflicts) - {change.path for change in report.changes}:
        printer.say(f"  {'conflict':<8}  {path}")
    for path, why in report.kept.items():
        printer.say(f"  {'kept':<8}  {path}: {why}")
    for name, value in report.answered.items():
        printer.say(f"  {'answer':<8}  {name} = {value!r}")
    printer.result(facts(report))
    if report.state == BEHIND:
        printer.advise([wish.command], report.notes)
    elif report.state == CONFLICTS:
        printer.advise(
            [
                "git diff                  shows both sides; keep in each file what is right, and delete the marks",
                "git diff --check          names marks that are left",
                f'git add -A && git commit -m "Update the template to {report.after}"',
                "git reset --hard          instead, to be where you were before",
            ],
            report.notes,
        )
    elif report.commit:
        printer.advise(
            [
                "git show                  shows what changed",
                "hermes test",
                "git revert HEAD           takes it back",
            ],
            report.notes,
        )
    return ExitCode.FINDINGS if report.state in (BEHIND, CONFLICTS) else ExitCode.DONE
