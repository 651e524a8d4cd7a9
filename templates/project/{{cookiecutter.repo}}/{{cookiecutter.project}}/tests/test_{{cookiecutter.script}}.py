"""Each test says one thing that the script must do. Add one for each thing you teach it."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from {{ cookiecutter.__package }} import {{ cookiecutter.script }} as script

ORDERS = [
    {"day": "2024-05-02", "category": "books", "quantity": "2", "unit_price": "10.50"},
    {"day": "2024-05-01", "category": "toys", "quantity": "1", "unit_price": "5.00"},
    {"day": "2024-05-02", "category": "toys", "quantity": "3", "unit_price": "0.10"},
]


def test_adds_up_the_orders_of_each_day() -> None:
    assert script.revenue_per_day(ORDERS) == [
        ("2024-05-01", 1, Decimal("5.00")),
        ("2024-05-02", 2, Decimal("21.30")),
    ]


def test_keeps_one_category_where_one_is_asked_for() -> None:
    assert script.revenue_per_day(ORDERS, "books") == [("2024-05-02", 1, Decimal("21.00"))]


def test_reads_its_input_and_writes_its_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A run as Hermes makes it: places come as variables, parameters as sys.argv.
    (tmp_path / "orders.csv").write_text(
        "day,category,quantity,unit_price\n2024-05-01,toys,2,4.50\n2024-05-01,books,1,8.00\n"
    )
    products = tmp_path / "products"
    (products / "{{ cookiecutter.project }}").mkdir(parents=True)
    monkeypatch.setenv("HERMES_INPUT", str(tmp_path))
    monkeypatch.setenv("HERMES_PRODUCTS", str(products))
    monkeypatch.setattr(sys, "argv", ["script", "toys"])

    script.main()

    written = products / "{{ cookiecutter.project }}" / "{{ cookiecutter.script }}.csv"
    assert written.read_text() == "day,orders,revenue\n2024-05-01,1,9.00\n"
    assert "Revenue 9.00, days 1" in capsys.readouterr().out


def test_refuses_to_run_without_a_place_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HERMES_PRODUCTS", raising=False)

    with pytest.raises(SystemExit, match="HERMES_PRODUCTS"):
        script.main()
{% if cookiecutter.script == cookiecutter.__package %}


def test_takes_the_sample_where_there_is_no_input() -> None:
    orders, source = script.read_orders(folder=None)

    assert source == "the sample"
    assert len(script.revenue_per_day(orders)) == 5
{% endif %}
