"""Files of the folder that code ran in: they are in the places of a run now, or it is said what to write."""

from __future__ import annotations

import pytest

from hermes_cli.adoption import Conversion, find_needed_packages
from sample_notebooks import converted, joined

PRODUCTS = "f\"{os.environ['HERMES_PRODUCTS']}/shop/"
INPUT = "f\"{os.environ['HERMES_INPUT']}/"
PANDAS = "import pandas as pd\nfrom pandas import read_parquet as load\nt = pd.DataFrame({'a': [1]})\n"


def main_of(made: Conversion) -> str:
    compile(made.text, "adopted", "exec")
    return made.text[made.text.index("def main()") :]


WRITES = {
    "t.to_csv('out.csv', index=False)": f't.to_csv({PRODUCTS}out.csv", index=False)',
    "t.to_csv(index=False, path_or_buf='out.csv.gz')": f't.to_csv(index=False, path_or_buf={PRODUCTS}out.csv.gz")',
    "t.a.head(5).to_json('./a b.json')": f't.a.head(5).to_json({PRODUCTS}a b.json")',
    "t.to_excel('t.xlsx')": f't.to_excel({PRODUCTS}t.xlsx")',
    "t.to_excel(excel_writer='t.xlsx')": f't.to_excel(excel_writer={PRODUCTS}t.xlsx")',
    "t.to_parquet('t.parquet')": f't.to_parquet({PRODUCTS}t.parquet")',
    "t.to_pickle('t.pkl')": f't.to_pickle({PRODUCTS}t.pkl")',
    "t.to_feather('t.feather')": f't.to_feather({PRODUCTS}t.feather")',
    "with pd.ExcelWriter('t.xlsx') as w:\n    t.to_excel(w)": f'with pd.ExcelWriter({PRODUCTS}t.xlsx") as w:',
    "t.to_csv('o' 'ut.csv', mode='w')": f"t.to_csv({PRODUCTS}out.csv\", mode='w')",
    "with open('o.txt', 'w') as f:\n    f.write('x')": f"with fsspec.open({PRODUCTS}o.txt\", 'w') as f:",
    "with open('o.pkl', mode='wb') as f:\n    print(f)": f"with fsspec.open({PRODUCTS}o.pkl\", mode='wb') as f:",
    "with open('é.csv', 'wt', newline='', encoding='utf-8') as f:\n    print(1, file=f)": (
        f"with fsspec.open({PRODUCTS}é.csv\", 'wt', newline='', encoding='utf-8') as f:"
    ),
}
READS = {
    "t = pd.read_csv('in.csv', sep=';')": f"t = pd.read_csv({INPUT}in.csv\", sep=';')",
    "t = pd.read_csv('data/in.csv')": f't = pd.read_csv({INPUT}data/in.csv")',
    "t = pd.read_excel(io='in.xlsx')": f't = pd.read_excel(io={INPUT}in.xlsx")',
    "t = load('in.parquet')": f't = load({INPUT}in.parquet")',
    "x = pd.ExcelFile('in.xlsx')": f'x = pd.ExcelFile({INPUT}in.xlsx")',
    "with open('in.txt') as f:\n    x = f.read()": f'with fsspec.open({INPUT}in.txt", "r") as f:',
    "with open('in.txt', encoding='ascii') as f:\n    x = f.read()": (
        f'with fsspec.open({INPUT}in.txt", "r", encoding=\'ascii\') as f:'
    ),
    "with open('in.gz', 'rb') as f:\n    x = f.read()": f"with fsspec.open({INPUT}in.gz\", 'rb') as f:",
}


@pytest.mark.parametrize(("source", "code"), WRITES.items())
def test_a_file_that_is_written_is_a_product(source: str, code: str) -> None:
    made = converted([PANDAS + source])
    assert code in main_of(made)
    assert [one.todo for one in made.findings] == [None]
    assert (
        made.findings[0].what.partition(" is ")[2].startswith("written below HERMES_PRODUCTS now, as shop/")
    )
    assert made.findings[0].place.line == 4
    assert "\nimport os\n" in made.text
    assert ("import fsspec\n" in made.text) is ("fsspec" in code)
    assert not made.runs_alone


