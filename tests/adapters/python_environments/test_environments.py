"""Interpreters, environments and locks, by the real uv; most of it against an index made here."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handmade_wheels import make_wheel, metadata
from hermes_cli.adapters.python_environments import (
    Interpreter,
    PythonEnvironments,
    Recipe,
    find_python,
    interpreters,
    lock,
    newest,
)
from hermes_cli.adapters.python_environments.uv import UvResult, run_uv, uv_environment
from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput, ProjectFailed

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = Path(__file__).parents[2] / "packages"
OURS = """\
[build-system]
requires = ["flit_core>=3"]
build-backend = "flit_core.buildapi"
[project]
name = "idna"
version = "3.0"
description = "ours"
"""
MONTH = 31 * 24 * 3600


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/closed/"):
            self.send_error(401)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Index:
    """A package index on this machine, and beside it others of a company."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def add(self, name: str, version: str, *headers: str, index: str = "public") -> bytes:
        data = make_wheel(stem=f"{name}-{version}", meta=metadata(name, version, *headers))
        folder = self.folder / index / name.replace("_", "-")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{version}-py3-none-any.whl").write_bytes(data)
        links = (
            f'<a href="{path.name}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}">{path.name}</a>'
            for path in sorted(folder.glob("*.whl"))
        )
        (folder / "index.html").write_text("<!DOCTYPE html>" + "\n".join(links))
        return data


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    folder = tmp_path / "index"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    for name in list(os.environ):
        if name.startswith("UV_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{url}/public")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    try:
        yield Index(folder, url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wheel_file(folder: Path, name: str = "sample", version: str = "1.2.0", code: bytes = b"") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    path.write_bytes(make_wheel({f"{name}.py": code}, stem=f"{name}-{version}"))
    return path


def here() -> Interpreter:
    return find_python(None)


# Interpreters


FIRST_QUESTIONS = """
import sysconfig, threading, time
from hermes_cli.adapters.python_environments.uv import uv_version

fill = sysconfig._init_posix

def slowly(variables):
    time.sleep(0.2)
    fill(variables)

sysconfig._init_posix = slowly
versions = []
threads = [threading.Thread(target=lambda: versions.append(uv_version())) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*versions)
"""


def test_the_first_use_of_uv_may_be_by_several_threads_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_QUESTIONS], capture_output=True, text=True, check=True)
    assert (done.stderr, done.stdout.split()) == ("", [done.stdout.split()[0]] * 4)


@pytest.mark.parametrize("wanted", [None, RUNNING, f"{RUNNING}.1"])
def test_the_running_interpreter_is_taken_where_it_fits(wanted: str | None) -> None:
    found = find_python(wanted)
    assert (found.version, found.fits) == (RUNNING, True)
    assert found.wanted == (wanted and RUNNING)
    assert found.path.exists()
    assert not found.path.is_symlink()


def test_without_the_wanted_one_the_running_one_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    found = find_python("3.99")
    assert (found.version, found.wanted, found.fits) == (RUNNING, "3.99", False)


@pytest.mark.parametrize("wanted", ["", "3", "2.7", "3.x", "3.11; rm", "--help", "３.11"])
def test_what_is_no_version_of_python_3(wanted: str) -> None:
    with pytest.raises(InvalidInput, match="not a version of Python 3"):
        find_python(wanted)


def test_a_shim_of_pyenv_does_not_stand_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shims, real = tmp_path / "shims", tmp_path / "versions" / f"{RUNNING}.0" / "bin"
    shims.mkdir()
    real.mkdir(parents=True)
    (shims / f"python{RUNNING}").write_text("#!/bin/sh\nexit 127\n")
    (shims / f"python{RUNNING}").chmod(0o755)
    (real / f"python{RUNNING}").symlink_to(here().path)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{shims}")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "managed"))
    assert interpreters._find(RUNNING) == here().path


