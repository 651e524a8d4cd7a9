"""Paths that work on one machine or in one folder only are left to do, with the code to write."""

from __future__ import annotations

import pytest

from sample_notebooks import converted

LEFT = {
    "open('/home/me/sales.csv')": ("'/home/me/sales.csv' is a path of one machine", "sales.csv"),
    "x = r'C:\\Users\\me\\a b.xlsx'": ("'C:\\Users\\me\\a b.xlsx' is a path of one machine", "a b.xlsx"),
    "x = '/dbfs/mnt/y'": ("'/dbfs/mnt/y' is a path of one machine", "NAME"),
    "fig.savefig('plots/a.png')": ("'plots/a.png' is a file of the folder that the code ran in", "a.png"),
    "fig.savefig(fname='a.png')": ("'a.png' is a file of the folder that the code ran in", "a.png"),
}


@pytest.mark.parametrize(("source", "told"), LEFT.items())
def test_a_path_is_left_to_do_with_the_code_to_write(source: str, told: tuple[str, str]) -> None:
    what, name = told
    (left,) = converted([f"import fig\n{source}"]).findings[-1:]
    assert left.what.startswith(what)
    assert left.todo == (
        "read it below HERMES_INPUT, or write it below HERMES_PRODUCTS: "
        f"give f\"{{os.environ['HERMES_PRODUCTS']}}/shop/{name}\" to pandas or to fsspec.open"
    )


def test_a_plot_that_is_shown_is_left_to_save() -> None:
    (left,) = converted(["from matplotlib import pyplot as plot\nplot.show()"]).findings
    place = "f\"{os.environ['HERMES_PRODUCTS']}/shop/plot.png\""
    assert left.todo == (
        f'save it below HERMES_PRODUCTS: with fsspec.open({place}, "wb") as file: plot.savefig(file)'
    )


@pytest.mark.parametrize("source", ["open(x)", "read('sales')", "print('sales.csv')", "f('/etc/x.csv')"])
def test_what_is_not_such_a_path_is_not_told(source: str) -> None:
    assert converted([f"from a import f, x, read\n{source}"]).findings == ()
