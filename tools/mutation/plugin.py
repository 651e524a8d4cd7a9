"""The pytest plugin of a copy: run the listed tests in their order, on the copy's package and on no other.

Copied into the environment of a copy as `mutation_plugin`, beside `mutation_recorder`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mutation_recorder
import pytest


def pytest_configure() -> None:
    """Refuse to test another package than the copy's."""
    spec = find_spec("hermes_cli")
    if spec is None or not str(spec.origin).startswith(os.environ[mutation_recorder.SRC]):
        pytest.exit(f"this would test {spec and spec.origin}", returncode=mutation_recorder.WRONG_COPY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that are listed, in the order of the list."""
    path = os.environ.get(mutation_recorder.LISTED)
    if path:
        listed = json.loads(Path(path).read_text("utf-8"))
        place = {test: number for number, test in enumerate(listed)}
        items[:] = sorted((one for one in items if one.nodeid in place), key=lambda one: place[one.nodeid])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Record a whole test with its fixtures."""
    mutation_recorder.now(item.nodeid)
    try:
        return (yield)
    finally:
        mutation_recorder.now("")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Record a fixture that several tests share for all tests of the file that asks for it first."""
    test = os.environ.get(mutation_recorder.TEST, "")
    if fixturedef.scope == "function" or not test:
        return (yield)
    mutation_recorder.now(test.partition("::")[0])
    try:
        return (yield)
    finally:
        mutation_recorder.now(test)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record how a test ended, and how long it took."""
    report = yield
    if mutation_recorder.recorder is not None:
        mutation_recorder.recorder.write(f"! {report.outcome} {report.duration:.4f} {item.nodeid}\n")
    return report