# PythonEnvironments


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    recipe = Recipe(wheels=(wheel_file(tmp_path, code=b"ANSWER = 42\n"),))
    environments = PythonEnvironments(tmp_path / "cache")
    made = environments.ensure(recipe, here())
    assert (made.fresh, dict(made.installed)) == (True, {"sample": "1.2.0"})
    again = environments.ensure(recipe, here())
    assert (again.python, again.installed, again.fresh) == (made.python, made.installed, False)
    said = subprocess.run(
        [made.python, "-c", "import sample; print(sample.ANSWER)"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "42\n"


def test_another_recipe_or_interpreter_is_another_environment(tmp_path: Path) -> None:
    environments = PythonEnvironments(tmp_path / "cache")
    first = wheel_file(tmp_path)
    pythons = [environments.ensure(Recipe(wheels=(first,)), here()).python]
    wheel_file(tmp_path, code=b"changed = True\n")
    pythons.append(environments.ensure(Recipe(wheels=(first,)), here()).python)
    pythons.append(environments.ensure(Recipe(wheels=(first,), inputs=("x",)), here()).python)
    link = tmp_path / "python"
    link.symlink_to(here().path)
    other = Interpreter(path=link, version=RUNNING, wanted=None)
    pythons.append(environments.ensure(Recipe(wheels=(first,)), other).python)
    assert len(set(pythons)) == 4


def test_what_is_incomplete_is_made_again(tmp_path: Path) -> None:
    environments = PythonEnvironments(tmp_path / "cache")
    made = environments.ensure(Recipe(), here())
    folder = made.python.parent.parent
    (folder / "rubbish").write_text("")
    (folder / "hermes.json").unlink()
    assert environments.ensure(Recipe(), here()).fresh
    assert not (folder / "rubbish").exists()
    (folder / "hermes.json").write_text('{"instal')
    assert environments.ensure(Recipe(), here()).fresh
    made.python.unlink()
    made.python.symlink_to("/nonexistent/python")
    assert environments.ensure(Recipe(), here()).fresh, "its interpreter was uninstalled"


def test_a_failing_install_leaves_nothing(index: Index, tmp_path: Path) -> None:
    index.add("one", "1.0", "Requires-Dist: absent_thing")
    cache = tmp_path / "cache"
    with pytest.raises(ProjectFailed) as caught:
        PythonEnvironments(cache).ensure(Recipe(requirements=("one",)), here())
    assert "absent-thing" in (caught.value.detail or "")
    assert not [path for path in cache.iterdir() if path.is_dir()]


@pytest.mark.parametrize("line", ["--index-url=http://127.0.0.1:1/", "-e .", "a b", "", "./folder"])
def test_a_requirement_is_never_an_option(tmp_path: Path, line: str) -> None:
    with pytest.raises(ProjectFailed, match="is not a requirement"):
        PythonEnvironments(tmp_path / "cache").ensure(Recipe(requirements=(line,)), here())


def test_a_cache_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HermesError, match="cannot be written") as caught:
        PythonEnvironments(tmp_path / "file" / "cache").ensure(Recipe(), here())
    assert "HERMES_CACHE_DIR" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "said",
    [
        "failed to write to file `/c/CACHEDIR.TAG`: No space left on device (os error 28)",
        "failed to create directory `/c/builds`: Read-only file\nsystem (os error 30)",
    ],
)
def test_a_full_disk_is_not_the_projects_fault(said: str) -> None:
    failure = UvResult(code=2, stdout="", reason=said).failure("it cannot be installed", ProjectFailed)
    assert type(failure) is HermesError
    assert failure.message.startswith("it cannot be installed: ")
    assert "HERMES_CACHE_DIR" in (failure.hint or "")


def test_of_two_processes_one_makes_it_and_the_other_waits(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from hermes_cli.adapters.python_environments import PythonEnvironments, Recipe, find_python\n"
        "recipe = Recipe(wheels=(Path(sys.argv[2]),))\n"
        "made = PythonEnvironments(Path(sys.argv[1])).ensure(recipe, find_python(None))\n"
        "print(made.fresh, dict(made.installed))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cache"), str(wheel_file(tmp_path))]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(run.communicate(timeout=120)[0].strip() for run in runs)
    assert said == [*["False {'sample': '1.2.0'}"] * 2, "True {'sample': '1.2.0'}"]


def test_what_nobody_uses_is_swept(tmp_path: Path) -> None:
    environments = PythonEnvironments(tmp_path)
    kept, old, half = (
        environments.ensure(Recipe(inputs=(name,)), here()).python.parent.parent
        for name in ("kept", "old", "half")
    )
    past = time.time() - MONTH
    os.utime(kept, (past, past))
    os.utime(old / "hermes.json", (past, past))
    (half / "hermes.json").unlink()
    os.utime(half, (past, past))
    (tmp_path / "other-things").mkdir()
    os.utime(tmp_path / "other-things", (past, past))
    assert sorted(environments.sweep()) == sorted([old, half])
    assert [kept.exists(), old.exists(), half.exists()] == [True, False, False]
    assert (tmp_path / "other-things").exists()


