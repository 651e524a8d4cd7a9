"""The job of a run on Databricks: exactly this JSON, and back from a run to what it ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.job_specification import Pin, Platform, pin, pin_of, submission
from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT, Layout
from hermes_cli.domain.contract.manifest import Artifact, Manifest
from hermes_cli.domain.contract.names import parse_project, parse_team

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
ROOT = "s3://acme-dev/base"
DEV = Platform(
    environment="dev",
    root=ROOT,
    policy_id="P1",
    products="s3://acme-products-dev/growth",
    input="s3://acme-input-dev/growth",
    read_prefix="prod_",
    metastore={"spark.hadoop.hive.metastore.uris": "thrift://waggle-dance:48869"},
    secret_scope="hermes-growth",
)
PROD = replace(DEV, environment="prod")


def artifact(kind: str, name: str, file: str, digit: str) -> Artifact:
    sha256 = digit * 64
    return Artifact(kind=kind, name=name, key=LAYOUT.build("202601", sha256, file), sha256=sha256, size=7)


SCRIPT_FILE = artifact(SCRIPT, "sales", "sales-1!2.0.py", "1")
BASE = artifact(LIBRARY, "base", "base-1.0-py3-none-any.whl", "3")
MANIFEST = Manifest(
    team="growth",
    project="sales",
    suffix="1!2.0",
    version="1!2.0",
    repo_id="a-repo",
    branch="main",
    commit="c" * 40,
    tree="e" * 40,
    dirty=False,
    content="d" * 64,
    artifacts=(SCRIPT_FILE, artifact(LIBRARY, "sales", "sales-1!2.0-py3-none-any.whl", "2")),
    libraries=(BASE,),
    lock="numpy==2.0.0 \\\n    --hash=sha256:aa\npandas[fast]==2.2.0 ; os_name == 'posix' --hash=sha256:bb\n",
    python="3.11",
    dependencies=("pandas>=2", "base"),
    requires_python=None,
    created="2026-01-02T03:04:05+00:00",
    actor=None,
    ci_run=None,
    hermes="0.1.0",
    backend=None,
    secrets=("API_KEY",),
)
FEATURE = replace(
    MANIFEST,
    suffix="feature-x",
    secrets=("OTHER_KEY",),
    artifacts=(artifact(LIBRARY, "sales", "sales-0+feature.x-py3-none-any.whl", "4"),),
    libraries=(),
    lock="",
)
PIN = pin(ROOT, MANIFEST, SCRIPT_FILE)


def test_a_run_is_exactly_this() -> None:
    builds = f"{ROOT}/growth/sales/builds/202601"
    assert submission(
        PIN,
        DEV,
        LAYOUT,
        parameters=["--day", "7"],
        view_teams=["helpers", "growth"],
        tags={"airflow_dag": "sales & more"},
        token="t",
        timeout_seconds=60,
    ) == {
        "run_name": "hermes growth/sales/sales@1!2.0",
        "idempotency_token": "t",
        "timeout_seconds": 60,
        "access_control_list": [
            {"group_name": "growth", "permission_level": "CAN_VIEW"},
            {"group_name": "helpers", "permission_level": "CAN_VIEW"},
        ],
        "tasks": [
            {
                "task_key": "hermes",
                "new_cluster": {
                    "policy_id": "P1",
                    "apply_policy_default_values": True,
                    "autoscale": {"min_workers": 1, "max_workers": 2},
                    "custom_tags": {
                        "team": "growth",
                        "project": "sales",
                        "version": "1_2.0",
                        "environment": "dev",
                        "service": "hermes",
                        "script": "sales",
                        "suffix": "1_2.0",
                        "commit": "c" * 40,
                        "library": "1_2.0",
                        "airflow_dag": "sales _ more",
                    },
                    "spark_env_vars": {
                        "API_KEY": "{{secrets/hermes-growth/API_KEY}}",
                        "HERMES_ENV": "dev",
                        "HERMES_TEAM": "growth",
                        "HERMES_PROJECT": "sales",
                        "HERMES_VERSION": "1!2.0",
                        "HERMES_COMMIT": "c" * 40,
                        "HERMES_READ_PREFIX": "prod_",
                        "HERMES_INPUT": "s3://acme-input-dev/growth",
                        "HERMES_PRODUCTS": "s3://acme-products-dev/growth",
                    },
                    "spark_conf": {"spark.hadoop.hive.metastore.uris": "thrift://waggle-dance:48869"},
                },
                "spark_python_task": {
                    "python_file": f"{builds}/{'1' * 64}/sales-1!2.0.py",
                    "parameters": ["--day", "7"],
                },
                "libraries": [
                    {"pypi": {"package": "numpy==2.0.0"}},
                    {"pypi": {"package": "pandas==2.2.0"}},
                    {"whl": f"{builds}/{'3' * 64}/base-1.0-py3-none-any.whl"},
                    {"whl": f"{builds}/{'2' * 64}/sales-1!2.0-py3-none-any.whl"},
                ],
            }
        ],
    }


def cluster_of(body: dict[str, Any]) -> dict[str, Any]:
    cluster = body["tasks"][0]["new_cluster"]
    assert isinstance(cluster, dict)
    return cluster


@pytest.mark.parametrize(("platform", "shared"), [(DEV, False), (PROD, True), (PROD, False)])
def test_production_data_is_reached_from_dev_alone_and_when_asked(platform: Platform, shared: bool) -> None:
    cluster = cluster_of(submission(PIN, platform, LAYOUT, use_data_sharing=shared))
    assert "spark_conf" not in cluster
    assert "HERMES_READ_PREFIX" not in cluster["spark_env_vars"]
    assert ("HERMES_INPUT" in cluster["spark_env_vars"]) is (platform is DEV)


def test_a_library_of_another_deploy_takes_the_place_of_the_scripts_own() -> None:
    mixed = pin(ROOT, MANIFEST, SCRIPT_FILE, library=FEATURE)
    assert mixed.mixed
    assert not PIN.mixed
    assert (mixed.version, mixed.library) == ("1!2.0", "feature-x")
    assert mixed.secrets == ("API_KEY", "OTHER_KEY")
    assert [library["whl"].rsplit("/", 1)[1] for library in mixed.libraries] == [
        "sales-0+feature.x-py3-none-any.whl"
    ]


def test_a_deploy_without_a_library_cannot_give_one() -> None:
    with pytest.raises(InvalidInput, match=r"sales@feature-x has no library"):
        pin(ROOT, MANIFEST, SCRIPT_FILE, library=replace(FEATURE, artifacts=()))


@pytest.mark.parametrize("parameters", [["a", 7], [None], "abc"])
def test_parameters_are_texts(parameters: Any) -> None:
    with pytest.raises(InvalidInput, match="must be a list of strings"):
        submission(PIN, DEV, LAYOUT, parameters=parameters)


def test_secrets_need_a_scope_and_never_replace_what_hermes_says() -> None:
    with pytest.raises(InvalidInput, match="needs the secrets API_KEY, and no secret scope is set for dev"):
        submission(PIN, replace(DEV, secret_scope=None), LAYOUT)
    sly = replace(PIN, secrets=("HERMES_ENV",))
    assert cluster_of(submission(sly, DEV, LAYOUT))["spark_env_vars"]["HERMES_ENV"] == "dev"


@pytest.mark.parametrize(
    "one", [PIN, pin(ROOT, replace(MANIFEST, commit=None), SCRIPT_FILE, library=FEATURE)]
)
def test_a_run_says_what_it_runs(one: Pin) -> None:
    assert pin_of({"run_id": 7, **submission(one, DEV, LAYOUT)}, ROOT, LAYOUT) == one


def damaged(damage: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    run = {"run_id": 7, **submission(PIN, DEV, LAYOUT)}
    damage(run["tasks"][0])
    return run


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda task: task["new_cluster"].pop("spark_env_vars"), "run 7 is not a run that Hermes submitted"),
        (lambda task: task["new_cluster"]["spark_env_vars"].update(HERMES_TEAM="risk"), "runs risk/sales"),
        (
            lambda task: task["spark_python_task"].update(python_file="s3://evil/a.py"),
            "is not a build of sales",
        ),
        (lambda task: task["libraries"].append({"whl": "s3://evil/a.whl"}), "is not a build of sales"),
    ],
)
def test_a_run_of_something_else_is_refused(damage: Callable[[dict[str, Any]], None], said: str) -> None:
    with pytest.raises(BrokenDocument, match=said):
        pin_of(damaged(damage), ROOT, LAYOUT)
