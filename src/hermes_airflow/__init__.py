"""HermesOperator: run a deployed script as an Airflow task, on a Databricks job cluster."""

from .operator import HermesOperator

__all__ = ["HermesOperator"]
