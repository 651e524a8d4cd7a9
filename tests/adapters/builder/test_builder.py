"""Builds by real backends, and by small ones made here that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handmade_wheels import check_record
from hermes_cli.adapters.builder import (
    SOURCE_DATE_EPOCH,
    build_metadata,
    build_system,
    build_wheel,
    extra_requirements,
    hook_environment,
    hook_processes,
)
from hermes_cli.adapters.builder.hook_processes import run_script
from hermes_cli.adapters.python_environments import PythonEnvironments, Recipe, find_python
from hermes_cli.adapters.wheels import read_wheel, restamp
from hermes_cli.domain.contract.errors import ProjectFailed

PACKAGES = Path(__file__).parents[2] / "packages"
BACKENDS = sorted(path.name for path in PACKAGES.iterdir() if (path / "pyproject.toml").exists())
PYTHON = Path(sys.executable)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> PythonEnvironments:
    return PythonEnvironments(tmp_path_factory.mktemp("environments"))


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def copy_of(package: str, to: Path, mtime: float) -> Path:
    source = shutil.copytree(PACKAGES / package, to / package)
    for path in source.rglob("*"):
        os.utime(path, (mtime, mtime))
    return source


def in_tree(folder: Path, backend: str, *, requires: str = "[]", name: str = "backend") -> Path:
    """A project that is built by code of its own, in Hermes' own interpreter."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = {requires}\nbuild-backend = "{name}"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(backend)
    return folder


@pytest.mark.parametrize("package", BACKENDS)
def test_the_same_source_gives_the_same_bytes(
    package: str, environments: PythonEnvironments, tmp_path: Path
) -> None:
    built = []
    for number, (mask, mtime) in enumerate([(0o077, 1_000_000_000.0), (0o002, 1_700_000_000.0)]):
        with umask(mask):
            source = copy_of(package, tmp_path / str(number), mtime)
            asked = build_system(source)
            python = environments.ensure(Recipe(requirements=asked.requires), find_python(None)).python
            assert not set(extra_requirements(source, python=python)) - {"wheel"}
            path = build_wheel(source, tmp_path / f"out-{number}", python=python)
            assert "Version: 1.2.0" in build_metadata(source, tmp_path / f"meta-{number}", python=python)
        built.append((path.name, path.read_bytes()))
    assert built[0] == built[1]
    wheel = read_wheel(*built[0])
    assert wheel.requires == ("packaging>=23",)
    assert sorted(wheel.payload) == [f"{package}/__init__.py", f"{package}/data.txt"]
    for complete in (wheel, restamp(wheel, "0+feature.my.branch")):
        check_record(complete.file, complete.data)


def test_setuptools_is_what_a_project_without_a_build_system_gets(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    found = build_system(tmp_path)
    assert found.backend == "setuptools.build_meta:__legacy__"
    assert found.requires[0].startswith("setuptools")
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["b", "a"]\nbuild-backend = "c"\n')
    assert (build_system(tmp_path).requires, build_system(tmp_path).backend) == (("a", "b"), "c")


@pytest.mark.parametrize(
    "text",
    ["[build-system", "[build-system]\n", "[build-system]\nrequires = 1\n", "build-system = 1", "\xff"],
)
def test_a_build_system_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ProjectFailed, match=f"the build of {tmp_path.name} failed"):
        build_system(tmp_path)


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectFailed, match="does not appear to be a Python project"):
        build_wheel(tmp_path, tmp_path / "out", python=PYTHON)


