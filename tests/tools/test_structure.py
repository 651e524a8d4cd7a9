"""The figures of `make structure`, on small trees that are written here."""

from __future__ import annotations

from pathlib import Path

from tools.structure import (
    circles,
    deploy_rooms,
    function_lengths,
    import_graph,
    read_modules,
    repeated_classes,
    repeated_files,
    room_of,
)
from tools.trace_deploy import Visit, entered, merged, way


def write(src: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = src / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return src


def test_an_import_counts_wherever_it_is_and_however_it_is_written(tmp_path: Path) -> None:
    src = write(
        tmp_path,
        {
            "one/__init__.py": "from . import a\n",
            "one/a.py": "import os\nimport one.sub.c\n",
            "one/b.py": "def late():\n    from .a import thing\n    from one import sub\n",
            "one/sub/__init__.py": "",
            "one/sub/c.py": "from .. import b\nfrom ..a import other\n",
        },
    )
    assert import_graph(read_modules(src)) == {
        "one": {"one.a"},
        "one.a": {"one.sub.c"},
        "one.b": {"one.a", "one.sub"},
        "one.sub": set(),
        "one.sub.c": {"one.b", "one.a"},
    }


def test_a_link_is_not_a_module_of_its_own(tmp_path: Path) -> None:
    src = write(tmp_path, {"one/a.py": "x = 1\n"})
    (src / "one" / "b.py").symlink_to("a.py")
    assert set(read_modules(src)) == {"one.a"}


def test_circles_are_the_groups_that_reach_each_other() -> None:
    graph = {
        "a": {"b"},
        "b": {"c"},
        "c": {"a", "d"},
        "d": {"e"},
        "e": {"d"},
        "f": {"a"},
        "g": set(),
    }
    assert circles(graph) == [["a", "b", "c"], ["d", "e"]]


def test_lengths_count_methods_and_inner_functions(tmp_path: Path) -> None:
    text = "class A:\n    def f(self):\n        def g():\n            pass\n        return g\n\nasync def h(): ...\n"
    assert sorted(function_lengths(read_modules(write(tmp_path, {"a.py": text})))) == [1, 2, 4]


def test_names_that_repeat(tmp_path: Path) -> None:
    modules = read_modules(
        write(
            tmp_path,
            {
                "a/__init__.py": "class A: ...\nclass _Own: ...\n",
                "a/same.py": "class A: ...\nclass _Own: ...\nclass B:\n    class C: ...\n",
                "b/same.py": "class C: ...\n",
                "b/__init__.py": "",
            },
        )
    )
    assert repeated_classes(modules) == {"A": ["a/__init__.py", "a/same.py"]}
    assert repeated_files(modules) == {"same.py": ["a/same.py", "b/same.py"]}


def test_a_deploy_enters_the_rooms_that_it_can_reach(tmp_path: Path) -> None:
    src = write(
        tmp_path,
        {
            "hermes_cli/domain/values.py": "",
            "hermes_cli/usecases/deploy.py": "from .building import make\n",
            "hermes_cli/usecases/other.py": "",
            "hermes_cli/usecases/hints.py": "",
            "hermes_cli/usecases/building/__init__.py": "",
            "hermes_cli/usecases/building/make.py": "from hermes_cli.domain import values\nfrom .. import hints\n",
        },
    )
    modules = read_modules(src)
    found = deploy_rooms(modules, "hermes_cli.usecases.deploy", {})
    assert found.entered == ("building", "usecases")
    assert found.returns == ("building ⇄ usecases: building.make → hints; deploy → building.make",)
    elsewhere = {"hermes_cli.usecases.hints": "hints"}
    found = deploy_rooms(modules, "hermes_cli.usecases.deploy", elsewhere)
    assert found.entered == ("building", "hints", "usecases")
    assert found.returns == ()
    assert room_of(modules["hermes_cli.usecases.building"], {}) == "building"


def test_a_way_leaves_out_the_rooms_that_only_serve() -> None:
    def visit(room: str, *visits: Visit) -> Visit:
        return Visit(room=room, function="f", visits=list(visits))

    walked = merged(
        [visit("deploy", visit("repo"), visit("repo"), visit("build", visit("repo")), visit("apply"))]
    )
    assert [inner.count for inner in walked[0].visits] == [2, 1, 1]
    assert entered(walked) == ["deploy", "repo", "build", "apply"]
    assert way(walked) == ["deploy", "build"]
