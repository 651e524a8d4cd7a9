"""hermes template fleet: find the repos that are behind their template, and open pull requests."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.contract.errors import ExitCode, exit_code_of

from .template_options import SetOption, ToOption, TrustOption, parse_settings


@command(
    "template fleet",
    (
        "hermes template fleet --org acme",
        "hermes template fleet --file repos.txt -o json",
        "hermes template fleet acme/shop acme/cart --to v2 --open-pull-requests",
    ),
)
def fleet(
    printer: Printer,
    repos: Annotated[
        list[str] | None, typer.Argument(help="The repos: OWNER/NAME on GitHub, or git URLs.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file with one repo a line.")] = None,
    org: Annotated[str | None, typer.Option(help="Every repo of this organization on GitHub.")] = None,
    open_pull_requests: Annotated[
        bool,
        typer.Option(
            "--open-pull-requests", help="Push a branch and open a pull request for each repo that is behind."
        ),
    ] = False,
    to: ToOption = None,
    set_: SetOption = None,
    trust: TrustOption = False,
) -> int:
    """List which repos are behind their template, and open the pull requests that update them.

    Each repo is read in a temporary clone. Without --open-pull-requests nothing is changed anywhere.
    A repo whose update has conflicts gets no pull request: a person has to update it.
    """
    from hermes_cli.usecases.template_fleet import inspect, repos_of
    from hermes_cli.usecases.template_update import BEHIND, CONFLICTS, UpdateRequest

    wish = UpdateRequest(ref=to, answers=parse_settings(set_ or ()), trusted=trust)
    meant = repos_of(repos or (), file, org)
    members = []
    for member in inspect(
        meant, wish, open_pull_requests=open_pull_requests, environ=os.environ, notify=printer.tell
    ):
        if member.exit_code:
            printer.complain_of(f"{member.repo}: {member.reason}", member.hint)
        members.append(member)
    printer.table(
        ("REPO", "STATE", "AT", "NEWEST", "PULL REQUEST"),
        [
            (one.repo, one.state, one.before or "-", one.after or "-", one.pull_request or "-")
            for one in members
        ],
    )
    for one in members:
        if one.conflicts:
            printer.say(f"{one.repo}: conflicts in {', '.join(one.conflicts)}")
    printer.result({"repos": facts(members)})
    behind = [one for one in members if one.state == BEHIND]
    if any(one.conflicts for one in members):
        printer.advise([f"{wish.command}     in a clone of each with conflicts"])
    elif behind:
        named = (*(repos or ()), *(("--file", str(file)) if file else ()), *(("--org", org) if org else ()))
        words = ["hermes", "template", "fleet", *named, *wish.options, "--open-pull-requests"]
        printer.advise([shlex.join(words)])
    failures = exit_code_of([one.exit_code for one in members])
    if failures:
        return failures
    return ExitCode.FINDINGS if behind or any(one.state == CONFLICTS for one in members) else ExitCode.DONE
