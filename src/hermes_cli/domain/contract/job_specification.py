"""The job of one run on Databricks, for the Airflow operator and for `hermes run --on databricks` alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .documents import BrokenDocument
from .errors import InvalidInput
from .layout import BuildKey, Layout
from .lock_file import packages
from .manifest import Artifact, Manifest
from .names import TeamName
from .run_specification import RunSpecification, takes_input

TASK_KEY = "hermes"
SERVICE = "hermes"
_WORKERS = {"min_workers": 1, "max_workers": 2}
_SHARES_DATA = "dev"
# All other characters are valid in tags of Databricks and of the cloud; policies and dashboards read these.
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9 +=._:/@-]")
_TAG_LENGTH = 255
_SECRET = re.compile(r"\{\{secrets/[^/]+/([^/}]+)\}\}")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The platform's settings for a team in one environment.

    `root` is the URL that keys are relative to, `products` and `input` are URIs of folders.
    `metastore` is the Spark configuration by which production data is read through `read_prefix`;
    both count in dev only. `secret_scope` has the secrets that scripts name.
    """

    environment: str
    root: str
    policy_id: str
    products: str
    input: str | None = None
    read_prefix: str | None = None
    metastore: Mapping[str, str] = field(default_factory=dict)
    secret_scope: str | None = None


def place_of(team: TeamName, place: str) -> str:
    """Return the folder of a team below one of the platform's folders."""
    return f"{place.strip().rstrip('/')}/{team}"


@dataclass(frozen=True, kw_only=True)
class Pin:
    """The exact files of one run: they stay the same when the manifest that they came from changes.

    `suffix` is the deployed one (never `latest`), `library` the suffix of the library, if there is
    one. `libraries` is in the form of Databricks' API, `secrets` are names.
    """

    script: str
    suffix: str
    version: str
    commit: str | None
    script_url: str
    library: str | None
    libraries: tuple[Mapping[str, Any], ...]
    secrets: tuple[str, ...] = ()

    @property
    def mixed(self) -> bool:
        """True where script and library come from different deploys."""
        return self.library not in (None, self.suffix)


def pin(
    root: str,
    manifest: Manifest,
    script: Artifact,
    *,
    library: Manifest | None = None,
) -> Pin:
    """Return the files that a run of a script needs; `library` is another manifest, whose library it gets.

    The pins of the lock come before the wheels, whose requirements are then installed already.
    Databricks takes a requirements file with hashes from a workspace or a volume only, not from a
    bucket, and the form used here has none: the versions of packages are fixed, their bytes are not.
    Raises `InvalidInput` where the other manifest has no library.
    """
    source = library or manifest
    if library is not None and library.library is None:
        raise InvalidInput(
            f"{library.project}@{library.suffix} has no library",
            hint="name a version that has one, or leave library_version out",
        )
    own = (source.library,) if source.library else ()
    return Pin(
        script=script.name,
        suffix=manifest.suffix,
        version=manifest.version,
        commit=manifest.commit,
        script_url=_url(root, script),
        library=source.suffix if own else None,
        libraries=(
            *({"pypi": {"package": f"{locked.name}=={locked.version}"}} for locked in packages(source.lock)),
            *({"whl": _url(root, wheel)} for wheel in (*source.libraries, *own)),
        ),
        secrets=tuple(sorted({*manifest.secrets, *source.secrets})),
    )


def specification(
    pin: Pin, platform: Platform, layout: Layout, *, parameters: Sequence[str], use_data_sharing: bool
) -> RunSpecification:
    """Return the facts of a run for its script. Raises `InvalidInput` for a parameter that is not a string."""
    wrong = [value for value in parameters if not isinstance(value, str)]
    if wrong or isinstance(parameters, str):
        found = (
            f"{wrong[0]!r} is of type {type(wrong[0]).__name__}" if wrong else f"{parameters!r} is one string"
        )
        raise InvalidInput(
            f"the parameters of {layout.project} must be a list of strings: {found}",
            hint='write parameters=["2024", "--full"], as on a command line',
        )
    shared = use_data_sharing and platform.environment == _SHARES_DATA
    return RunSpecification(
        environment=platform.environment,
        team=layout.team,
        project=layout.project,
        script=pin.script,
        version=pin.version,
        commit=pin.commit,
        products=platform.products,
        input=platform.input if takes_input(platform.environment) else None,
        read_prefix=platform.read_prefix if shared else None,
        parameters=tuple(parameters),
    )


