"""The places of a run on this machine: plain paths that exist, a user's own, and what a run wrote there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.usecases.running.places import Places, changed_files, files_below, find_places, listed
from sample_repos import isolate, make_repo, opened, write


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    root = make_repo(tmp_path / "a repo é")
    monkeypatch.chdir(root)
    return root


def found(repo: Path, environment: str | None = None, **variables: str) -> Places:
    return find_places(opened(repo, **variables), "shop", environment)


@pytest.mark.parametrize("environment", [None, "local", "dev", "staging"])
def test_places_are_folders_of_the_repo_that_exist(repo: Path, environment: str | None) -> None:
    assert found(repo, environment) == Places(
        products=f"{repo}/.hermes/products", input=f"{repo}/.hermes/input"
    )
    assert (repo / ".hermes/products/shop").is_dir()
    assert (repo / ".hermes/input").is_dir()


def test_what_runs_in_prod_has_no_input_whatever_the_user_says(repo: Path) -> None:
    assert found(repo, "prod", HERMES_INPUT="mine").input is None
    assert found(repo, "prod").products == f"{repo}/.hermes/products"
    assert not (repo / "mine").exists()


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("my products", "{repo}/my products"),
        ("./out/", "{repo}/out"),
        ("../out", "{repo}/../out"),
        ("~/out", "{home}/out"),
        ("{home}/deep/er", "{home}/deep/er"),
        ("file://{home}/a%20b%C3%A9", "{home}/a bé"),
        ("file:{home}/x", "{home}/x"),
        ("FILE://localhost{home}/x", "{home}/x"),
    ],
)
def test_a_users_own_place_is_a_plain_path_whose_folder_is_made(
    repo: Path, monkeypatch: pytest.MonkeyPatch, said: str, place: str
) -> None:
    home = os.environ["HOME"]
    said, place = (text.format(home=home, repo=repo) for text in (said, place))
    places = found(repo, HERMES_PRODUCTS=said, HERMES_INPUT=said)
    assert places == Places(products=place, input=place)
    assert Path(place, "shop").is_dir()


@pytest.mark.parametrize("uri", ["s3://bucket/a b", "s3a://b/c", "dbfs:/mnt/x", "abfss://c@a.dfs.core/x"])
def test_a_place_elsewhere_stays_as_it_is_and_nothing_is_made(repo: Path, uri: str) -> None:
    before = sorted(path.name for path in repo.iterdir())
    assert found(repo, HERMES_PRODUCTS=uri, HERMES_INPUT=uri) == Places(products=uri, input=uri)
    assert sorted(path.name for path in repo.iterdir()) == before


@pytest.mark.parametrize(("variable", "below"), [("HERMES_PRODUCTS", "/shop"), ("HERMES_INPUT", "")])
def test_a_folder_that_cannot_be_made_is_one_sentence(repo: Path, variable: str, below: str) -> None:
    write(repo, {"taken": "a file"})
    for said in ("taken", "taken/out"):
        with pytest.raises(InvalidInput) as caught:
            found(repo, **{variable: said})
        start = f"the folder {repo}/{said}{below}, for {variable}, cannot be made: "
        assert caught.value.message.startswith(start)
        assert caught.value.hint == f"set {variable} to a folder that you may write to"


def test_a_folder_of_another_machine_is_refused(repo: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        found(repo, HERMES_PRODUCTS="file://server/share")
    assert "HERMES_PRODUCTS is file://server/share" in caught.value.message
    assert caught.value.hint


def test_an_empty_variable_says_nothing(repo: Path) -> None:
    assert found(repo, HERMES_PRODUCTS="", HERMES_INPUT="") == found(repo)


def test_files_that_are_new_or_other_ones_are_found(tmp_path: Path) -> None:
    write(tmp_path, {"same.csv": "x", "touched.csv": "x", "deep/longer.csv": "x", "gone.csv": "x"})
    (tmp_path / "link.csv").symlink_to("touched.csv")
    before = files_below(str(tmp_path))
    assert changed_files(str(tmp_path), before) == ()
    write(tmp_path, {"deep/longer.csv": "xy", "new/er/new.csv": "x"})
    os.utime(tmp_path / "touched.csv", ns=(0, 1))
    (tmp_path / "gone.csv").unlink()
    assert changed_files(str(tmp_path), before) == (
        "deep/longer.csv",
        "link.csv",
        "new/er/new.csv",
        "touched.csv",
    )


def test_a_file_that_another_took_the_place_of_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "x", "other": "y"})
    for name in ("a.csv", "other"):
        os.utime(tmp_path / name, ns=(5, 5))
    before = files_below(str(tmp_path))
    (tmp_path / "other").replace(tmp_path / "a.csv")
    assert changed_files(str(tmp_path), before) == ("a.csv",)


def test_no_files_are_compared_elsewhere_or_where_there_are_too_many(tmp_path: Path) -> None:
    write(tmp_path, {f"{number}.csv": "" for number in range(5)})
    assert files_below("s3://bucket/x") is None
    assert files_below(str(tmp_path), most=4) is None
    assert len(files_below(str(tmp_path), most=5) or ()) == 5
    assert changed_files("s3://bucket/x", None) == ()
    assert len(changed_files(str(tmp_path), {})) == 5


@pytest.mark.parametrize(
    ("count", "text"), [(1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (9, "0, 1, 2 and 6 more")]
)
def test_a_few_names_and_how_many_more(count: int, text: str) -> None:
    assert listed([str(number) for number in range(count)]) == text
