"""Notebooks become projects by the installed command, and their tests pass in their own environment."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from servers import S3Server

from .harness import Hermes, Repo, tree_of

CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Weekly sales"]},
    {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": 1,
        "source": ["%pip install six\n", "import six"],
    },
    {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": 2,
        "source": ["def twice(x):\n", "    return x * factor\n", "factor = 2\n", "print(twice(4), six.PY3)"],
    },
]
NOTEBOOK = {"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
HEAVY = """\
import pandas as pd
from sklearn.linear_model import LinearRegression
import yaml

frame = pd.DataFrame({"x": [1, 2, 3], "y": [2, 4, 6]})
model = LinearRegression().fit(frame[["x"]], frame["y"])
print(yaml.safe_dump({"slope": round(float(model.coef_[0]), 3)}))
"""


@pytest.mark.slow
def test_a_notebook_becomes_a_project_that_is_tested_run_and_deployed(hermes: Hermes, tmp_path: Path) -> None:
    hermes.run("new", "shop", "--no-input", "--project", "first", cwd=tmp_path)
    repo = Repo(path=tmp_path / "shop", hermes=hermes)
    repo.switch("feature/adopted")
    notebook = tmp_path / "Weekly Sales.ipynb"
    notebook.write_text(json.dumps(NOTEBOOK))
    report = repo.run("adopt", str(notebook), "-o", "json").json
    assert (report["kind"], report["name"], report["left"]) == ("project", "weekly_sales", [])
    assert [one.split(">=")[0] for one in report["requirements"]] == ["six"]
    assert repo.run("test", "weekly_sales", "-o", "json").json["results"][0]["verdict"] == "passed"
    assert "8 True" in repo.run("run", "weekly_sales").stdout
    repo.commit("Adopt")
    repo.run("deploy", "weekly_sales")
    assert "8 True" in repo.run("run", "weekly_sales@feature-adopted").stdout


@pytest.mark.slow
def test_heavy_dependencies_are_installed_for_its_test(repo: Repo, tmp_path: Path) -> None:
    script = tmp_path / "model.py"
    script.write_text(HEAVY)
    report = repo.run("adopt", str(script), "-o", "json").json
    names = [one.split(">=")[0].lower() for one in report["requirements"]]
    assert names == ["pandas", "pyyaml", "scikit-learn"]
    assert repo.run("test", "model", "-o", "json").json["results"][0]["verdict"] == "passed"
    assert "slope: 2.0" in repo.run("run", "model").stdout


FILES = """\
import json
import pandas as pd

sales = pd.read_csv("sales.csv")
sales.to_pickle("step.pkl")
totals = pd.read_pickle("step.pkl").groupby("shop").sum()
totals.to_json("totals.json")
with open("notes.txt", "w") as file:
    file.write("two shops\\n")
with open("notes.txt") as file:
    print(file.read())
"""


@pytest.mark.slow
def test_files_of_the_folder_are_in_the_places_of_a_run(
    repo: Repo, tmp_path: Path, s3_server: S3Server
) -> None:
    script = tmp_path / "totals.py"
    script.write_text(FILES)
    report = repo.run("adopt", str(script), "-o", "json", expect=7).json
    assert [one["what"] for one in report["left"]] == ["'sales.csv' is read below HERMES_INPUT now"]
    assert len(report["notes"]) == 5
    assert [one.split(">=")[0] for one in report["requirements"]] == ["fsspec[s3]", "pandas"]
    repo.write(".hermes/input/sales.csv", "shop,sold\na,1\nb,2\na,3\n")
    ran = repo.run("run", "totals")
    assert ran.stdout == "two shops\n\n"
    places = repo.path / ".hermes/products"
    written = f"totals: wrote totals/notes.txt, totals/step.pkl, totals/totals.json below {places}"
    assert ran.stderr.splitlines()[-1] == written
    totals = {"sold": {"a": 4, "b": 2}}
    assert json.loads((places / "totals/totals.json").read_text()) == totals
    bucket = s3_server.make_bucket(f"products-{uuid.uuid4().hex[:12]}")
    env = {"HERMES_PRODUCTS": f"s3://{bucket}/growth", "AWS_ENDPOINT_URL_S3": s3_server.url}
    ran = repo.run("run", "totals", env=env)
    assert (ran.stdout, "wrote" in ran.stderr) == ("two shops\n\n", False)
    key = "growth/totals/totals.json"
    assert json.loads(s3_server.client().get_object(Bucket=bucket, Key=key)["Body"].read()) == totals


def test_what_is_left_ends_with_7_and_is_told_in_text_and_json(repo: Repo, tmp_path: Path) -> None:
    script = tmp_path / "loads.py"
    script.write_text("import acme_tools\ndata = open('/home/me/x.csv').read()\n")
    told = repo.run("adopt", str(script), expect=7).stdout
    assert "loads.py:2: '/home/me/x.csv' is a path of one machine" in told
    assert "next: read it below HERMES_INPUT" in told
    report = repo.run("adopt", str(script), "--project", "shop", "-o", "json", expect=7).json
    assert report["name"] == "shop/loads"
    assert [(one["file"], one["line"]) for one in report["left"]] == [("loads.py", 1), ("loads.py", 2)]
    assert report["left"][0]["what"] == "it is not known which package provides the module acme_tools"


def test_outside_of_a_repo_and_for_what_is_no_notebook(hermes: Hermes, repo: Repo, tmp_path: Path) -> None:
    script = tmp_path / "old.py"
    script.write_text("print 'hello'\n")
    refused = hermes.run("adopt", script, cwd=tmp_path, expect=2)
    assert "is not in a Hermes repo" in refused.error
    before = tree_of(repo.path)
    assert "this is Python 2" in repo.run("adopt", str(script), expect=2).error
    assert repo.run("adopt", str(tmp_path / "gone.ipynb"), expect=1).error
    assert tree_of(repo.path) == before
