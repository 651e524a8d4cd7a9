"""What is found in a script from its text alone, and what is not: one row for each way of writing."""

from __future__ import annotations

import contextlib
import re
import textwrap

import pytest

from hermes_cli.adapters.template import bundled
from hermes_cli.adapters.wheels import find_secret_in_text
from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.script_analysis.parsing import parse_script
from hermes_cli.script_analysis.script_rules import script_faults
from hermes_cli.script_analysis.surroundings import Surroundings

AROUND = Surroundings(
    project="shop",
    folder="shop",
    package="shop",
    neighbors=frozenset({"shop", "helpers", "yaml"}),
    siblings={"lake": "lake", "far_lake": "far-lake"},
    installed=frozenset({"pandas", "matplotlib", "scikit-learn", "opencv-python", "fsspec", "far-lake"}),
    secrets=frozenset({"NAMED_TOKEN"}),
)
PRODUCTS = 'import os\nproducts = os.environ["HERMES_PRODUCTS"]\n'


def found(source: str, around: Surroundings = AROUND) -> list[tuple[str, int, bool]]:
    script = parse_script(textwrap.dedent(source).encode(), "shop/shop/shop.py")
    return [(one.rule, one.line, one.fails) for one in script_faults(script, around, find_secret_in_text)]


# Each source with the rule and the line that are found; "!" after the rule: every run on a cluster fails.
FAULTS = {
    # neighbors and siblings
    "import helpers": "script-neighbor! 1",
    "import helpers as h\nimport helpers.deep": "script-neighbor! 1",
    "from helpers import a, b": "script-neighbor! 1",
    "def main():\n    import helpers": "script-neighbor 2",
    "def main():\n    import helpers\nfrom helpers import a": "script-neighbor! 3",
    "if len('x'):\n    import helpers": "script-neighbor 2",
    "try:\n    import helpers\nfinally:\n    pass": "script-neighbor! 2",
    "try:\n    import helpers\nexcept ValueError:\n    pass": "script-neighbor! 2",
    "if __name__ == '__main__':\n    import helpers": "script-neighbor! 2",
    "for n in names:\n    import helpers": "script-neighbor 2",
    "try:\n    pass\nexcept ValueError:\n    pass\nelse:\n    import helpers": "script-neighbor 6",
    "try:\n    def f():\n        import helpers\nexcept ImportError:\n    pass": "script-neighbor 3",
    "import sys\nsys.path.insert(0, '/Workspace/x')\nimport helpers": "script-neighbor 3",
    "spark.sparkContext.addPyFile('s3://b/helpers.py')\nimport helpers": "script-neighbor 2",
    "import yaml": "script-neighbor 1",  # something may bring PyYAML along
    "import lake": "script-sibling! 1",
    "from lake.tables import orders": "script-sibling! 1",
    "def f():\n    import lake": "script-sibling 2",
    # packages
    "import numpy as np": "script-undeclared 1",
    "import requests\nimport requests.adapters": "script-undeclared 1",
    "from google.cloud import storage": "script-undeclared 1",
    "import acme_tools": "script-undeclared 1",
    # __file__
    "import os\nhere = os.path.dirname(__file__)": "script-file 2",
    "from pathlib import Path\ndef main():\n    return Path(__file__).parent / 'a.csv'": "script-file 3",
    "try:\n    x = __file__\nexcept ValueError:\n    pass": "script-file 2",
    "import os\nhere = os.path.join(__file__, __file__)": "script-file 2",
    # the working folder
    "a, b = open('a.csv'), open('b.csv')": "script-path 1",
    "'a.csv'\nopen('a.csv')": "script-path 2",
    "FILE = 'a.csv'\nif len('x'):\n    other = 'b'\nopen(FILE)": "script-path 4",
    "with lock:\n    FILE = 'a.csv'\nopen(FILE)": "script-path 3",
    "open('data.csv')": "script-path 1",
    "with open('conf/settings', encoding='utf-8') as f:\n    pass": "script-path 1",
    "import pandas as pd\npd.read_csv('data.csv')": "script-path 2",
    "import pandas as pd\nFILE = 'in/data.xlsx'\ndef main():\n    return pd.read_excel(FILE)": "script-path 4",
    "from pathlib import Path\ntext = Path('a.txt').read_text()": "script-path 2",
    "from pathlib import Path\nwith (Path('data') / 'a.json').open() as f: pass": "script-path 2",
    "import pandas, os\npandas.read_parquet(os.path.join('data', 'a.parquet'))": "script-path 2",
    "import pandas as pd\nfor n in range(2):\n    pd.read_csv(f'data/{n}.csv')": "script-path 3",
    "import os\nos.listdir('data')": "script-path 2",
    "print('data.csv')\nopen('data.csv')": "script-path 2",
    "import pickle\nmodel = pickle.load(open('../model.pkl', 'rb'))": "script-path 2",
    # places
    PRODUCTS + "open(f'{products}/a.csv', 'w')": "script-place 3",
    PRODUCTS + "with open(products + '/a.csv', 'w') as f: pass": "script-place 3",
    PRODUCTS + "def main():\n    open(os.path.join(products, 'a'), 'w')": "script-place 4",
    "import os\nopen(os.environ['HERMES_INPUT'] + '/a')": "script-place 2",
    "import os\nfolder = os.getenv('HERMES_INPUT')\nopen(f'{folder}/a')": "script-place 3",
    "from os import environ\np = environ.get('HERMES_PRODUCTS', '.')\nopen(p + '/a', 'w')": "script-place 3",
    "import os\np = os.environ.get('HERMES_PRODUCTS')\nif not p:\n    p = '.'\nopen(p + '/a', 'w')": "script-place 5",
    "import os\np = os.environ.get('HERMES_PRODUCTS') or '.'\nopen(p + '/a', 'w')": "script-place 3",
    "import os\na, p = 1, os.environ['HERMES_PRODUCTS'].rstrip('/')\np += '/x'\nopen(p, 'w')": "script-place 4",
    "import os\nif (p := os.environ['HERMES_PRODUCTS']):\n    os.makedirs(p, exist_ok=True)": "script-place 3",
    "import os, pathlib\nout = pathlib.Path(os.environ['HERMES_PRODUCTS'])\nopen(out / 'a', 'w')": "script-place 2",
    "import os\nfrom pathlib import Path as P\nP(os.environ['HERMES_PRODUCTS'], 'a').write_text('x')": "script-place 3",
    PRODUCTS + "import matplotlib.pyplot as plt\nplt.savefig(f'{products}/a.png')": "script-place 4",
    PRODUCTS + "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
    "fig.savefig(fname=f'{products}/a.png')": "script-place 5",
    PRODUCTS + "os.makedirs(f'{products}/a')": "script-place 3",
    PRODUCTS + "if not os.path.exists(products):\n    raise SystemExit": "script-place 3",
    PRODUCTS + "import shutil\nshutil.copy('/tmp/a', products)": "script-place 4",
    PRODUCTS
    + "import joblib\njoblib.dump({}, f'{products}/m.joblib')": "script-undeclared 3, script-place 4",
    PRODUCTS + "open(str(products) + '/a', 'w')": "script-place 3",
    PRODUCTS + "def is_bucket(x):\n    return x.startswith('s3://')\nopen(products, 'w')": "script-place 5",
    PRODUCTS + "class Job:\n    def run(self):\n        open(products + '/a', 'w')": "script-place 5",
    # secrets
    "import os\nkey = os.environ['API_KEY']": "secret-undeclared 2",
    "import os\nkey = os.environ.get('DB_PASSWORD')\nagain = os.environ['DB_PASSWORD']": "secret-undeclared 2",
    "from os import getenv\ndef f():\n    return getenv('ACME_TOKEN_2')": "secret-undeclared 3",
    "password = 'hunter22'": "secret-in-code 1",
    "import pandas\nurl = 'postgresql://me:hunter22@db.acme.example/x'": "secret-in-code 2",
    "connect({'password': 'hunter22'})": "secret-in-code 1",
    "password = 's3cr3t-password'": "secret-in-code 1",
    "connect(api_key='abcd1234efgh')": "secret-in-code 1",
    "import os\nkey = os.environ.get('API_KEY', 'abcd1234efgh')": "secret-in-code 2, secret-undeclared 2",
}

