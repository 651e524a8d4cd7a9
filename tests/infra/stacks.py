"""A CloudFormation template with its parameters: what each resource's properties come to."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def load_template(path: Path) -> dict[str, Any]:
    """A template as CloudFormation sees it: !Sub and its like are {"Fn::Sub": …}."""
    yaml: Any = importlib.import_module("yaml")

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    def short(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if suffix == "GetAtt":
            value = value.split(".", 1)
        return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}

    Loader.add_multi_constructor("!", short)
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader)
    return template


_NOTHING = object()


class Stack:
    """A template with its parameters: gives each resource's properties, resolved."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], attributes: Mapping[str, str]
    ) -> None:
        declared = template["Parameters"]
        assert set(parameters) <= set(declared), set(parameters) - set(declared)
        missing = {name for name, rule in declared.items() if "Default" not in rule} - set(parameters)
        assert not missing, missing
        self._resources = template["Resources"]
        self._conditions = template["Conditions"]
        self._values = {name: rule.get("Default") for name, rule in declared.items()} | dict(parameters)
        for name, value in self._values.items():
            if declared[name]["Type"] == "CommaDelimitedList" and isinstance(value, str):
                self._values[name] = value.split(",")
            self._check(name, declared[name])
        self._values |= {"AWS::Partition": "aws", "AWS::NoValue": _NOTHING}
        self._attributes = attributes

    def _check(self, name: str, rule: Mapping[str, Any]) -> None:
        values = self._values[name] if isinstance(self._values[name], list) else [self._values[name]]
        for value in values:
            if "AllowedPattern" in rule and not re.fullmatch(rule["AllowedPattern"], str(value)):
                raise ValueError(f"{name}: {value!r} does not match {rule['AllowedPattern']}")
            if "AllowedValues" in rule and value not in rule["AllowedValues"]:
                raise ValueError(f"{name}: {value!r} is none of {rule['AllowedValues']}")

    def exists(self, resource: str) -> bool:
        """Whether the resource's condition holds."""
        condition = self._resources[resource].get("Condition")
        return condition is None or self._condition(condition)

    def properties(self, resource: str) -> Any:
        """A resource's properties."""
        return self._resolve(self._resources[resource]["Properties"])

    def _condition(self, name: str) -> bool:
        return bool(self._resolve(self._conditions[name]))

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for value in map(self._resolve, node) if value is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), *_ = node.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        resolved = {key: self._resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not _NOTHING}

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self._values[argument] if argument in self._values else self._attributes[argument]
            case "GetAtt":
                return self._attributes[".".join(argument)]
            case "Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._name(found[1]), argument)
            case "If":
                condition, then, otherwise = argument
                return self._resolve(then if self._condition(condition) else otherwise)
            case "Equals":
                first, second = map(self._resolve, argument)
                return first == second
            case "Not":
                return not self._resolve(argument[0])
            case "Join":
                return argument[0].join(self._resolve(argument[1]))
        raise AssertionError(f"this renderer does not know {function}")

    def _name(self, name: str) -> str:
        return str(self._attributes[name] if name in self._attributes else self._values[name])
