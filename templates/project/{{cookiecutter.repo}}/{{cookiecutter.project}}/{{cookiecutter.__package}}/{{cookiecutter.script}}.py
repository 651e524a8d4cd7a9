"""Adds up the revenue of each day from a list of orders.

Reads   orders.csv below HERMES_INPUT or, where there is none, the sample beside this file.
Writes  {{ cookiecutter.project }}/{{ cookiecutter.script }}.csv below HERMES_PRODUCTS.

Run it with:

    {{ cookiecutter.__run }}              (all orders)
    {{ cookiecutter.__run }} -- books     (the orders of one category)
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib import resources
from typing import NamedTuple

import fsspec


class Day(NamedTuple):
    """One line of the result."""

    day: str
    orders: int
    revenue: Decimal


def read_orders(folder: str | None) -> tuple[list[dict[str, str]], str]:
    """Return the orders, and the place they were read from."""
    if folder:
        place = f"{folder.rstrip('/')}/orders.csv"
        try:
            with fsspec.open(place, "rt", encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file)), place
        except FileNotFoundError:
            print(f"There is no {place}, so the sample is taken.", file=sys.stderr)
    # The library is asked by its name: on the cluster this script lies alone, without its folder.
    sample = resources.files("{{ cookiecutter.__package }}") / "sample.csv"
    return list(csv.DictReader(sample.read_text(encoding="utf-8").splitlines())), "the sample"


def revenue_per_day(orders: Iterable[Mapping[str, str]], category: str | None = None) -> list[Day]:
    """Add up what was ordered on each day, in one category or in all."""
    days: dict[str, Day] = {}
    for order in orders:
        if category is None or order["category"] == category:
            so_far = days.get(order["day"], Day(order["day"], 0, Decimal(0)))
            price = int(order["quantity"]) * Decimal(order["unit_price"])
            days[so_far.day] = Day(so_far.day, so_far.orders + 1, so_far.revenue + price)
    return sorted(days.values())


def write_days(days: Iterable[Day], place: str) -> None:
    """Write the result as CSV; `place` is a path, on a cluster a URI such as s3://…"""
    # Its folder, or bucket, is there. One that is missing must stay missing, so none is made.
    with fsspec.open(place, "wt", encoding="utf-8", newline="", auto_mkdir=False) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Day._fields)
        table.writerows(days)


def main() -> None:
    """Read the orders, add them up, write the result."""
    products = os.environ.get("HERMES_PRODUCTS")
    if not products:
        sys.exit("HERMES_PRODUCTS is not set: start me with `{{ cookiecutter.__run }}`.")
    category = sys.argv[1] if len(sys.argv) > 1 else None

    orders, source = read_orders(os.environ.get("HERMES_INPUT"))
    days = revenue_per_day(orders, category)
    if not days:
        sys.exit(f"There is no order{f' of category {category}' if category else ''} in {source}.")

    target = f"{products.rstrip('/')}/{{ cookiecutter.project }}/{{ cookiecutter.script }}.csv"
    write_days(days, target)
    total = sum(day.revenue for day in days)
    print(f"Revenue {total}, days {len(days)}, read from {source}, written to {target}")


if __name__ == "__main__":
    main()
