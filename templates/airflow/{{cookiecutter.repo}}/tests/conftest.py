"""An Airflow that has nothing but this repo's DAGs, in a folder that goes again."""

import os
import shutil
import tempfile

# Airflow reads these when it is imported.
HOME = tempfile.mkdtemp(prefix="airflow-")
os.environ |= {
    "AIRFLOW_HOME": HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


def pytest_unconfigure():
    shutil.rmtree(HOME, ignore_errors=True)
