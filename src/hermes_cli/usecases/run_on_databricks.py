"""hermes run --on databricks: what is deployed, on a job cluster, from submit to result."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace

from hermes_cli.adapters.databricks import Databricks, RemoteRun, RunGone
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import (
    AccessDenied,
    Conflict,
    ExitCode,
    HermesError,
    InvalidInput,
    ProjectFailed,
    Refused,
)
from hermes_cli.domain.contract.job_specification import (
    Pin,
    Platform,
    pin,
    place_of,
    specification,
    submission,
)
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.run_specification import RunSpecification
from hermes_cli.domain.contract.suffixes import Reference
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.settings import CONFIG_FILE, Settings
from hermes_cli.usecases.releasing.lookup import refuse_yanked
from hermes_cli.usecases.releasing.target_environments import choose_targets
from hermes_cli.usecases.repo.workspace import Workspace

from .deploy import DeployRequest, deploy

_PAUSES = (1, 1, 2, 3, 5)  # seconds between two questions about a run; the last one stays
_FAILURES: tuple[type[HermesError], ...] = (InvalidInput, Refused, Conflict, AccessDenied, ProjectFailed)


@dataclass(frozen=True, kw_only=True)
class ClusterRunReport:
    """A run that has ended on Databricks; `output` is what its script printed, `error` why it failed."""

    specification: RunSpecification
    suffix: str
    run_id: int
    url: str
    result: str
    output: str
    error: str | None
    exit_code: int


def run_remotely(
    workspace: Workspace,
    reference: Reference,
    *,
    environment: str | None,
    parameters: tuple[str, ...],
    force: bool = False,
    notify: Listener,
) -> ClusterRunReport:
    """Run a script on a job cluster and wait for it; the working tree is deployed as a feature first.

    An interruption cancels the run. `force` runs a yanked version. Raises `InvalidInput` where the
    environment lacks what a run needs.
    """
    settings = workspace.settings
    chosen = settings.environment(environment) if environment else workspace.default_environment()
    store = workspace.store(chosen)
    platform = platform_of(chosen, settings, store.url)
    databricks = Databricks(chosen.databricks_host)
    if reference.suffix is None:
        reference = _deployed(workspace, reference, chosen, notify)
    assert reference.suffix is not None  # noqa: S101 - for the type checker
    layout = workspace.layout(reference.project)
    deployed = catalog.resolve(store, layout, reference.suffix)
    if not force:
        refuse_yanked(deployed)
    manifest = deployed.manifest
    script = manifest.script(reference.script)
    for artifact in (script, *manifest.libraries, *((manifest.library,) if manifest.library else ())):
        catalog.read_artifact(store, artifact)  # the cluster compares no digests
    pinned = pin(store.url, manifest, script)
    run, output, error = _followed(databricks, pinned, platform, layout, parameters, str(reference), notify)
    failed = ExitCode.PROJECT_FAILED if run.result == "FAILED" else ExitCode.FAILED
    return ClusterRunReport(
        specification=specification(pinned, platform, layout, parameters=parameters, use_data_sharing=True),
        suffix=pinned.suffix,
        run_id=run.id,
        url=run.url,
        result=run.result or "",
        output=output,
        error=None if run.succeeded else error or run.message or "no reason given",
        exit_code=ExitCode.DONE if run.succeeded else failed,
    )


def platform_of(environment: Environment, settings: Settings, root: str) -> Platform:
    """Return the platform's settings for a team in an environment. Raises `InvalidInput` for a missing one."""
    if environment.path is not None:
        other = next((one.name for one in settings.environments if one.bucket), None)
        raise InvalidInput(
            f"environment {environment.name} is a folder of this machine, which no cluster can read",
            hint=f"name one with a bucket: --env {other}"
            if other
            else f"add an environment with a bucket to {CONFIG_FILE}: [environments.dev]",
        )
    needed = {
        "databricks-policy-id": environment.databricks_policy_id,
        "products": environment.products,
    }
    missing = [key for key, value in needed.items() if not value]
    if missing:
        raise InvalidInput(
            f"environment {environment.name} does not say what a run on Databricks needs: "
            f"{' and '.join(missing)}",
            hint=f"your platform team knows it: write it into [environments.{environment.name}] of {CONFIG_FILE}",
        )
    return Platform(
        environment=environment.name,
        root=root,
        policy_id=environment.databricks_policy_id or "",
        products=place_of(settings.team, environment.products or ""),
        input=place_of(settings.team, environment.input) if environment.input else None,
        read_prefix=environment.read_prefix,
        metastore=environment.metastore,
        secret_scope=environment.secret_scope,
    )


def _deployed(
    workspace: Workspace, reference: Reference, environment: Environment, notify: Listener
) -> Reference:
    """The feature that this branch's working tree was deployed as, just now."""
    workspace.project(reference.project, or_script=True).script(reference.script)
    (target,), _ = choose_targets(workspace, (environment.name,), None)
    feature = target.decision.feature
    if feature is None:
        raise Refused(
            f"{reference} names no suffix, so the working tree would be deployed first, and on "
            f"{workspace.settings.default_branch} that is a release",
            hint=f"git switch -c feature/my-change, or: hermes run {reference}@latest --on databricks",
        )
    report = deploy(
        workspace,
        DeployRequest(projects=(reference.project,), environments=(environment.name,)),
        notify=notify,
    )
    for receipt in report.receipts:
        if receipt.exit_code:
            kind = next((kind for kind in _FAILURES if kind.exit_code == receipt.exit_code), HermesError)
            raise kind(f"{receipt.step.project}: {receipt.reason}", hint=receipt.hint)
    return replace(reference, suffix=feature)


def _followed(
    databricks: Databricks,
    pinned: Pin,
    platform: Platform,
    layout: Layout,
    parameters: tuple[str, ...],
    name: str,
    notify: Listener,
) -> tuple[RemoteRun, str, str]:
    """Submit a run and wait for its end: the run, its output and its error."""
    token = f"hermes-run-{uuid.uuid4().hex}"
    body = submission(pinned, platform, layout, parameters=parameters, token=token)
    run_id = None
    try:
        run_id = databricks.submit(body)
        run = databricks.get(run_id)
        notify(Event(subject=name, message=f"logs: {run.url}"))
        state, pauses = "", list(_PAUSES)
        while True:
            if run.state != state:
                notify(Event(subject=name, message=run.state.lower().replace("_", " ")))
                state = run.state
            if run.result is not None:
                break
            time.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
            run = databricks.get(run_id)
    except KeyboardInterrupt:
        notify(Event(subject=name, message="cancelling the run"))
        try:
            # A submit whose answer did not come may have started one: the same token finds it.
            databricks.cancel(databricks.submit(body) if run_id is None else run_id)
        except HermesError as error:
            raise type(error)(f"the run may go on: {error.message}", hint=error.hint) from error
        raise
    except RunGone:
        raise
    except HermesError as error:
        if run_id is None:
            raise
        raise type(error)(
            f"run {run_id} may go on, and can no longer be followed: {error.message}", hint=error.hint
        ) from error
    output = reason = ""
    try:
        output, reason = databricks.output(run)
    except HermesError as error:
        # How it ended is known by now, and a second run for its lines alone would do the work again.
        message = f"what it printed cannot be read: {error.message}"
        notify(Event(subject=name, message=message, warning=True))
    return run, output, reason