def test_what_a_backend_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {
        "AWS_ACCESS_KEY_ID": "a",
        "GITHUB_TOKEN": "t",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "u",
        "UV_INDEX_ACME_PASSWORD": "p",
        "My_Secret": "s",
        "PYTHONPATH": "/x",
        "PYTHONSTARTUP": "/x",
        "VIRTUAL_ENV": "/x",
        "PIP_INDEX_URL": "https://u:p@127.0.0.1/",
    }
    for name, value in {**hidden, "KEPT": "yes", "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "7"}.items():
        monkeypatch.setenv(name, value)
    source = in_tree(
        tmp_path / "project",
        "import json, os\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    mask = os.umask(0)\n"
        "    with open(os.path.join(out, 'seen'), 'w') as file:\n"
        "        json.dump({'env': dict(os.environ), 'umask': mask, 'cwd': os.getcwd()}, file)\n"
        "    return 'seen'\n",
    )
    with umask(0o077):
        seen = json.loads(build_wheel(source, tmp_path / "out", python=PYTHON).read_text())
    assert not hidden.keys() & seen["env"].keys()
    assert seen["env"]["KEPT"] == "yes"
    assert seen["env"]["SOURCE_DATE_EPOCH"] == str(SOURCE_DATE_EPOCH)
    assert seen["env"]["PYTHONHASHSEED"] == "0"
    assert seen["env"]["PYTHONNOUSERSITE"] == "1"
    assert seen["umask"] == 0o022
    assert Path(seen["cwd"]) == source.resolve()
    assert not list(source.rglob("__pycache__")), "bytecode could get into a wheel"
    for zone in (-12, 14):
        assert time.gmtime(SOURCE_DATE_EPOCH + zone * 3600).tm_year == 1980


def test_the_tools_of_the_environment_come_first() -> None:
    path = hook_environment({"PATH": "/usr/bin"}, Path("/env/bin/python"))["PATH"]
    assert path.split(os.pathsep) == ["/env/bin", "/usr/bin"]


def test_nothing_that_a_build_does_reaches_the_next_one(tmp_path: Path) -> None:
    """Both run in processes forked off the same one, which imports what the first one imported."""
    first = in_tree(
        tmp_path / "first",
        "import json, os, signal, sys, xml.dom.minidom\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    json.LEAK = xml.dom.minidom.LEAK = 1\n"
        "    os.environ['LEAK'] = '1'; os.umask(0); os.chdir('/')\n"
        "    sys.path.insert(0, '/leak'); sys.argv.append('leak'); sys.meta_path.clear()\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    sys.stdout = sys.stderr = None\n"
        "    open(os.path.join(out, 'x'), 'w').close()\n"
        "    return 'x'\n",
    )
    report = (
        "import json, os, signal, sys\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    mask = os.umask(0)\n"
        "    env = {k: v for k, v in os.environ.items() if not k.startswith('_PYPROJECT_HOOKS_')}\n"
        "    seen = {'env': env, 'umask': mask, 'cwd': os.getcwd(), 'path': sys.path, 'leak':\n"
        "      hasattr(json, 'LEAK'), 'argv': sys.argv[:2], 'term': signal.getsignal(signal.SIGTERM).value,\n"
        "      'main': sys.modules['__main__'].__file__, 'parent': sys.modules['__main__'].__name__,\n"
        "      'known': hasattr(sys.modules.get('xml.dom.minidom'), 'LEAK'), 'finders': len(sys.meta_path)}\n"
        "    print('heard')\n"
        "    with open(os.path.join(out, 'seen'), 'w') as file:\n"
        "        json.dump(seen, file)\n"
        "    return 'seen'\n"
    )
    second, third = in_tree(tmp_path / "second", report), in_tree(tmp_path / "third", report)
    fresh = json.loads(build_wheel(second, tmp_path / "out", python=PYTHON).read_text())
    assert (fresh["leak"], fresh["known"], fresh["parent"]) == (False, False, "__main__")
    build_wheel(first, tmp_path / "out", python=PYTHON)
    after = json.loads(build_wheel(third, tmp_path / "out", python=PYTHON).read_text())
    assert (Path(fresh.pop("cwd")), Path(after.pop("cwd"))) == (second.resolve(), third.resolve())
    assert after == fresh


def test_a_module_of_ones_own_is_not_that_of_the_build_before(tmp_path: Path) -> None:
    """It has the name of one of the standard library, which the build before has imported."""
    backend = """
import wave

def get_requires_for_build_wheel(config_settings=None):
    return [getattr(wave, "MINE", "another")]
"""
    for name in ("first", "second"):
        in_tree(tmp_path / name, backend)
    (tmp_path / "second" / "wave.py").write_text('MINE = "mine"\n')
    assert extra_requirements(tmp_path / "first", python=PYTHON) == ("another",)
    assert extra_requirements(tmp_path / "second", python=PYTHON) == ("mine",)


def test_a_module_beside_setup_py_is_not_that_of_the_build_before(
    environments: PythonEnvironments, tmp_path: Path
) -> None:
    """Without a named backend setuptools runs setup.py, which may import what is beside it."""
    found = []
    for name in ("first", "second"):
        source = tmp_path / name
        source.mkdir()
        (source / "setup.py").write_text(
            "import wave\nfrom setuptools import setup\nsetup(setup_requires=[getattr(wave, 'MINE', 'another')])\n"
        )
        if name == "second":
            (source / "wave.py").write_text('MINE = "mine"\n')
        asked = build_system(source)
        python = environments.ensure(Recipe(requirements=asked.requires), find_python(None)).python
        found.append(extra_requirements(source, python=python))
    assert found == [("another",), ("mine",)]


def test_what_a_process_of_its_own_would_show_a_hook(tmp_path: Path) -> None:
    """The same script, run by the interpreter itself."""
    script = tmp_path / "script.py"
    script.write_text(
        "import json, os, sys\n"
        "facts = {'name': __name__, 'file': __file__, 'argv': sys.argv, 'path': sys.path, 'cwd': os.getcwd(),\n"
        "  'env': dict(os.environ), 'prefix': sys.prefix, 'flags': repr(sys.flags), 'input': sys.stdin.read(),\n"
        "  'hash': hash('a'), 'executable': sys.executable, 'main': sys.modules['__main__'].__dict__ is globals()}\n"
        "print(json.dumps(facts))\n"
        "sys.exit(3)\n"
    )
    environ = hook_environment(os.environ, PYTHON)
    code, written = run_script(PYTHON, [str(script), "a b"], tmp_path, environ)
    alone = subprocess.run(
        [PYTHON, script, "a b"],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (
        (code, json.loads(written))
        == (3, json.loads(alone.stdout))
        == (alone.returncode, json.loads(written))
    )
    script.write_text("import atexit; atexit.register(print, 'the end'); raise RuntimeError('boom')\n")
    code, written = run_script(PYTHON, [str(script)], tmp_path, environ)
    assert (code, written.splitlines()[-2:]) == (1, ["RuntimeError: boom", "the end"])
    script.write_text("import os; os.kill(os.getpid(), 9)\n")
    assert run_script(PYTHON, [str(script)], tmp_path, environ) == (-9, "")


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """One of an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return tmp_path / "venv" / "bin" / "python"


def answer_of(python: Path, script: Path, *, alone: bool = False) -> str:
    code, written = run_script(python, [str(script)], script.parent, {"PYTHONUTF8": "1"}, alone=alone)
    assert code == 0, written
    return written.strip()


def test_a_process_begins_with_what_hooks_before_it_have_imported(interpreter: Path, tmp_path: Path) -> None:
    needs, asks = tmp_path / "needs.py", tmp_path / "asks.py"
    needs.write_text("import colorsys, own_module\n")
    (tmp_path / "own_module.py").write_text("")
    asks.write_text("import sys\nprint(*({'colorsys', 'own_module'} & {*sys.modules}))\n")

    answer_of(interpreter, needs)
    hook_processes.leave_all()
    assert answer_of(interpreter, asks) == ""  # nobody has asked for it in this environment

    hook_processes.keep_imports(interpreter)
    hook_processes.leave_all()
    answer_of(interpreter, needs)
    hook_processes.leave_all()
    assert answer_of(interpreter, asks) == "colorsys"
    assert answer_of(interpreter, asks, alone=True) == ""


def test_an_import_that_prints_does_not_disturb_the_process(interpreter: Path, tmp_path: Path) -> None:
    packages = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (packages / "chatty.py").write_text("print('hello')\nimport sys\nprint('hello', file=sys.stderr)\n")
    hook_processes.keep_imports(interpreter)
    (tmp_path / "venv" / "imports.json").write_text('["chatty"]')
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('chatty' in sys.modules)\n")
    assert answer_of(interpreter, script) == "True"


@pytest.mark.parametrize("notes", ["", "[", "7", '{"a": 1}', '["no.such.module", 7, "colorsys"]'])
def test_damaged_list_of_imports_harm_nothing(interpreter: Path, tmp_path: Path, notes: str) -> None:
    hook_processes.keep_imports(interpreter)
    (tmp_path / "venv" / "imports.json").write_text(notes)
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('colorsys' in sys.modules)\n")
    assert answer_of(interpreter, script) == str("colorsys" in notes)


def test_a_process_that_is_expected_is_the_one_that_is_used(
    interpreter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    real: Any = subprocess.Popen.__init__

    def popen(self: subprocess.Popen[bytes], *args: object, **options: object) -> None:
        real(self, *args, **options)
        started.append(self.pid)

    monkeypatch.setattr(subprocess.Popen, "__init__", popen)
    script = tmp_path / "script.py"
    script.write_text("import os\nprint(os.getppid())\n")
    hook_processes.start_ahead(interpreter, {})
    assert answer_of(interpreter, script) == str(started[0])
    hook_processes.start_ahead(interpreter, {})
    hook_processes.start_ahead(tmp_path / "gone" / "bin" / "python", {})
    assert len(started) == 2
    hook_processes.leave_all()
    with pytest.raises(ProcessLookupError):
        os.kill(started[1], 0)


def test_threads_build_at_once(tmp_path: Path) -> None:
    meet = (
        "import os, pathlib, time\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    here = pathlib.Path('.').resolve()\n"
        "    (here.parent / f'{here.name}.here').touch()\n"
        "    while len(list(here.parent.glob('*.here'))) < 2:\n"
        "        time.sleep(0.01)\n"
        "    pathlib.Path(out, here.name).touch()\n"
        "    return here.name\n"
    )
    sources = [in_tree(tmp_path / name, meet) for name in ("one", "other")]
    threads = [
        threading.Thread(target=build_wheel, args=(source, tmp_path / "out"), kwargs={"python": PYTHON})
        for source in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "other"]


def test_what_a_backend_asks_for(tmp_path: Path) -> None:
    source = in_tree(
        tmp_path / "project",
        "def get_requires_for_build_wheel(config_settings=None):\n    return ['b', 'a>=1']\n",
    )
    assert extra_requirements(source, python=PYTHON) == ("a>=1", "b")


def test_metadata_of_a_backend_that_can_only_build_wheels(tmp_path: Path) -> None:
    source = in_tree(
        tmp_path / "project",
        "import os, zipfile\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    with zipfile.ZipFile(os.path.join(out, 'x-1-py3-none-any.whl'), 'w') as file:\n"
        "        file.writestr('x-1.dist-info/METADATA', 'Name: x\\nVersion: 1\\n')\n"
        "        file.writestr('x-1.dist-info/WHEEL', '')\n"
        "    return 'x-1-py3-none-any.whl'\n",
    )
    assert build_metadata(source, tmp_path / "out", python=PYTHON) == "Name: x\nVersion: 1\n"


def test_a_failing_build_shows_its_last_lines_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = in_tree(
        tmp_path / "project",
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    for number in range(100):\n"
        "        print('line', number)\n"
        "    raise SystemExit('no compiler here')\n",
    )
    with pytest.raises(ProjectFailed, match="the build of project failed") as caught:
        build_wheel(source, tmp_path / "out", python=PYTHON)
    lines = (caught.value.detail or "").splitlines()
    assert lines[-1] in ("no compiler here", "line 99")
    assert "no compiler here" in lines
    assert len(lines) == 20
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "backend"), [("absent_backend", ""), ("backend", "import absent_requirement\n")]
)
def test_a_backend_that_cannot_be_imported(tmp_path: Path, name: str, backend: str) -> None:
    source = in_tree(tmp_path / "project", backend, name=name)
    with pytest.raises(ProjectFailed, match=f"backend {name} cannot be imported") as caught:
        build_wheel(source, tmp_path / "out", python=PYTHON)
    assert "absent" in (caught.value.detail or "")


def test_an_interrupt_ends_the_backend_and_what_it_started(tmp_path: Path) -> None:
    source = in_tree(
        tmp_path / "project",
        "import os, subprocess, sys, time\n"
        "def build_wheel(out, config_settings=None, metadata_directory=None):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    with open(os.path.join(out, 'part'), 'w') as file:\n"
        "        file.write(f'{os.getpid()} {child.pid}')\n"
        "    os.rename(os.path.join(out, 'part'), os.path.join(out, 'pids'))\n"
        "    time.sleep(60)\n",
    )
    out = tmp_path / "out"
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from hermes_cli.adapters.builder import build_wheel\n"
            "try:\n"
            "    build_wheel(Path(sys.argv[1]), Path(sys.argv[2]), python=Path(sys.executable))\n"
            "except KeyboardInterrupt:\n"
            "    sys.exit(130)\n",
            str(source),
            str(out),
        ]
    )
    try:
        deadline = time.monotonic() + 30
        while not (out / "pids").exists():
            assert time.monotonic() < deadline
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 130
    finally:
        run.kill()
        run.wait()
    pids = [int(pid) for pid in (out / "pids").read_text().split()]
    while any(map(_is_running, pids)):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return state != "" and not state.startswith("Z")
