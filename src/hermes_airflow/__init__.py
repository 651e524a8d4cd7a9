"""HermesOperator: runs what Hermes deployed as an Airflow task, on a Databricks job cluster."""

from .operator import HermesOperator

__all__ = ["HermesOperator"]
