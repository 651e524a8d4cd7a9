"""Which distribution brings a module: by its dotted name where several share a package, else by its top."""

from __future__ import annotations

import sys

# Another name on the package index than in the code.
_OTHER_NAMES = {
    "airflow": "apache-airflow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "category_encoders": "category-encoders",
    "confluent_kafka": "confluent-kafka",
    "country_converter": "country-converter",
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "cv2": "opencv-python-headless",
    "dash_bootstrap_components": "dash-bootstrap-components",
    "dateutil": "python-dateutil",
    "delta": "delta-spark",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "factor_analyzer": "factor-analyzer",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "flask_sqlalchemy": "Flask-SQLAlchemy",
    "git": "GitPython",
    "github": "PyGithub",
    "google_auth_oauthlib": "google-auth-oauthlib",
    "googleapiclient": "google-api-python-client",
    "great_expectations": "great-expectations",
    "gspread_dataframe": "gspread-dataframe",
    "hermes_cli": "hermes-data-products",
    "imblearn": "imbalanced-learn",
    "IPython": "ipython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "Levenshtein": "python-Levenshtein",
    "magic": "python-magic",
    "markdown": "Markdown",
    "mpl_toolkits": "matplotlib",
    "mysql": "mysql-connector-python",
    "MySQLdb": "mysqlclient",
    "office365": "Office365-REST-Python-Client",
    "OpenSSL": "pyOpenSSL",
    "pandas_gbq": "pandas-gbq",
    "pandas_profiling": "pandas-profiling",
    "pdfminer": "pdfminer.six",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "plotly_express": "plotly",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pylab": "matplotlib",
    "pymysql": "PyMySQL",
    "pythoncom": "pywin32",
    "pytorch_lightning": "pytorch-lightning",
    "redshift_connector": "redshift-connector",
    "rest_framework": "djangorestframework",
    "ruamel": "ruamel.yaml",
    "scikitplot": "scikit-plot",
    "sentence_transformers": "sentence-transformers",
    "serial": "pyserial",
    "simple_salesforce": "simple-salesforce",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "skopt": "scikit-optimize",
    "slack": "slackclient",
    "slack_sdk": "slack-sdk",
    "slugify": "python-slugify",
    "snowflake": "snowflake-connector-python",
    "socks": "PySocks",
    "sqlalchemy_redshift": "sqlalchemy-redshift",
    "surprise": "scikit-surprise",
    "tabula": "tabula-py",
    "ibis": "ibis-framework",
    "stdnum": "python-stdnum",
    "talib": "TA-Lib",
    "telegram": "python-telegram-bot",
    "tensorflow_hub": "tensorflow-hub",
    "umap": "umap-learn",
    "unidecode": "Unidecode",
    "win32com": "pywin32",
    "yaml": "PyYAML",
    "ydata_profiling": "ydata-profiling",
    "zmq": "pyzmq",
}
# The same name there and here, and well known.
_SAME_NAMES = frozenset(
    """
    aiohttp altair arrow arviz awswrangler babel black bokeh boto3 botocore catboost certifi chardet
    click cloudpickle cryptography cvxpy cycler cython dash dask deepdiff deltalake distributed django
    duckdb elasticsearch emoji fastapi fastparquet feedparser flask folium fsspec fuzzywuzzy gcsfs
    gensim geopandas geopy graphviz gspread h5py haversine hdbscan holidays httpx huggingface_hub
    humanize hvplot hyperopt imageio implicit IPy ipywidgets isodate jellyfish jinja2 joblib
    jsonschema kaleido keras keyring lifelines lightgbm llvmlite loguru lxml matplotlib missingno mlflow
    mlxtend more_itertools moto nbconvert nbformat neo4j networkx nltk numba numexpr numpy oauth2client
    oauthlib openai openpyxl optuna oracledb orjson packaging pandas pandas_datareader pandasql pandavro
    pandera panel paramiko patsy peewee pendulum pexpect pingouin plotly plotnine pmdarima polars
    prefect prettytable prophet psutil psycopg pulp pyarrow pyathena pycaret pycountry pydantic pygments
    pygsheets pymongo pyodbc pypdf PyPDF2 pyproj pystan pytest pytz pyxlsb rapidfuzz rasterio ray redis
    regex reportlab requests requests_oauthlib rich s3fs scipy scrapy seaborn selenium sendgrid
    sentry_sdk setuptools shap shapely simplejson six sklearn_pandas sktime snowballstemmer sodapy
    sortedcontainers spacy sqlalchemy sqlglot sqlparse statsmodels streamlit stripe sympy
    tableauserverclient tabulate tenacity tensorflow textblob thefuzz threadpoolctl tiktoken
    tomli tomlkit toolz torch torchvision tornado tqdm transformers trino tweepy typer typing_extensions
    tzlocal ujson urllib3 usaddress vaex vega_datasets wordcloud wrapt xarray xgboost xlrd xlsxwriter
    xlwt xmltodict yfinance zeep
    """.split()  # noqa: SIM905
)
# Packages that several distributions share.
_WITHIN = {
    "google.cloud.storage": "google-cloud-storage",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.bigquery_storage": "google-cloud-bigquery-storage",
    "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.pubsub_v1": "google-cloud-pubsub",
    "google.cloud.secretmanager": "google-cloud-secret-manager",
    "google.cloud.firestore": "google-cloud-firestore",
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.translate_v2": "google-cloud-translate",
    "google.cloud.vision": "google-cloud-vision",
    "google.oauth2": "google-auth",
    "google.auth": "google-auth",
    "google.protobuf": "protobuf",
    "google.api_core": "google-api-core",
    "google.analytics.data_v1beta": "google-analytics-data",
    "google.ads": "google-ads",
    "google.generativeai": "google-generativeai",
    "azure.storage.blob": "azure-storage-blob",
    "azure.storage.filedatalake": "azure-storage-file-datalake",
    "azure.storage.queue": "azure-storage-queue",
    "azure.identity": "azure-identity",
    "azure.keyvault.secrets": "azure-keyvault-secrets",
    "azure.cosmos": "azure-cosmos",
    "azure.core": "azure-core",
    "azure.kusto.data": "azure-kusto-data",
    "databricks.sdk": "databricks-sdk",
    "databricks.sql": "databricks-sql-connector",
    "ruamel.yaml": "ruamel.yaml",
    "snowflake.connector": "snowflake-connector-python",
    "snowflake.snowpark": "snowflake-snowpark-python",
    "snowflake.sqlalchemy": "snowflake-sqlalchemy",
    "mysql.connector": "mysql-connector-python",
}
# What a Databricks cluster brings itself; another one beside it would break it.
CLUSTER = frozenset({"pyspark", "dbruntime", "databricks.koalas"})
# Shared by so many that the top says nothing.
_SHARED = frozenset({"google", "azure", "databricks", "backports", "zope", "sphinxcontrib"})


def is_standard(module: str) -> bool:
    """Whether Python itself brings it."""
    return module.partition(".")[0] in sys.stdlib_module_names


def distribution_of(module: str) -> str | None:
    """The distribution that brings a module, where that is well known; None where it would be a guess."""
    parts = module.split(".")
    for size in range(len(parts), 1, -1):
        if found := _WITHIN.get(".".join(parts[:size])):
            return found
    top = parts[0]
    if top in _SHARED:
        return None
    if top in _SAME_NAMES:
        return top.replace("_", "-")
    return _OTHER_NAMES.get(top)
