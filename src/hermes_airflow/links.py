"""The link from a task to its logs, in both major versions of Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin
from airflow.providers.databricks.operators.databricks import XCOM_RUN_PAGE_URL_KEY

try:
    from airflow.sdk import BaseOperatorLink
    from airflow.sdk.execution_time.xcom import XCom
except ImportError:  # Airflow 2
    from airflow.models.baseoperatorlink import BaseOperatorLink
    from airflow.models.xcom import XCom

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey


class DatabricksLogsLink(BaseOperatorLink):
    """The link to the run on Databricks, as soon as there is one."""

    name = "Databricks logs"

    @property
    def xcom_key(self) -> str:
        """The XCom from which Airflow 3 reads the link: one of its own would be written after the end only."""
        return str(XCOM_RUN_PAGE_URL_KEY)

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the page of the run; empty before there is one."""
        return str(XCom.get_value(key=XCOM_RUN_PAGE_URL_KEY, ti_key=ti_key) or "")


class HermesPlugin(AirflowPlugin):
    """The plugin that registers the link: Airflow 2 shows no others."""

    name = "hermes"
    operator_extra_links = [DatabricksLogsLink()]  # noqa: RUF012 - as Airflow declares it