def test_use_keeps_an_environment_and_a_lock_guards_it(tmp_path: Path) -> None:
    environments = PythonEnvironments(tmp_path)
    folder = environments.ensure(Recipe(), here()).python.parent.parent
    past = time.time() - MONTH
    os.utime(folder / "hermes.json", (past, past))
    with Path(f"{folder}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert environments.sweep() == []
    environments.ensure(Recipe(), here())
    assert environments.sweep() == []


def test_editable_projects_and_groups(tmp_path: Path) -> None:
    """Needs a package index for the backend of the editable project."""
    project = tmp_path / "with_hatchling"
    subprocess.run(["cp", "-R", str(PACKAGES / "with_hatchling"), str(project)], check=True)
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[dependency-groups]\ntest = ["iniconfig"]\n')
    made = PythonEnvironments(tmp_path / "cache").ensure(
        Recipe(editable=(project,), groups=(f"{project / 'pyproject.toml'}:test",)), here()
    )
    assert set(made.installed) == {"with-hatchling", "packaging", "iniconfig"}
    (project / "with_hatchling" / "__init__.py").write_text("ANSWER = 43\n")
    said = subprocess.run(
        [made.python, "-c", "import with_hatchling; print(with_hatchling.ANSWER)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "43\n"


def needs(index: Index, what: str) -> None:
    """A package `http` of the index that needs another one of it."""
    index.add(what, "2.0")
    index.add("http", "1.0", f"Requires-Dist: {what}>=1", "Requires-Dist: other; sys_platform == 'win32'")


@pytest.mark.parametrize(
    ("wanted", "names", "says"),
    [
        ("http", {"idna"}, "http needs idna, which is or was a project of this repo"),
        ("idna", {"idna"}, "the project needs idna"),
        ("http", {"other", "http-more"}, None),
    ],
)
def test_a_name_of_the_repo_never_comes_from_an_index(
    index: Index, tmp_path: Path, wanted: str, names: set[str], says: str | None
) -> None:
    needs(index, "idna")
    recipe = Recipe(requirements=(wanted,), own_names=frozenset(names))
    environments = PythonEnvironments(tmp_path / "cache")
    if says is None:
        assert set(environments.ensure(recipe, here()).installed) == {"http", "idna"}
        assert lock([wanted], python="3.11", own_names=names).startswith("http==1.0 ")
        return
    for work in (
        lambda: environments.ensure(recipe, here()),
        lambda: lock([wanted], python="3.11", own_names=names),
    ):
        with pytest.raises(ProjectFailed, match=says) as caught:
            work()
        assert 'allow-from-index = ["idna"]' in (caught.value.hint or "")


def test_an_environment_from_before_a_project_of_that_name_is_not_used_again(
    index: Index, tmp_path: Path
) -> None:
    needs(index, "idna")
    environments = PythonEnvironments(tmp_path / "cache")
    plain = environments.ensure(Recipe(requirements=("http",)), here())
    with pytest.raises(ProjectFailed, match="http needs idna"):
        environments.ensure(Recipe(requirements=("http",), own_names=frozenset({"idna"})), here())
    again = environments.ensure(Recipe(requirements=("http",), own_names=frozenset({"shop"})), here())
    assert (again.python, again.fresh) == (plain.python, True)


def test_a_package_of_an_index_may_not_need_a_library_of_the_repo(index: Index, tmp_path: Path) -> None:
    needs(index, "idna")
    own = local_wheel(tmp_path, "idna", "3.0")
    with pytest.raises(ProjectFailed, match="http needs idna, which is or was a project of this repo"):
        lock(["http"], python="3.11", wheels={"idna": own}, own_names={"idna"})
    assert lock(["http"], python="3.11", wheels={"idna": own}).startswith("http==1.0 ")
    project = tmp_path / "idna"
    project.mkdir()
    project.joinpath("pyproject.toml").write_text(OURS)
    recipe = Recipe(requirements=("http",), editable=(project,), own_names=frozenset({"idna"}))
    with pytest.raises(ProjectFailed, match="http needs idna, which is or was a project of this repo"):
        PythonEnvironments(tmp_path / "cache").ensure(recipe, here())


# Locks


def test_a_lock_has_pins_and_hashes_and_nothing_else(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add("one", "1.0")
    data = index.add("one", "2.0", "Requires-Dist: two>=1", "Requires-Dist: gone; sys_platform == 'win32'")
    two = index.add("two", "1.5")
    config = tmp_path / "uv.toml"
    config.write_text(
        "[pip]\nemit-index-url = true\nemit-find-links = true\nemit-index-annotation = true\n"
        'annotation-style = "line"\n'
    )
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("UV_CONFIG_FILE", str(config))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    expected = (
        f"one==2.0 \\\n    --hash=sha256:{hashlib.sha256(data).hexdigest()}\n"
        f"two==1.5 \\\n    --hash=sha256:{hashlib.sha256(two).hexdigest()}\n"
    )
    assert lock(["One"], python="3.11") == expected
    assert newest(["One"], python="3.11") == {"one": "2.0", "two": "1.5"}


def test_a_lock_is_for_its_python_and_for_linux(index: Index) -> None:
    index.add("one", "1.0", "Requires-Python: >=3.8")
    index.add("one", "2.0", "Requires-Python: >=3.12")
    assert lock(["one"], python="3.11").startswith("one==1.0 ")
    assert lock(["one"], python="3.12").startswith("one==2.0 ")
    assert lock(["one; sys_platform != 'linux'"], python="3.12") == ""


def test_no_requirements_need_no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("uv.find_uv_bin", missing)
    assert lock([], python="3.11") == ""
    assert newest([], python="3.11") == {}
    with pytest.raises(HermesError, match="uv is not installed"):
        lock(["one"], python="3.11")


def test_a_private_index_wins_over_a_higher_version_elsewhere(index: Index) -> None:
    index.add("one", "1.0", index="company")
    index.add("one", "9.9")
    private = {"company": f"{index.url}/company"}
    assert lock(["one"], python="3.11", indexes=private).startswith("one==1.0 ")
    assert index.url not in lock(["one"], python="3.11", indexes=private)
    assert newest(["one"], python="3.11", indexes=private) == {"one": "1.0"}


def test_a_lock_is_installed_and_checked(index: Index, tmp_path: Path) -> None:
    index.add("one", "1.0", "Requires-Dist: two", index="company")
    index.add("two", "1.0", index="company")
    private = {"company": f"{index.url}/company"}
    text = lock(["one"], python=RUNNING, indexes=private)
    environments = PythonEnvironments(tmp_path / "cache", indexes=private)
    made = environments.ensure(
        Recipe(lock=text, wheels=(wheel_file(tmp_path),), requirements=("one",)), here()
    )
    assert dict(made.installed) == {"one": "1.0", "sample": "1.2.0", "two": "1.0"}
    digest = text.split("sha256:")[1][:64]
    with pytest.raises(ProjectFailed) as caught:
        environments.ensure(Recipe(lock=text.replace(digest, "0" * 64)), here())
    assert "ash" in (caught.value.detail or "")
    with pytest.raises(ProjectFailed):
        environments.ensure(Recipe(lock="one==1.0\ntwo==1.0\n"), here())


@pytest.mark.parametrize(
    ("requirements", "says", "detail"),
    [
        (["absent-thing"], "there is no package absent-thing", ""),
        (["one>=3"], "cannot be resolved", "one>=3"),
        (["one<2", "two"], "cannot be resolved", "two"),
    ],
)
def test_what_cannot_be_resolved_is_named(
    index: Index, requirements: list[str], says: str, detail: str
) -> None:
    index.add("one", "1.0")
    index.add("one", "2.0")
    index.add("two", "1.0", "Requires-Dist: one>=2")
    with pytest.raises(ProjectFailed, match=says) as caught:
        lock(requirements, python="3.11")
    assert detail in (caught.value.detail or "")
    with pytest.raises(InvalidInput, match=says) as refused:
        newest(requirements, python="3.11")
    assert refused.value.hint


def test_what_comes_from_no_index_cannot_be_locked(index: Index, tmp_path: Path) -> None:
    path = wheel_file(tmp_path)
    with pytest.raises(ProjectFailed, match="sample cannot be locked"):
        lock([f"sample @ {path.as_uri()}"], python="3.11")


def local_wheel(folder: Path, name: str, version: str, *headers: str) -> Path:
    """A wheel of the repo itself."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    path.write_bytes(make_wheel(stem=f"{name}-{version}", meta=metadata(name, version, *headers)))
    return path


def test_wheels_of_the_repo_give_their_requirements_and_are_left_out(index: Index, tmp_path: Path) -> None:
    for name in ("one", "two", "three", "slow", "app", "our_lib"):
        index.add(name, "9.0", "Requires-Dist: wrong")
    for name in ("one", "two", "three", "four"):
        index.add(name, "1.0")
    app = local_wheel(
        *(tmp_path, "app", "1.2.0", "Requires-Dist: Our.Lib[fast]>=0.5", "Requires-Dist: app[all]"),
        *("Provides-Extra: all", "Requires-Dist: two<2; extra == 'all'"),
    )
    library = local_wheel(
        *(tmp_path, "our_lib", "0.7", "Requires-Dist: four", "Provides-Extra: fast", "Provides-Extra: slow"),
        *("Requires-Dist: one<2; extra == 'fast'", "Requires-Dist: slow; extra == 'slow'"),
    )
    text = lock(["three<2"], python="3.11", wheels={"App": app, "our-lib": library})
    pins = [line.split(" ")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert pins == ["four==1.0", "one==1.0", "three==1.0", "two==1.0"]
    assert text.count("--hash=sha256:") == 4
    assert "lib" not in text
    assert "app" not in text
    assert str(tmp_path) not in text
    assert lock([], python="3.11", wheels={"plain": local_wheel(tmp_path, "plain", "1.0")}) == ""


def test_a_wheel_of_the_repo_that_does_not_fit(index: Index, tmp_path: Path) -> None:
    index.add("common", "2.5")
    app = local_wheel(tmp_path, "app", "1.0", "Requires-Dist: common>=2")
    common = local_wheel(tmp_path, "common", "1.2.0")
    with pytest.raises(ProjectFailed, match="cannot be resolved"):
        lock([], python="3.11", wheels={"app": app, "common": common})
    assert lock([], python="3.11", wheels={"app": app}).startswith("common==2.5")


def test_an_index_that_is_not_there_and_one_that_is_closed(index: Index) -> None:
    with pytest.raises(HermesError, match="could not be reached") as caught:
        lock(["one"], python="3.11", indexes={"away": "http://127.0.0.1:1/simple"})
    assert type(caught.value) is HermesError
    assert "contradict" not in caught.value.message  # nobody knows yet what the requirements do
    with pytest.raises(AccessDenied, match="refuses these credentials") as denied:
        newest(["one"], python="3.11", indexes={"closed": f"{index.url}/closed"})
    assert "UV_INDEX_" in (denied.value.hint or "")


def test_a_certificate_that_is_not_known_names_the_variable_for_the_companys() -> None:
    reason = (
        "error sending request for url (https://x/simple/)\ncause: invalid peer certificate: UnknownIssuer"
    )
    failure = UvResult(code=2, stdout="", reason=reason).failure("it cannot be had", ProjectFailed)
    assert "certificate" in failure.message
    assert (failure.hint or "").startswith("set SSL_CERT_FILE to ")
    assert failure.detail == reason


def test_credentials_are_never_shown(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="index acme-x holds credentials") as caught:
        lock(["one"], python="3.11", indexes={"acme-x": "https://me:hush@127.0.0.1/simple"})
    assert "UV_INDEX_ACME_X_PASSWORD" in (caught.value.hint or "")
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url.replace("//", "//me:hush@") + "/closed")
    with pytest.raises(HermesError) as refused:
        lock(["one"], python="3.11")
    said = run_uv(["pip", "compile", "https://me:hush@127.0.0.1/requirements.in", "--offline"]).reason
    assert "127.0.0.1" in said
    assert "hush" not in json.dumps([said, vars(caught.value), vars(refused.value)])


def test_what_uv_sees_of_the_callers_variables() -> None:
    kept = (
        "UV_INDEX_URL",
        "UV_INDEX_A_PASSWORD",
        "UV_CACHE_DIR",
        "UV_OFFLINE",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
    )
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PRERELEASE", "UV_CONSTRAINT", "UV_SYSTEM_PYTHON", "UV_PYTHON")
    assert uv_environment(dict.fromkeys((*kept, *dropped), "x")) == dict.fromkeys(kept, "x")


def test_names_of_the_repo_that_nothing_asks_for_are_not_looked_for(tmp_path: Path) -> None:
    recipe = Recipe(own_names=frozenset({"other"}))
    assert PythonEnvironments(tmp_path / "cache").ensure(recipe, here()).installed == {}
