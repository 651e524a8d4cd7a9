"""hermes new: make a repo, or in a repo a project or a script."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_cli.cli.framework.app import command
from hermes_cli.cli.framework.prompts import ask
from hermes_cli.cli.output.printer import Printer, facts
from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.contract.errors import ExitCode, InvalidInput

from .template_options import TrustOption

if TYPE_CHECKING:
    from hermes_cli.usecases.templates.scaffolding import NewReport


@command(
    "new",
    (
        "hermes new shop --team growth",
        "hermes new sales_report            (in a repo: a further project)",
        "hermes new sales_report/backfill   (in a repo: a further script)",
        "hermes new shop --team growth --github acme/shop",
        "hermes new growth-airflow --kind airflow --team growth",
    ),
)
def new(
    printer: Printer,
    name: Annotated[str, typer.Argument(help="Name of the new repo; in a repo, PROJECT or PROJECT/SCRIPT.")],
    team: Annotated[str | None, typer.Option(help="The team that owns the repo.")] = None,
    kind: Annotated[
        str, typer.Option(help="The kind of repo: data-products, or airflow for a team's DAGs.")
    ] = DATA_PRODUCTS,
    project: Annotated[
        str | None, typer.Option(help="Its first project (default: named after the repo).")
    ] = None,
    dev_bucket: Annotated[str | None, typer.Option(help="S3 bucket of the dev environment.")] = None,
    prod_bucket: Annotated[str | None, typer.Option(help="S3 bucket of the prod environment.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region of the buckets.")] = None,
    python: Annotated[str | None, typer.Option(help="Python version of the cluster, such as 3.11.")] = None,
    ci: Annotated[
        str | None, typer.Option(help="The CI system: github, travis or none.", metavar="github|travis|none")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Another template: a folder or a git URL.", metavar="SOURCE")
    ] = None,
    hermes_requirement: Annotated[
        str | None,
        typer.Option(help="The requirement by which CI installs Hermes.", envvar="HERMES_REQUIREMENT"),
    ] = None,
    trust: TrustOption = False,
    workflow: Annotated[
        str | None,
        typer.Option(
            help="The company's GitHub workflow to call: OWNER/REPO/.github/workflows/FILE@REF.",
            metavar="WORKFLOW",
        ),
    ] = None,
    github: Annotated[
        str | None,
        typer.Option(
            help="Create the repository on GitHub too, private and protected, with gh.", metavar="ORG/NAME"
        ),
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option(help="The folder to make the repo in (default: this one).")
    ] = None,
) -> int:
    """Make a git repository for data products, or for a team's DAGs, ready to work in.

    Inside such a repository: add a project (NAME), or a script to a project (PROJECT/SCRIPT).
    """
    from hermes_cli.usecases.repo.workspace import find_root

    given = {
        "team": team,
        "project": project,
        "dev_bucket": dev_bucket,
        "prod_bucket": prod_bucket,
        "region": region,
        "python": python,
        "ci": ci,
        "template": template,
        "hermes_requirement": hermes_requirement,
        "workflow": workflow,
    }
    place = (output_dir or Path()).resolve()
    root = find_root(place)
    if root is not None:
        return _extend(printer, root, name, {**given, "github": github}, trust)
    return _repo(printer, name, kind, given, place, trust, github)


def _extend(printer: Printer, root: Path, name: str, given: dict[str, str | None], trust: bool) -> int:
    from hermes_cli.usecases.repo.workspace import open_workspace
    from hermes_cli.usecases.templates.scaffolding import new_project, new_script

    stray = [
        option for option, value in given.items() if value is not None and option != "hermes_requirement"
    ]
    if stray:
        option = "--" + stray[0].replace("_", "-")
        raise InvalidInput(
            f"{root.name} is a Hermes repo already, so {name} becomes a part of it, and {option} has no effect",
            hint=f"hermes new {name}, or run this outside {root}",
        )
    workspace = open_workspace(root)
    project, slash, script = name.partition("/")
    if slash:
        report = new_script(workspace, project, script, trusted=trust, notify=printer.tell)
    else:
        report = new_project(workspace, name, trusted=trust, notify=printer.tell)
    printer.say(f"added the {report.kind} {report.name}:")
    for file in report.files:
        printer.say(f"  {file}")
    printer.result(facts(report))
    printer.advise(report.next, report.notes)
    return ExitCode.DONE


def _repo(
    printer: Printer,
    name: str,
    kind: str,
    given: dict[str, str | None],
    place: Path,
    trust: bool,
    github: str | None,
) -> int:
    from hermes_cli.usecases.new import new_repo
    from hermes_cli.usecases.repo.repo_kinds import kind_of
    from hermes_cli.usecases.repo.workspace import default_layers
    from hermes_cli.usecases.templates.answer_checks import check_answer, known_answers, naming_defaults
    from hermes_cli.usecases.templates.questions import is_trusted, open_questions

    *above, last = name.rstrip("/").split("/")
    if name.endswith("/") or len(above) > 1 or above in ([""], ["."], [".."]):
        where = f" --output-dir {quote('/'.join(above) or '/')}" if above else ""
        hint = f"hermes new {quote(last or 'my-repo')}{where}"
        raise InvalidInput(f"{name!r} is a path, and a repo has a name", hint=hint)
    if above:
        raise InvalidInput(
            f"{name!r} names a script of a project, and this is not a Hermes repo",
            hint="make a repo first (hermes new my-repo), or say where: hermes new NAME --output-dir DIR",
        )
    check_answer("repo", name)
    made = kind_of(kind)
    for option in sorted(made.without):
        if option != "hermes_requirement" and given.get(option) is not None:
            raise InvalidInput(
                f"--{option} does not apply to a repo of the kind {kind}", hint=f"leave --{option} out"
            )
    if github is not None:
        from hermes_cli.usecases.new_on_github import check_repository

        check_repository(github)
    layers = default_layers(os.environ)
    answers = known_answers(given, layers) | {"repo": name}
    # A company's own template is for data products.
    default = answers.pop("template", made.template) if kind == DATA_PRODUCTS else made.template
    spec = given["template"] or default
    trusted = is_trusted(spec, trust, layers)
    with naming_defaults(given, layers):
        for question in open_questions(spec, answers, given, trusted=trusted) if printer.may_ask else ():
            if question.name == "region" and not (answers.get("dev_bucket") or answers.get("prod_bucket")):
                continue
            answers[question.name] = ask(question)
        report = new_repo(name, spec, answers, place, kind=made, trusted=trusted, notify=printer.tell)
    printer.say(f"made the repo {report.name} of team {report.team} in {report.path}, with its first commit")
    if github is not None:
        return _remote(printer, report, github)
    printer.result(facts(report))
    printer.advise(report.next, report.notes)
    return ExitCode.DONE


def _remote(printer: Printer, made: NewReport, repository: str) -> int:
    from hermes_cli.domain.health_checks import CheckStatus
    from hermes_cli.usecases.new_on_github import make_remote, missing_roles, remote_request
    from hermes_cli.usecases.repo.workspace import default_layers, open_workspace

    workspace = open_workspace(made.path)
    request = remote_request(workspace, repository, default_layers(os.environ))
    report = make_remote(made.path, request, notify=printer.tell)
    left = []
    for setting in report.settings:
        if setting.verdict is CheckStatus.OK:
            printer.say(f"{repository}: {setting.name}: {setting.seen}")
            continue
        left += (setting.fix or "").splitlines()
        if setting.verdict is CheckStatus.PROBLEM:
            printer.complain_of(f"{repository}: {setting.name} is missing: {setting.seen}", None)
        else:
            printer.say(f"{repository}: {setting.name} is missing: {setting.seen}")
    printer.result({**facts(made), "remote": facts(report)})
    notes = list(made.notes)
    if left:
        notes.append(
            "the repo on this machine is complete; these steps are left, in its folder and in this order"
        )
    roles = missing_roles(workspace, request)
    if roles and not left:
        notes.append("CI deploys once it knows its roles; your platform team knows them")
    printer.advise([*(made.next[:1] if left or roles else made.next), *left, *roles], notes)
    return report.exit_code
