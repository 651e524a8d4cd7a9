"""A module that is loaded when it is used costs nothing before, and one that is there stays."""

from __future__ import annotations

import json
import sys

import pytest

from hermes_cli.adapters.template.lazy_modules import load_when_used


def test_a_module_is_loaded_by_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    load_when_used("colorsys")
    stand_in = sys.modules["colorsys"]
    assert "rgb_to_hsv" not in vars(stand_in)
    assert stand_in.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert "rgb_to_hsv" in vars(sys.modules["colorsys"])


def test_a_module_that_is_loaded_stays() -> None:
    load_when_used("json")
    assert sys.modules["json"] is json
