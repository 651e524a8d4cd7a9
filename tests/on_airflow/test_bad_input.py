"""Bad input: each is a clear failure of the task, and no run is started."""

from __future__ import annotations

import re
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException

from fake_databricks import Workspace
from on_airflow.conftest import Product, execute, set_variables, variables
from servers import S3Server


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"script_version": "1.1"}, r"shop@1.1 is not deployed in s3://dev-.* – did you mean 1.1.0\?"),
        ({"script_version": "feature/none"}, r"shop@feature/none is not deployed in .* – d"),
        ({"library_version": "9.9"}, r"shop@9.9 is not deployed in .* – deployed are: feature-third, 1.0.0"),
        ({"project_name": "shoop"}, r"shoop@latest is not deployed in s3://dev-"),
        (
            {"team": "risk"},
            r"the Airflow Variable hermes_dev_policy_id_risk is not set – the platform team sets",
        ),
        ({"team": "Growth!"}, r"'Growth!' is not a team name – use lowercase"),
        ({"project_name": "My Shop"}, r"'My Shop' is not a project name"),
        ({"script_name": "shap"}, r"shop@1.1.0 has no script 'shap' – did you mean shop\?"),
        ({"script_name": "a b"}, r"'a b' is not a script name"),
        (
            {"script_version": 1.0},
            r'script_version of shop is 1.0, which is not a string – write script_version="1',
        ),
        ({"script_version": "bad..branch"}, r"'bad..branch' is not a branch name"),
        ({"parameters": ["--day", 7]}, r"the parameters of shop must be a list of strings: 7 is of type int"),
        ({"parameters": "--day 7"}, r"must be a list of strings: '--day 7' is one string"),
    ],
)
@pytest.mark.usefixtures("airflow")
def test_what_a_dag_author_gets_wrong(workspace: Workspace, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(AirflowException, match=said):
        execute(**arguments)
    assert (workspace.submits, workspace.runs) == (0, {})


@pytest.mark.parametrize("name", ["environment", "dev_bucket", "dev_products", "dev_policy_id_growth"])
def test_an_unset_variable_is_named(
    airflow: pytest.MonkeyPatch, product: Product, s3_server: S3Server, workspace: Workspace, name: str
) -> None:
    values = variables(product, s3_server)
    del values[f"hermes_{name}"]
    set_variables(airflow, values)
    said = rf"^the Airflow Variable hermes_{name} is not set – the platform team sets it"
    with pytest.raises(AirflowFailException, match=said):
        execute()
    assert workspace.submits == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "hermes_environment",
            "Dev Env",
            "hermes_environment is 'Dev Env', which is not the name of an environment",
        ),
        ("hermes_dev_metastore", "{no json", "hermes_dev_metastore is not a JSON object of strings"),
        ("hermes_dev_metastore", '{"a": 1}', "hermes_dev_metastore is not a JSON object of strings"),
        ("hermes_dev_bucket", "no-such-bucket-at-all", "bucket no-such-bucket-at-all does not exist"),
        ("hermes_dev_bucket", "Not A Bucket", "s3://Not A Bucket is not a location in S3"),
        ("hermes_dev_endpoint_url", "http://127.0.0.1:9", "cannot be reached"),
        ("hermes_dev_policy_id_growth", "P-OTHER", "PERMISSION_DENIED: You may not use this cluster policy"),
    ],
)
def test_a_wrong_variable_is_told(
    airflow: pytest.MonkeyPatch,
    product: Product,
    s3_server: S3Server,
    workspace: Workspace,
    name: str,
    value: str,
    said: str,
) -> None:
    set_variables(airflow, variables(product, s3_server) | {name: value})
    with pytest.raises(AirflowException, match=re.escape(said)):
        execute()
    assert workspace.runs == {}


def test_credentials_that_may_not_read_are_told(airflow: pytest.MonkeyPatch, workspace: Workspace) -> None:
    airflow.setenv("AWS_ACCESS_KEY_ID", "somebody-else")
    with pytest.raises(AirflowException, match=r"the Airflow worker may not read s3://dev-.*403"):
        execute()
    assert workspace.submits == 0


def test_a_yanked_version_is_refused(
    airflow: pytest.MonkeyPatch, own_product: Product, s3_server: S3Server, workspace: Workspace
) -> None:
    own_product.release("1.1.0")
    set_variables(airflow, variables(own_product, s3_server))
    own_product.yank("1.0.0")
    with pytest.raises(AirflowFailException, match=r"shop 1.0.0 is yanked: it lies – name another version"):
        execute(script_version="1.0.0")
    with pytest.raises(AirflowFailException, match=r"shop 1.0.0 is yanked: it lies"):
        execute(library_version="1.0.0")
    assert workspace.submits == 0


@pytest.mark.parametrize("file", ["shop.py", "shop-1.0.0-py3-none-any.whl"])
def test_a_changed_or_missing_file_is_not_run(
    airflow: pytest.MonkeyPatch, own_product: Product, s3_server: S3Server, workspace: Workspace, file: str
) -> None:
    set_variables(airflow, variables(own_product, s3_server))
    client = s3_server.client()
    rows = client.list_objects_v2(Bucket=own_product.dev, Prefix="growth/shop/builds/")["Contents"]
    (key,) = [row["Key"] for row in rows if row["Key"].endswith(f"/{file}")]
    client.put_object(Bucket=own_product.dev, Key=key, Body=b"print('something else')\n")
    with pytest.raises(AirflowException, match=rf"{re.escape(file)} does not match its digest"):
        execute()
    client.delete_object(Bucket=own_product.dev, Key=key)
    with pytest.raises(AirflowException, match=rf"{re.escape(file)} is missing"):
        execute()
    assert workspace.submits == 0


@pytest.mark.parametrize(
    ("status", "times", "said"),
    [
        (403, 1, r"Databricks did not start hermes growth/shop/shop@1.1.0: HTTP_403: no \(HTTP 403\)"),
        (400, 1, r"HTTP_400: no \(HTTP 400\)"),
        (429, 2, r"did not start hermes growth/shop/shop@1.1.0: API requests to Databricks failed 2 times"),
        (503, 2, r"API requests to Databricks failed 2 times"),
    ],
)
@pytest.mark.usefixtures("airflow")
def test_databricks_refuses_the_run(workspace: Workspace, status: int, times: int, said: str) -> None:
    workspace.answer("runs/submit", status, times)
    with pytest.raises(AirflowException, match=said):
        execute()
    assert workspace.runs == {}


@pytest.mark.parametrize(("status", "times"), [(403, 1), (429, 2), (500, 2)])
@pytest.mark.usefixtures("airflow")
def test_databricks_does_not_say_how_a_run_is(workspace: Workspace, status: int, times: int) -> None:
    workspace.hang()
    workspace.answer("runs/get", status, times)
    with pytest.raises(
        AirflowException,
        match=r"state of run \d+ on Databricks cannot be read: .* – a retry of this task finds",
    ):
        execute()
    assert len(workspace.runs) == 1


@pytest.mark.usefixtures("airflow")
def test_a_team_that_databricks_does_not_know(workspace: Workspace) -> None:
    with pytest.raises(AirflowException, match=r"RESOURCE_DOES_NOT_EXIST: Group nobody does not exist"):
        execute(view_access_control_list=["nobody"])
    assert workspace.runs == {}
