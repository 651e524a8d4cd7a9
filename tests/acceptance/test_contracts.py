"""The contracts that other programs rely on are those in golden/: they change on purpose only.

`HERMES_REMAKE_GOLDEN=1 pytest tests/acceptance/test_contracts.py` writes the golden files anew; CI refuses it.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import hermes_cli
from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS
from hermes_cli.domain.check_rules import RULES
from hermes_cli.domain.contract.errors import HermesError

from .frozen import GOLDEN, compare, is_remade
from .harness import fresh_hermes
from .story import Story, tell
from .story_steps import STEPS

STORES = [step.name for step in STEPS if step.stores]
OPERATOR = Path(__file__).parents[2] / "src/hermes_airflow/operator.py"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Story:
    """The whole story, told once."""
    folder = tmp_path_factory.mktemp("story")
    return tell(folder, fresh_hermes(folder / "home", cache), STEPS)


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_the_json_of_a_command(story: Story, name: str) -> None:
    compare(f"json/{name}", story.told[name])


@pytest.mark.parametrize("name", STORES)
def test_the_objects_that_a_command_writes(story: Story, name: str) -> None:
    compare(f"store/{name}", story.stored[name])


def test_the_record_of_a_build(story: Story) -> None:
    compare("build", story.normal.of(json.loads(story.build)))


def test_the_same_facts_give_the_same_bytes(story: Story) -> None:
    documents = {**story.documents, "build.json": story.build}
    assert len(documents) > len(STORES)
    for key, data in documents.items():
        text = json.dumps(json.loads(data), indent=2, sort_keys=True, ensure_ascii=False)
        assert data.decode() == f"{text}\n", key


def test_the_outputs_in_github_actions(story: Story) -> None:
    lines = iter((story.folder / "outputs").read_text().splitlines())
    outputs = {}
    for line in lines:
        name, _, end = line.partition("<<")
        value = "\n".join(iter(lambda: next(lines), end))
        outputs[name] = value
    result = story.normal.of(json.loads(outputs.pop("result")))
    assert result == story.told["deploy-dry-run"]["stdout"]
    compare("outputs", {"result": "<the result>", **outputs})


def test_every_command_has_a_golden_file_and_every_golden_file_a_step() -> None:
    words = [step.words for step in STEPS]
    assert [name for name in COMMANDS if not any(f"{one} ".startswith(f"{name} ") for one in words)] == []
    made = {f"json/{step.name}" for step in STEPS} | {f"store/{name}" for name in STORES}
    made |= {f"commands/{name.replace(' ', '-')}" for name in ("hermes", *COMMANDS)}
    stale = {path for path in GOLDEN.glob("*/*.json") if f"{path.parent.name}/{path.stem}" not in made}
    for path in stale if is_remade() else ():
        path.unlink()
    assert not stale or is_remade()


def test_the_rules_of_check_and_their_levels() -> None:
    compare("rules", {name: rule.level.value for name, rule in RULES.items()})


def errors(base: type[HermesError] = HermesError) -> Iterator[type[HermesError]]:
    yield base
    for kind in base.__subclasses__():
        yield from errors(kind)


def test_the_exit_code_of_each_error() -> None:
    for module in pkgutil.walk_packages(hermes_cli.__path__, "hermes_cli."):
        if not module.name.endswith("__main__") and "obstore" not in module.name:  # it needs Python 3.11
            importlib.import_module(module.name)
    found = {kind.__name__: kind.exit_code for kind in errors() if kind.__module__.startswith("hermes_cli.")}
    compare("exit-codes", dict(sorted(found.items())))


def parameter(one: Any) -> dict[str, Any]:
    """What may be typed for an option or an argument, without its help."""
    choices = getattr(one.type, "choices", None)
    values = [getattr(choice, "value", choice) for choice in choices] if choices else one.type.name
    default = one.default if isinstance(one.default, (str, int, Path)) else None
    return {
        "names": [*one.opts, *one.secondary_opts],
        "kind": one.param_type_name,
        "takes": "nothing" if getattr(one, "is_flag", False) else values,
        "metavar": one.metavar,
        "required": one.required,
        "many": one.multiple if one.param_type_name == "option" else one.nargs == -1,
        "default": str(default) if isinstance(default, Path) else default,
        "variable": one.envvar,
    }


def test_the_options_before_a_command() -> None:
    compare("commands/hermes", [parameter(one) for one in typer.main.get_command(app).params])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_of_a_command(name: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in name.split(" "):
        command = command.commands[word]
    compare(f"commands/{name.replace(' ', '-')}", [parameter(one) for one in command.params])


def test_the_list_of_commands() -> None:
    compare("commands", list(COMMANDS))


def test_the_operator_and_its_template_fields() -> None:
    """Read from its source: Airflow is not installed beside the command."""
    (operator,) = (
        node
        for node in ast.parse(OPERATOR.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "HermesOperator"
    )
    (init,) = (
        node for node in operator.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    fields = [
        node.value
        for node in operator.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "template_fields"
    ]
    keywords = {
        one.arg: {
            "type": ast.unparse(one.annotation) if one.annotation else None,
            "default": ast.unparse(default) if default else None,
        }
        for one, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
    }
    document = {
        "bases": [ast.unparse(base) for base in operator.bases],
        "positional": [one.arg for one in (*init.args.posonlyargs, *init.args.args)],
        "keywords": keywords,
        "rest": [one.arg for one in (init.args.vararg, init.args.kwarg) if one],
        "template_fields": [ast.literal_eval(value) for value in fields if value],
    }
    compare("operator", document)
