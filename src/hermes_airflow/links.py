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
    """Leads to the run on Databricks as soon as there is one."""

    name = "Databricks logs"

    @property
    def xcom_key(self) -> str:
        """Where Airflow 3 reads the link: a key of its own would be written when the task has ended."""
        return str(XCOM_RUN_PAGE_URL_KEY)

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """The page of the run; empty before there is one."""
        return str(XCom.get_value(key=XCOM_RUN_PAGE_URL_KEY, ti_key=ti_key) or "")


class HermesPlugin(AirflowPlugin):
    """Makes the link known to Airflow 2, which shows registered ones only."""

    name = "hermes"
    operator_extra_links = [DatabricksLogsLink()]  # noqa: RUF012 - as Airflow declares it