@pytest.mark.parametrize(("source", "code"), READS.items())
def test_a_file_that_is_read_is_an_input_which_is_left_to_upload(source: str, code: str) -> None:
    made = converted([PANDAS + source])
    assert code in main_of(made)
    (left,) = made.findings
    assert left.what.endswith("is read below HERMES_INPUT now")
    assert left.todo == (
        "put it into .hermes/input to run it here, and have it uploaded for dev; in prod there is no HERMES_INPUT"
    )
    assert f"# {left.comment.removeprefix('# ')}" in made.text


LEFT = {
    "appends": "t.to_csv('out.csv', mode='a')",
    "a mode that is computed": "t.to_csv('out.csv', mode=m)",
    "a folder that may be missing": "t.to_csv('out/out.csv')",
    "above": "t.to_csv('../out.csv')",
    "a path of Windows": r"t.to_csv('out\\x.csv')",
    "absolute": "t.to_csv('/home/me/out.csv')",
    "with options of a store": "t.to_csv('out.csv', storage_options={})",
    "given as an iterable of arguments": "t.to_csv('out.csv', *more)",
    "given as a dictionary of arguments": "t.to_csv('out.csv', **more)",
    "open without with": "f = open('out.csv', 'w')",
    "open to append": "with open('out.csv', 'a') as f:\n    f.write('x')",
    "open to read and write": "with open('out.csv', 'r+') as f:\n    f.write('x')",
    "an open of one's own": "def open(*_): ...\nwith open('out.csv', 'w') as f:\n    f.write('x')",
    "an open of somebody's": "from os import *\nwith open('out.csv', 'w') as f:\n    f.write('x')",
    "open of something else": "with gz.open('out.csv', 'w') as f:\n    f.write('x')",
    "a file that needs a disk": "with open('out.csv', 'w') as f:\n    f.truncate(f.fileno())",
    "an option that fsspec lacks": "with open('out.csv', 'w', 1) as f:\n    f.write('x')",
    "within an f-string": "print(f\"{t.to_csv('out.csv')}\")",
    "also told to another": "t.to_csv('out.csv')\nos.remove('out.csv')",
    "also told to another by another spelling": "t.to_csv('out.csv')\nupload('./out.csv')",
    "read, and then written over": "t = pd.read_csv('x.csv')\nt.to_csv('./x.csv')",
    "opened by the word for its name, which fsspec lacks": "with open(file='x.csv', mode='w') as f:\n    f.write('')",
    "looked for": "t.to_csv('out.csv')\nprint(glob.glob('*.csv'))",
    "after a change of folder": "os.chdir(x)\nt.to_csv('out.csv')",
}


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT.keys())
def test_what_is_not_sure_stays_and_is_left_to_do(source: str) -> None:
    made = converted([f"import glob, gz, os\n{PANDAS}{source}"])
    for line in source.splitlines():
        assert line.strip() in made.text or "import *" in line
    (left, *_) = [one for one in made.findings if one.todo]
    assert left.todo
    assert "HERMES_PRODUCTS" in left.todo


@pytest.mark.parametrize(
    "imports",
    ["import numpy as pd", "import dask.dataframe as pd, pandas", "from pyspark import pandas as pd"],
)
def test_writers_of_another_library_are_left_to_do(imports: str) -> None:
    made = converted([f"{imports}\nt = pd.DataFrame()\nt.to_csv('out.csv')"])
    assert "t.to_csv('out.csv')" in main_of(made)
    assert [bool(one.todo) for one in made.findings] == [True]


def test_a_file_that_the_code_wrote_itself_is_read_from_where_it_is() -> None:
    cells = [
        f"{PANDAS}t.to_csv('step.csv')",
        "u = pd.read_csv('./step.csv')",
        "with open('step.csv') as f:\n    print(f.readline())",
    ]
    made = converted(cells)
    assert f'u = pd.read_csv({PRODUCTS}step.csv")' in main_of(made)
    assert f'with fsspec.open({PRODUCTS}step.csv", "r") as f:' in main_of(made)
    assert [one.todo for one in made.findings] == [None, None, None]


