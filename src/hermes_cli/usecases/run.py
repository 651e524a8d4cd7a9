"""hermes run: a deployed suffix as the cluster would run it, or the working tree, on this machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from hermes_cli.adapters.cache import Cache, cache_root
from hermes_cli.adapters.python_environments import PythonEnvironments, Recipe
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Terminated
from hermes_cli.domain.contract.manifest import Artifact
from hermes_cli.domain.contract.run_specification import RunSpecification
from hermes_cli.domain.contract.suffixes import Reference, Suffix
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.building.source_checks import warn_of_hidden_edits
from hermes_cli.usecases.releasing.lookup import find_deployed, refuse_yanked
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.running.places import Places, changed_files, files_below, find_places, listed
from hermes_cli.usecases.running.run_secrets import find_secrets
from hermes_cli.usecases.running.working_environments import interpreter_for, working_environment

_SAFE_PATH = (3, 11)
_GRACE_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """A run that has ended; `exit_code` is the script's own, `wrote_to` the folder of files that it wrote."""

    specification: RunSpecification
    suffix: str | None
    exit_code: int
    wrote_to: str | None


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A script that is ready to be run: by which Python, from which file, with which secrets' values."""

    specification: RunSpecification
    python: Path
    python_version: str
    script: Path
    secrets: Mapping[str, str] = field(repr=False)


def run(
    workspace: Workspace,
    reference: Reference,
    *,
    environment: str | None,
    parameters: tuple[str, ...],
    quiet: bool,
    force: bool = False,
    notify: Listener,
) -> RunReport:
    """Run a script and wait for it; `quiet` sends its stdout to stderr, `force` runs a yanked version."""
    if reference.suffix is None:
        prepared = _from_working_tree(workspace, reference, parameters, notify)
    else:
        prepared = _from_store(workspace, reference, reference.suffix, environment, force, parameters, notify)
    products = prepared.specification.products
    before = files_below(products)
    with tempfile.TemporaryDirectory(prefix="hermes-run-") as folder:
        code = _execute(prepared, Path(folder), workspace.environ, quiet)
    if written := changed_files(products, before):
        notify(Event(subject=reference.project, message=f"wrote {listed(written)} below {products}"))
    return RunReport(
        specification=prepared.specification,
        suffix=str(reference.suffix) if reference.suffix else None,
        exit_code=code,
        wrote_to=products if written else None,
    )


def _from_working_tree(
    workspace: Workspace, reference: Reference, parameters: tuple[str, ...], notify: Listener
) -> _Prepared:
    project = workspace.project(reference.project, or_script=True)
    script = project.script(reference.script)
    places = find_places(workspace, reference.project, None)
    secrets = find_secrets(workspace, str(reference), project.secrets)
    warn_of_hidden_edits(workspace, with_siblings(project, workspace.projects), notify)
    environment, interpreter = working_environment(workspace, project, tests=False, notify=notify)
    return _Prepared(
        specification=_specification(
            workspace,
            reference,
            places,
            script=script.name,
            version=str(project.version or environment.installed[canonicalize_name(project.distribution)]),
            commit=workspace.checkout.head,
            parameters=parameters,
        ),
        python=environment.python,
        python_version=interpreter.version,
        script=workspace.root / project.folder / script.path,
        secrets=secrets,
    )


def _from_store(
    workspace: Workspace,
    reference: Reference,
    suffix: Suffix,
    named: str | None,
    force: bool,
    parameters: tuple[str, ...],
    notify: Listener,
) -> _Prepared:
    settings = workspace.settings
    environment = settings.environment(named) if named else workspace.default_environment()
    store = workspace.store(environment)
    notify(Event(subject=reference.project, message=f"reading {reference} from {environment.name}"))
    deployed = find_deployed(workspace, store, reference.project, suffix)
    manifest = deployed.manifest
    if not force:
        refuse_yanked(deployed)
    artifact = manifest.script(reference.script)
    places = find_places(workspace, reference.project, environment.name)
    secrets = find_secrets(workspace, str(reference), manifest.secrets)
    cache = Cache(cache_root() / "objects")

    def fetch(artifact: Artifact) -> Path:
        return cache.file(artifact.sha256, artifact.file, lambda: catalog.read_artifact(store, artifact))

    wheels = [*manifest.libraries, *((manifest.library,) if manifest.library else ())]
    recipe = Recipe(
        lock=manifest.lock,
        wheels=tuple(fetch(wheel) for wheel in wheels),
    )
    interpreter = interpreter_for(manifest.python, reference.project, notify)
    notify(Event(subject=reference.project, message="preparing its environment"))
    made = PythonEnvironments(cache_root() / "runs", indexes=settings.indexes).ensure(recipe, interpreter)
    return _Prepared(
        specification=_specification(
            workspace,
            reference,
            places,
            script=artifact.name,
            version=manifest.version,
            commit=manifest.commit,
            parameters=parameters,
        ),
        python=made.python,
        python_version=interpreter.version,
        script=fetch(artifact),
        secrets=secrets,
    )


def _specification(
    workspace: Workspace,
    reference: Reference,
    places: Places,
    *,
    script: str,
    version: str,
    commit: str | None,
    parameters: tuple[str, ...],
) -> RunSpecification:
    return RunSpecification(
        environment="local",
        team=workspace.settings.team,
        project=reference.project,
        script=script,
        version=version,
        commit=commit,
        products=places.products,
        input=places.input,
        parameters=parameters,
    )


def _execute(prepared: _Prepared, folder: Path, environ: Mapping[str, str], quiet: bool) -> int:
    """Run the script as one file outside its package: not from its folder, where its own name
    would hide the package that it imports."""
    version = tuple(int(part) for part in prepared.python_version.split(".")[:2])
    if version >= _SAFE_PATH:
        command = [str(prepared.python), "-P", str(prepared.script)]
    else:
        copy = folder / "script" / f"{prepared.specification.script}-run.py"
        copy.parent.mkdir()
        copy.write_bytes(prepared.script.read_bytes())
        command = [str(prepared.python), str(copy)]
    variables = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("PYTHON", "HERMES_")) and name != "VIRTUAL_ENV"
    }
    variables |= {**prepared.secrets, **prepared.specification.variables()}
    work = folder / "work"
    work.mkdir()
    sys.stdout.flush()
    process = subprocess.Popen(
        [*command, *prepared.specification.parameters],
        cwd=work,
        env=variables,
        stdout=sys.stderr if quiet else None,
    )
    try:
        code = process.wait()
    except Terminated:
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    except KeyboardInterrupt:
        # The terminal has told the script as well; it ends in its own way.
        process.wait()
        raise
    return code if code >= 0 else 128 - code
