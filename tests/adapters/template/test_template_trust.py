"""Code in a template runs only where it is trusted; without trust it is refused by name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from hermes_cli.adapters import template
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, Refused

ROOT = "{{cookiecutter.repo}}"


def write_template(folder: Path, text: str = "", **settings: Any) -> Path:
    (folder / ROOT).mkdir(parents=True)
    (folder / ROOT / "a.txt").write_text(text)
    (folder / "cookiecutter.json").write_text(json.dumps({"repo": "shop", **settings}))
    return folder


def write_hook(source: Path, name: str, code: str) -> None:
    (source / "hooks").mkdir(exist_ok=True)
    (source / "hooks" / name).write_text(code)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["pre_gen_project.py", "post_gen_project.sh"])
def test_a_template_with_hooks_is_refused_by_name(tmp_path: Path, into: Path, name: str) -> None:
    source = write_template(tmp_path / "t")
    write_hook(source, name, f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    for attempt in (lambda: template.questions(source), lambda: template.render(source, {}, into)):
        with pytest.raises(Refused, match=f"hooks/{name}") as caught:
            attempt()
        assert "--trust" in (caught.value.hint or "")
    assert not (tmp_path / "ran").exists()
    assert list(into.iterdir()) == []


def test_the_hooks_of_a_trusted_template_run_and_leave_stdout_alone(
    tmp_path: Path, into: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write_template(tmp_path / "t")
    write_hook(source, "post_gen_project.py", "print('said'); open('{{cookiecutter.repo}}.txt', 'w')\n")
    made = template.render(source, {}, into, trusted=True)
    assert sorted(path.name for path in made.iterdir()) == ["a.txt", "shop.txt"]
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "said\n")


def test_a_hook_that_fails_leaves_nothing(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t")
    write_hook(source, "post_gen_project.py", "raise SystemExit(3)\n")
    with pytest.raises(HermesError, match=r"hook .* failed"):
        template.render(source, {}, into, trusted=True)
    assert list(into.iterdir()) == []


def test_a_hook_that_fails_is_told_without_the_traceback_of_who_ran_it(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t")
    write_hook(source, "post_gen_project.py", "print('said', flush=True); raise SystemExit(3)\n")
    code = (  # in a process of its own: pytest takes over what is logged
        "import sys; from pathlib import Path; from hermes_cli.adapters import template\n"
        "try: template.render(Path(sys.argv[1]), {}, Path(sys.argv[2]), trusted=True)\n"
        "except Exception as error: print(error.message)"
    )
    done = subprocess.run([sys.executable, "-c", code, source, into], capture_output=True, text=True)
    assert done.stdout.startswith("a hook of the template")
    assert done.stderr == "said\n"


def test_a_hook_before_the_questions_is_refused_even_with_trust(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t")
    write_hook(source, "pre_prompt.py", "")
    with pytest.raises(Refused, match="pre_prompt"):
        template.render(source, {}, into, trusted=True)


def test_extensions_are_code_and_are_refused_unless_trusted(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t", "{% do [] %}", _extensions=["jinja2.ext.do"])
    for attempt in (lambda: template.questions(source), lambda: template.render(source, {}, into)):
        with pytest.raises(Refused, match=r"jinja2\.ext\.do"):
            attempt()
    # Nor can an answer bring one in.
    plain = write_template(tmp_path / "p", "{% do [] %}", _extensions=[])
    with pytest.raises(InvalidInput, match="line 1"):
        template.render(plain, {"_extensions": "jinja2.ext.do"}, into)
    assert template.render(source, {}, into, trusted=True).is_dir()


def test_two_states_of_a_template_run_the_code_of_each(tmp_path: Path, into: Path) -> None:
    code = (
        "from jinja2.ext import Extension\nclass Mine(Extension):\n"
        "    def __init__(self, environment):\n"
        "        super().__init__(environment)\n        environment.globals['state'] = '{}'\n"
    )
    for name in ("old", "new"):
        source = write_template(tmp_path / name, "{{ state }}", _extensions=["mine.Mine"], repo=name)
        (source / "mine.py").write_text(code.format(name))
        assert (template.render(source, {}, into, trusted=True) / "a.txt").read_text() == name


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cookiecutter.__init__.__globals__ }}",
        "{{ self._TemplateReference__context.environment.loader.__class__.__init__.__globals__ }}",
        "{{ cookiecutter.update({'repo': 'x'}) }}",
    ],
)
def test_the_expressions_of_a_template_reach_no_code(tmp_path: Path, into: Path, text: str) -> None:
    for settings in ({"a": "x"}, {"a": text}):
        source = write_template(tmp_path / settings["a"][:1], text, **settings)
        with pytest.raises(Refused, match="code") as caught:
            template.render(source, {}, into)
        assert "--trust" in (caught.value.hint or "")
    assert list(into.iterdir()) == []


def test_nothing_stays_confined_afterwards(tmp_path: Path, into: Path) -> None:
    from cookiecutter import utils

    template.render(write_template(tmp_path / "t"), {}, into)
    assert utils.StrictEnvironment.__name__ == "StrictEnvironment"


def made_with(compiled: Path, source: Path, into: Path, **options: Any) -> str:
    made = template.render(source, {}, into, compiled=compiled, **options)
    text = (made / "a.txt").read_text()
    shutil.rmtree(made)
    return text


def test_what_was_compiled_is_used_again_and_only_for_the_same_text(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = tmp_path / "compiled"
    source = write_template(tmp_path / "t", "{{ 1 + 1 }} {{ cookiecutter.repo }}")
    files: list[str] = []
    real = Environment.compile

    def spy(self: Environment, text: str, name: str | None = None, *rest: Any, **options: Any) -> Any:
        files.extend([name] if name else [])
        return real(self, text, name, *rest, **options)

    monkeypatch.setattr(Environment, "compile", spy)
    assert made_with(compiled, source, into) == "2 shop"
    assert (len(files), made_with(compiled, source, into), len(files)) == (1, "2 shop", 1)
    (source / ROOT / "a.txt").write_text("{{ 2 + 2 }}")
    assert (made_with(compiled, source, into), len(files)) == ("4", 2)
    other = write_template(tmp_path / "o", "{{ 2 + 2 }}", _jinja2_env_vars={"variable_start_string": "[["})
    (other / ROOT).rename(other / "[[cookiecutter.repo}}")
    (other / "[[cookiecutter.repo}}" / "b.txt").write_text("")
    assert made_with(compiled, other, into) == "{{ 2 + 2 }}"


def test_code_that_was_compiled_free_is_not_run_confined(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t", "{{ ''.__class__.__mro__[1].__subclasses__() | length > 1 }}")
    assert made_with(tmp_path / "compiled", source, into, trusted=True) == "True"
    with pytest.raises(Refused, match="could run code"):
        made_with(tmp_path / "compiled", source, into)


@pytest.mark.parametrize("damage", [b"", b"j2", b"nonsense" * 100])
def test_damaged_compiled_files_are_made_anew(tmp_path: Path, into: Path, damage: bytes) -> None:
    source, compiled = write_template(tmp_path / "t", "{{ 1 + 1 }}"), tmp_path / "compiled"
    made_with(compiled, source, into)
    (file,) = compiled.rglob("*.cache")
    file.write_bytes(damage)
    assert made_with(compiled, source, into) == "2"


def test_no_folder_for_compiled_files_is_no_obstacle(tmp_path: Path, into: Path) -> None:
    (tmp_path / "file").write_text("")
    assert made_with(tmp_path / "file", write_template(tmp_path / "t", "{{ 1 + 1 }}"), into) == "2"


def test_a_template_may_ask_for_the_time(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t", "{% now 'utc', '%Y' %}")
    assert len(made_with(tmp_path / "compiled", source, into)) == 4