def submission(
    pin: Pin,
    platform: Platform,
    layout: Layout,
    *,
    parameters: Sequence[str] = (),
    use_data_sharing: bool = True,
    view_teams: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    token: str | None = None,
    timeout_seconds: int | None = None,
) -> dict[str, Any]:
    """Return the body of `POST /api/2.2/jobs/runs/submit`.

    The team and `view_teams` may see the run and its logs; who submits it owns it. `tags` are
    further tags of the cluster, `token` makes a repeated submit find the same run (64 characters
    at most). Raises `InvalidInput` where the run cannot be made from these.
    """
    run = specification(pin, platform, layout, parameters=parameters, use_data_sharing=use_data_sharing)
    cluster: dict[str, Any] = {
        "policy_id": platform.policy_id,
        "apply_policy_default_values": True,
        "autoscale": dict(_WORKERS),
        "custom_tags": _tags(pin, run, tags or {}),
        # Hermes' own variables come last, so no secret of a project can replace one.
        "spark_env_vars": _secrets(pin, platform) | run.variables(),
    }
    if platform.metastore and use_data_sharing and platform.environment == _SHARES_DATA:
        cluster["spark_conf"] = dict(platform.metastore)
    task = {
        "task_key": TASK_KEY,
        "new_cluster": cluster,
        "spark_python_task": {"python_file": pin.script_url, "parameters": list(run.parameters)},
        "libraries": [dict(library) for library in pin.libraries],
    }
    groups = dict.fromkeys((run.team, *view_teams))
    body: dict[str, Any] = {
        "run_name": f"hermes {run.team}/{run.project}/{run.script}@{pin.suffix}",
        "tasks": [task],
        "access_control_list": [{"group_name": group, "permission_level": "CAN_VIEW"} for group in groups],
    }
    if token is not None:
        body["idempotency_token"] = token
    if timeout_seconds:
        body["timeout_seconds"] = timeout_seconds
    return body


def pin_of(run: Mapping[str, Any], root: str, layout: Layout) -> Pin:
    """Return the files that a run runs, from the answer to `GET /api/2.2/jobs/runs/get`.

    Raises `BrokenDocument` where it is not a run of this project, or runs anything but its builds.
    """
    where = f"run {run.get('run_id')}"
    try:
        (task,) = run["tasks"]
        cluster = task["new_cluster"]
        variables, tags = cluster["spark_env_vars"], cluster["custom_tags"]
        url = str(task["spark_python_task"]["python_file"])
        libraries = tuple(dict(library) for library in task.get("libraries", ()))
        owner = (variables["HERMES_TEAM"], variables["HERMES_PROJECT"])
        version = str(variables["HERMES_VERSION"])
    except (KeyError, TypeError, ValueError):
        raise BrokenDocument(f"{where} is not a run that Hermes submitted") from None
    if owner != (layout.team, layout.project):
        raise BrokenDocument(f"{where} runs {'/'.join(map(str, owner))}, not {layout.team}/{layout.project}")
    found = Pin(
        script=str(tags.get("script", layout.project)),
        suffix=_suffix(str(tags.get("suffix", version)), version),
        version=version,
        commit=variables.get("HERMES_COMMIT"),
        script_url=url,
        library=_suffix(str(tags["library"]), version) if "library" in tags else None,
        libraries=libraries,
        secrets=tuple(
            reference[1]
            for name, value in variables.items()
            if (reference := _SECRET.fullmatch(str(value))) and reference[1] == name
        ),
    )
    try:
        builds_of(found, root, layout)
    except BrokenDocument as error:
        raise BrokenDocument(f"{where} cannot be taken up: {error.message}") from None
    return found


def builds_of(pin: Pin, root: str, layout: Layout) -> tuple[BuildKey, ...]:
    """Return the builds that a run consists of, its script first. Raises `BrokenDocument` for another file."""
    above = f"{root.rstrip('/')}/"
    builds = []
    for url in (pin.script_url, *(str(library["whl"]) for library in pin.libraries if "whl" in library)):
        key = Layout.parse(url.removeprefix(above)) if url.startswith(above) else None
        if not isinstance(key, BuildKey) or key.layout != layout:
            raise BrokenDocument(f"{url} is not a build of {layout.project} in {root}")
        builds.append(key)
    return tuple(builds)


def _suffix(tag: str, version: str) -> str:
    # A tag cannot hold the ! of an epoch; the variable can.
    return version if tag == _tag(version) else tag


def _tags(pin: Pin, run: RunSpecification, more: Mapping[str, str]) -> dict[str, str]:
    values = {
        **more,
        "team": run.team,
        "project": run.project,
        "version": run.version,
        "environment": run.environment,
        "service": SERVICE,
        "script": pin.script,
        "suffix": pin.suffix,
        "commit": pin.commit,
        "library": pin.library,
    }
    return {name: _tag(value) for name, value in values.items() if value}


def _tag(value: str) -> str:
    return _NOT_IN_TAGS.sub("_", value)[:_TAG_LENGTH]


def _secrets(pin: Pin, platform: Platform) -> dict[str, str]:
    """Return references that the cluster resolves: Hermes never sees a value."""
    if pin.secrets and not platform.secret_scope:
        raise InvalidInput(
            f"{pin.script} needs the secrets {', '.join(pin.secrets)}, and no secret scope is set "
            f"for {platform.environment}",
            hint="ask the platform team for the team's secret scope",
        )
    return {name: f"{{{{secrets/{platform.secret_scope}/{name}}}}}" for name in pin.secrets}


def _url(root: str, artifact: Artifact) -> str:
    return f"{root.rstrip('/')}/{artifact.key}"