INNOCENT = {
    "imports": """
        from __future__ import annotations
        import os.path, json, tomllib
        import pandas as pd
        import sklearn.linear_model, matplotlib.pyplot, cv2, far_lake
        import shop
        from shop.helpers import a
    """,
    "what the runtime brings": """
        from pyspark.sql import functions as F
        from databricks.sdk.runtime import dbutils, spark
        from delta.tables import DeltaTable
    """,
    "other versions' standard library": "import distutils.util, annotationlib, compression.zstd",
    "a second choice": """
        try:
            import helpers
        except ImportError:
            from shop import helpers
        try:
            import ujson as json
        except ModuleNotFoundError:
            import simplejson as json
    """,
    "suppressed": "import contextlib\nwith contextlib.suppress(ImportError):\n    import helpers, lake",
    "any exception": "try:\n    import helpers, lake, numpy\nexcept Exception:\n    helpers = None",
    "all exceptions": "try:\n    import helpers, lake, numpy\nexcept:\n    helpers = None",
    "types only": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import helpers, lake, numpy
    """,
    "another Python": """
        import sys
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
    """,
    "another system": "import sys\nif sys.platform == 'win32':\n    import win32com.client",
    "__file__ is caught": """
        from pathlib import Path
        try:
            here = Path(__file__).parent
        except NameError:
            here = Path.cwd()
    """,
    "__file__ is tested for": "import os\nhere = os.path.dirname(__file__) if '__file__' in globals() else '.'",
    "__file__ is tested for in a block": "if '__file__' in globals():\n    print(__file__)",
    "__file__ is its own": "__file__ = 'x'\nprint(__file__)",
    "__file__ of a module": "import shop\nprint(shop.__file__, '__file__')",
    "a file that it writes": """
        import pandas as pd
        pd.DataFrame().to_csv('totals.csv')
        pd.read_csv('totals.csv')
    """,
    "a file that it writes, by name": """
        from pathlib import Path
        CACHE = 'cache.json'
        Path(CACHE).write_text('{}')
        print(Path(CACHE).read_text())
    """,
    "a file that it fetches": """
        from urllib.request import urlretrieve
        urlretrieve('https://acme.example/a.csv', 'a.csv')
        open('a.csv')
    """,
    "a folder that it makes": "import os\nos.makedirs('work', exist_ok=True)\nopen(f'work/a.csv')",
    "a file that may be missing": """
        try:
            settings = open('settings.toml').read()
        except FileNotFoundError:
            settings = ''
    """,
    "a file that it looks for": "import os\nif os.path.exists('a.csv'):\n    open('a.csv')",
    "an archive": "import tarfile\ntarfile.open('/tmp/x.tgz').extractall()\nopen('inside.csv')",
    "files that it writes": "for n in [1]:\n    open(f'out_{n}.csv', 'w')\nopen('out_1.csv')",
    "files that it reads": "open('out/1.csv', 'w')\nfor n in [1]:\n    open(f'out/{n}.csv')",
    "two files": "FILE = 'a.csv'\nif len('x'):\n    FILE = '/tmp/a.csv'\nopen(FILE)",
    "an absolute part": "import os\nopen(os.path.join('data', '/tmp/a.csv'))",
    "a file of a bucket": "s3.download_file('bucket', key, key.split('/')[-1])\nopen('a.csv')",
    "another folder": "import os, tempfile\nos.chdir('/tmp')\nopen('a.csv')",
    "another program": "import subprocess\nsubprocess.run(['wget', 'x'], check=True)\nopen('a.csv')",
    "writing": "open('a.csv', 'w')\nopen('b.csv', mode='ab')",
    "addresses": """
        import pandas as pd
        pd.read_csv('s3://bucket/a.csv'); pd.read_csv('https://acme.example/a.csv'); open('/etc/hosts')
        pd.read_parquet('dbfs:/x/a.parquet'); open('C:/x/a.csv'); open(0)
    """,
    "texts that are no paths": """
        import io
        import pandas as pd
        pd.read_json('{"a": 1}'); pd.read_csv(io.StringIO('a,b')); pd.read_sql('select a.md from t', None)
        pd.read_sql_table('orders.csv', None)
    """,
    "a text that is put together": "import pandas as pd\npd.read_json(f'{{\"a\": {1}}}')",
    "tables of spark": "spark.read.csv('a.csv'); spark.read.parquet('b.parquet'); spark.table('c.db')",
    "a file of the package": """
        from importlib import resources
        import json, pkgutil
        json.loads((resources.files('shop') / 'a.json').read_text())
        resources.files('shop').joinpath('a.json').open(); pkgutil.get_data('shop', 'a.json')
    """,
    "a file in an archive": "import zipfile\nz = zipfile.ZipFile('/tmp/x')\nz.open('a.csv'); z.read('b.csv')",
    "an open of its own": "from fsspec import open\nimport os\nopen(os.environ['HERMES_PRODUCTS'] + '/a', 'w')",
    "places by pandas and fsspec": PRODUCTS + "import fsspec, pandas as pd\n"
    "pd.read_csv(f'{products}/a.csv').to_parquet(f'{products}/b.parquet')\n"
    "with fsspec.open(os.path.join(products, 'c'), 'w') as f: f.write('x')\n"
    "with fsspec.open(products + '/d.png', 'wb') as f: figure.savefig(f)\n"
    "spark.read.csv(products).write.save(products)\nprint(products, len(products))",
    "a place by its scheme": """
        import os
        def save(text):
            out = os.environ["HERMES_PRODUCTS"]
            if out.startswith("s3://"):
                return upload(out, text)
            os.makedirs(out, exist_ok=True)
            with open(f"{out}/a.txt", "w") as f:
                f.write(text)
    """,
    "a place by its environment": PRODUCTS
    + "if os.environ['HERMES_ENV'] == 'local':\n    os.makedirs(products, exist_ok=True)",
    "a place by its parsed scheme": PRODUCTS + "from urllib.parse import urlparse\n"
    "if not urlparse(products).scheme:\n    os.makedirs(products, exist_ok=True)",
    "a path of its own": """
        from upath import UPath as Path
        import os
        Path(os.environ["HERMES_PRODUCTS"]).mkdir()
    """,
    "one of two paths": PRODUCTS + "if len('x'):\n    from upath import UPath as Path\nelse:\n"
    "    from pathlib import Path\nPath(products)",
    "a name only": PRODUCTS
    + "from pathlib import PurePosixPath\nprint(PurePosixPath(f'{products}/a.csv').name)\n"
    "print(os.path.basename(products), os.path.join(products, 'x'))",
    "another value since": PRODUCTS
    + "import tempfile\nproducts = tempfile.mkdtemp()\nopen(products + '/a', 'w')",
    "a parameter of that name": PRODUCTS + "def write(products):\n    open(products, 'w')\n"
    "rows = [open(products) for products in []]\nlater = lambda products: open(products)",
    "below another path": PRODUCTS
    + "import shutil\nopen(f'/tmp/{products}', 'w'); open('/tmp/' + products, 'w')",
    "other variables": """
        import os
        os.environ['PATH']; os.environ['HERMES_TOKEN']; os.getenv('AWS_SECRET_ACCESS_KEY'); os.environ['PWD']
        os.environ['DATABRICKS_TOKEN']; os.environ['TOKENIZERS_PARALLELISM']; os.getenv('MAX_TOKENS')
        os.environ['SECRET_SCOPE']; os.environ['SORT_KEY']; os.environ['NAMED_TOKEN']; {}['API_KEY']
    """,
    "a variable that it sets": "import os\nos.environ['API_KEY'] = ask()\nprint(os.environ['API_KEY'])",
    "no credentials": """
        '''Call it with --password=hunter22.'''
        password = 'changeme '; password = ''; token = '<token>'; api_key = 'your-api-key'; PAD_TOKEN = '[PAD]'
        url = f'postgresql://{user}:{password}@db/x'; secret = 'prod/db/secret1'; sort_key = 'column_12345'
        DB_PASSWORD = 'DB_PASSWORD'; CHANGE_PASSWORD = 'change-password'
        dbutils.secrets.get('scope', 'api-key-1'); commit = '0123456789abcdef0123456789abcdef01234567'
    """,
}


@pytest.mark.parametrize("source", FAULTS)
def test_a_fault_is_found_at_its_line(source: str) -> None:
    listed = [f"{rule}{'!' if fails else ''} {line}" for rule, line, fails in found(source)]
    assert ", ".join(listed) == FAULTS[source]


@pytest.mark.parametrize("title", INNOCENT)
def test_nothing_is_found_in_what_works(title: str) -> None:
    around = Surroundings(**{**vars(AROUND), "installed": AROUND.installed | {"upath", "universal-pathlib"}})
    assert found(INNOCENT[title], around) == []


NEWER = (
    "type Pair[T] = tuple[T, T]\n\ndef f[T: int](x: T) -> T:\n    return x\n",
    "def f[**P, *Ts](): ...\n\nclass A[T = int]: ...\n",
    "name = 'x'\nprint(t'{name}')\n",
    "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    'print(f\'{"a" + f"{1}"}\')\n',
    "match [1]:\n    case [x, *_] if x:\n        pass\n    case {'a': y, **rest}:\n        pass\n",
    "try:\n    pass\nexcept* ValueError as group:\n    print(group)\n",
    "async def f():\n    async with a as b, c:\n        return [x async for x in b if (y := await x)]\n",
)


@pytest.mark.parametrize("source", NEWER)
def test_syntax_of_any_python_is_read_or_refused_in_one_sentence(source: str) -> None:
    refused = ""
    try:
        assert found(source) == []
    except ProjectFailed as error:
        refused = error.message
    assert not refused or re.fullmatch(r"shop/shop/shop\.py:\d+: not valid Python: [^\n]+", refused)


def test_code_that_no_person_writes_is_no_reason_to_stop() -> None:
    chain = "if a:\n    open('x')\n" + "elif b:\n    pass\n" * 1500
    for source in (chain, "x = a" + ".b" * 3000, "x = " + "f(" * 80 + ")" * 80, f"x = {'a + ' * 400}a"):
        with contextlib.suppress(ProjectFailed):  # where Python itself gives up
            found(source)


def test_the_scripts_of_the_template_are_innocent() -> None:
    source = next(bundled().glob("project/*/*/*/{{cookiecutter.script}}.py")).read_text("utf-8")
    source = source.replace("{{ cookiecutter.__package }}", "shop").replace(
        "{{ cookiecutter.project }}", "shop"
    )
    assert found(source) == []


def test_a_finding_says_what_to_do() -> None:
    def told(source: str) -> tuple[str, str]:
        (fault,) = script_faults(
            parse_script(source.encode(), "shop/shop/shop.py"), AROUND, find_secret_in_text
        )
        return fault.what, fault.cure

    assert told("from google.cloud import storage") == (
        "google is of the package google-cloud-storage, which shop does not declare: it is missing, or there only "
        "as long as another package brings it along",
        "hermes add google-cloud-storage --project shop",
    )
    assert told("import helpers as h")[1] == "import it from the package: from shop import helpers as h"
    assert told("from helpers.deep import a as b")[1].endswith("from shop.helpers.deep import a as b")
    assert told("import unheard_of, far_lake") == (
        "no dependency of shop is known to provide the module unheard_of",
        "hermes add PACKAGE --project shop: the one that provides it",
    )
    assert told("open('data/' + name + '.csv')")[0].startswith("'data/…' is read from the working folder")
    what, cure = told("import os\nos.environ['API_KEY']")
    assert what == "API_KEY looks like a secret, and a run gets only those that shop names"
    assert cure == 'write secrets = ["API_KEY", "NAMED_TOKEN"] into [tool.hermes] of shop/pyproject.toml'
    what, _ = told("password = 'hunter22'")
    assert "hunter22" not in what


def test_modules_outside_of_the_package_are_there_where_a_wheel_is() -> None:
    with_tools = {**vars(AROUND), "others": frozenset({"tools"})}
    assert found("import tools", Surroundings(**with_tools)) == []
    without = Surroundings(**{**with_tools, "library": False})
    assert found("import tools", without) == [("script-undeclared", 1, False)]