NAMED = {
    "of the module": "OUT = 'out.csv'\nt.to_csv(OUT)",
    "of a notebook's cell": "path = 'out.csv'\nif len(t):\n    t.to_csv(path_or_buf=path)",
    "of a function": "def write(t):\n    out = 'out.csv'\n    t.to_csv(out)\nwrite(t)",
    "used twice": "OUT = 'out.csv'\nt.to_csv(OUT)\nwith open(OUT, 'r') as f:\n    print(f.read())",
}
NOT_NAMED = {
    "also told to another": "OUT = 'out.csv'\nt.to_csv(OUT)\nprint(OUT)",
    "bound twice": "OUT = 'out.csv'\nt.to_csv(OUT)\nOUT = 'b.csv'",
    "bound by a loop": "OUT = 'out.csv'\nfor OUT in []:\n    t.to_csv(OUT)",
    "an argument too": "OUT = 'out.csv'\ndef f(OUT):\n    t.to_csv(OUT)",
    "in a class": "class A:\n    OUT = 'out.csv'\n    t.to_csv(OUT)",
    "the default of an argument": "OUT = 'out.csv'\ndef f(a=OUT):\n    t.to_csv(OUT)",
}


@pytest.mark.parametrize("source", NAMED.values(), ids=NAMED.keys())
def test_a_path_that_has_a_name_is_changed_where_it_gets_it(source: str) -> None:
    made = converted([f"{PANDAS}{source}"])
    assert f' = {PRODUCTS}out.csv"' in made.text
    compile(made.text, "adopted", "exec")
    assert "'out.csv'" not in made.text
    assert [one.todo for one in made.findings if one.todo] == []


@pytest.mark.parametrize("source", NOT_NAMED.values(), ids=NOT_NAMED.keys())
def test_a_name_that_may_mean_something_else_stays(source: str) -> None:
    made = converted([f"{PANDAS}{source}"])
    assert "OUT = 'out.csv'" in made.text
    assert "HERMES_PRODUCTS" not in made.text.replace("TODO", "")


def test_a_path_that_has_a_name_is_opened_to_be_read() -> None:
    made = converted(["path = 'in.txt'", "with open(path) as f:\n    print(f.read())"])
    assert f'path = {INPUT}in.txt"' in made.text
    assert 'with fsspec.open(path, "r") as f:' in made.text
    assert made.text.count("HERMES_INPUT now") == 1


def test_a_constant_of_a_script_with_a_main_stays_because_it_is_made_when_it_is_imported() -> None:
    source = 'import pandas as pd\n\nOUT = "out.csv"\n\n\ndef main():\n    pd.DataFrame().to_csv(OUT)\n\n\n'
    source += 'if __name__ == "__main__":\n    main()\n'
    assert converted([source], script=True).text == source


def test_two_files_of_one_statement_and_functions_are_converted_too() -> None:
    lines = [
        "def work(n):",
        "    with open('a.txt') as a, open('b.txt', 'w') as b:",
        "        b.write(a.read())",
    ]
    made = converted(["\n".join([*lines, "    return n"]), "work(1)"])
    line = f'with fsspec.open({INPUT}a.txt", "r") as a, fsspec.open({PRODUCTS}b.txt", \'w\') as b:'
    assert line in made.text
    compile(made.text, "adopted", "exec")
    assert made.text.count("HERMES_INPUT now") == 1


def test_a_script_with_a_main_of_its_own_is_converted_in_place() -> None:
    source = (
        '"""Mine."""\nimport pandas as pd\n\n\ndef main():\n    pd.DataFrame().to_csv("out.csv")\n\n\n'
        'if __name__ == "__main__":\n    main()\n'
    )
    made = converted([source], script=True)
    assert made.text == source.replace('"out.csv"', f'{PRODUCTS}out.csv"').replace(
        "import pandas", "import os\nimport pandas"
    )


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([f"{PANDAS}t.to_csv('out.csv')"], ["fsspec[s3]", "pandas"]),
        (["with open('in.txt') as f:\n    print(f.read())"], ["fsspec[s3]"]),
        (
            ["%pip install fsspec==2024.6", "with open('in.txt') as f:\n    print(f.read())"],
            ["fsspec[s3]==2024.6"],
        ),
        ([f"{PANDAS}t.to_csv('/home/me/out.csv')"], ["pandas"]),
    ],
)
def test_what_opens_a_bucket_is_required_where_code_needs_it(cells: list[str], wanted: list[str]) -> None:
    needed = find_needed_packages(joined(cells), "shop", installed={}, siblings={})
    assert sorted(map(str, needed.requirements.values())) == wanted
