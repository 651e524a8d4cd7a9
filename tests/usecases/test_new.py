"""hermes new: which answers hold, which can be used, and what is left when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hermes_cli.adapters.hermes_requirement import DISTRIBUTION, recorded_requirement
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput, Refused
from hermes_cli.domain.settings import Layer
from hermes_cli.usecases.new import new_repo
from hermes_cli.usecases.repo.workspace import open_workspace
from hermes_cli.usecases.templates.answer_checks import check_answer, known_answers, naming_defaults
from hermes_cli.usecases.templates.questions import DEFAULT_TEMPLATE, is_trusted, open_questions
from hermes_cli.usecases.templates.scaffolding import new_project
from sample_repos import isolate, sh, write

EXACT = f"{DISTRIBUTION}==0.1.0"
WORKFLOW = "acme/hermes-workflows/.github/workflows/hermes.yml@v1"
SILENT = {"team": "growth", "hermes_requirement": EXACT, "ci": "none"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return tmp_path / "home"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def make(name: str, into: Path, spec: str = DEFAULT_TEMPLATE, **answers: str) -> tuple[str, ...]:
    report = new_repo(name, spec, {**SILENT, **answers}, into, notify=lambda event: None)
    assert report.path == into / name
    return report.notes


# the repo


def test_a_repo_is_made_with_one_commit_on_main(into: Path) -> None:
    assert make("shop", into, team="growth", dev_bucket="a-dev") == ()
    root = into / "shop"
    assert sh(root, "git", "log", "--format=%an %D") == "Some One HEAD -> main"
    assert sh(root, "git", "status", "--porcelain") == ""
    assert [path.name for path in into.iterdir()] == ["shop"]
    workspace = open_workspace(root, {})
    assert [project.name for project in workspace.projects] == ["shop"]
    assert (workspace.settings.team, workspace.settings.environment("dev").bucket) == ("growth", "a-dev")
    template = workspace.settings.template
    assert template is not None
    assert template.source == DEFAULT_TEMPLATE
    assert template.answers["team"] == "growth"
    assert template.answers["repo_id"] == workspace.settings.repo_id


def test_what_a_company_has_decided_holds_in_a_new_repo_without_standing_in_it(
    into: Path, tmp_path: Path
) -> None:
    defaults = tmp_path / "defaults.toml"
    defaults.write_text(
        '[environments.dev]\nbucket = "a-dev"\nrole-arn = "arn:aws:iam::111111111111:role/dev"\n'
        '[indexes]\nacme = "https://packages.acme.example/simple"\n'
    )
    make("shop", into, dev_bucket="a-dev")
    assert "role-arn" not in (into / "shop" / "hermes.toml").read_text()
    settings = open_workspace(into / "shop", {"HERMES_DEFAULTS": str(defaults)}).settings
    assert settings.environment("dev").role_arn == "arn:aws:iam::111111111111:role/dev"
    assert settings.indexes == {"acme": "https://packages.acme.example/simple"}


def test_the_defaults_name_the_templates_whose_code_may_run() -> None:
    layer = Layer(source="company", data={"new": {"trust": ["https://git.acme.example/t.git"]}})
    for spec, trusted in {
        "https://git.acme.example/t.git": True,
        "https://git.acme.example/t.git@v2": True,
        "https://git.acme.example/t.git.evil": False,
        "https://git.other.example/t.git": False,
    }.items():
        assert is_trusted(spec, False, [layer]) == trusted
        assert is_trusted(spec, True, [])
    with pytest.raises(InvalidInput, match="trust must be a list"):
        is_trusted("x", False, [Layer(source="company", data={"new": {"trust": "all"}})])


def test_every_repo_has_an_id_of_its_own(into: Path) -> None:
    make("one", into, project="first")
    make("two", into, project="first")
    ids = {open_workspace(into / name, {}).settings.repo_id for name in ("one", "two")}
    assert len(ids) == 2
    assert "" not in ids


@pytest.mark.parametrize(
    ("name", "project"), [("My.Shop", "my_shop"), ("3d-shop", "p3d_shop"), ("a--b", "a_b")]
)
def test_the_first_project_is_named_after_the_repo(into: Path, name: str, project: str) -> None:
    make(name, into)
    assert [one.name for one in open_workspace(into / name, {}).projects] == [project]


def test_without_a_git_identity_it_says_what_to_set(
    into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolate(tmp_path / "home", monkeypatch, identity=False)
    (note,) = make("shop", into)
    assert "git config --global user.name" in note


def test_a_ci_that_knows_no_hermes_is_noted(into: Path) -> None:
    (note,) = make("shop", into, ci="github", hermes_requirement="")
    assert "build_tools/hermes-requirement.txt" in note
    assert make("cart", into, ci="none", hermes_requirement="") == ()
    assert make("till", into, ci="github", hermes_requirement="", workflow=WORKFLOW) == ()


def test_a_repo_within_another_repository_is_noted(into: Path) -> None:
    sh(into, "git", "init", "--quiet")
    (into / "deep").mkdir()
    (note,) = make("shop", into / "deep")
    assert f"another git repository, {into}:" in note


def test_a_team_that_nobody_named_is_noted(into: Path) -> None:
    report = new_repo("shop", DEFAULT_TEMPLATE, {"ci": "none"}, into, notify=lambda event: None)
    assert [note for note in report.notes if 'team = "my-team"' in note]


def test_nothing_that_is_there_is_touched(into: Path) -> None:
    (into / "shop").mkdir()
    (into / "link").symlink_to("nowhere")
    for name in ("shop", "link"):
        with pytest.raises(Conflict, match="is there already") as caught:
            make(name, into)
        assert caught.value.hint
    assert sorted(path.name for path in into.iterdir()) == ["link", "shop"]
    assert list((into / "shop").iterdir()) == []


def test_the_folder_around_it_is_made_and_goes_again_where_that_fails(into: Path) -> None:
    make("shop", into / "deep" / "er")
    with pytest.raises(InvalidInput):
        make("class", into / "new" / "er")
    assert [path.name for path in into.iterdir()] == ["deep"]
    (into / "file").write_text("")
    with pytest.raises(HermesError, match="cannot be written"):
        make("shop", into / "file")


@pytest.mark.parametrize(
    ("name", "answers", "message", "hint"),
    [
        ("class", {}, "'class' is a keyword", "--project class_report"),
        ("json", {}, "standard library", "--project json_report"),
        ("test", {}, "another meaning", "--project test_report"),
        ("shop", {"project": "Class"}, "'Class' is not a project name", "lowercase"),
        ("shop", {"team": "Growth"}, "'Growth' is not a team name", "lowercase"),
        ("a/b", {}, "'a/b' is not a repo name", "letters"),
        (".shop", {}, "'.shop' is not a repo name", "such as shop"),
        ("Sales Report", {}, "'Sales Report' is not a repo name", "such as Sales-Report"),
        ("shop", {"dev_bucket": "A_B"}, "'A_B' is not a bucket name", "3 to 63"),
        (
            "shop",
            {"dev_bucket": "a-b", "prod_bucket": "a-b"},
            "dev and prod have one bucket",
            "--prod-bucket",
        ),
        ("shop", {"region": "europe"}, "'europe' is not an AWS region", "eu-west-1"),
        ("shop", {"python": "3"}, "'3' is not a minor version", "3.11"),
        ("shop", {"python": "3.8"}, "'3.8' is not one of 3.9 to 3.16", "3.11"),
        ("shop", {"python": "3.99"}, "'3.99' is not one of 3.9 to 3.16", "3.11"),
        ("shop", {"workflow": "reusable"}, "'reusable' names no reusable workflow", "acme/"),
        ("shop", {"workflow": "acme/x/.github/workflows/a.yml"}, "names no reusable workflow", "@v1"),
        ("shop", {"ci": "gitlab"}, "'gitlab' is not one of github, travis, none", ""),
        ("shop", {"hermes_requirement": DISTRIBUTION}, "does not say exactly", "--hermes-requirement"),
        ("shop", {"default_branch": "a..b"}, "a..b", ""),
    ],
)
def test_an_answer_that_cannot_be_used_leaves_nothing(
    into: Path, name: str, answers: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(name, into, **answers)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "message"),
    [("README.md", "has no hermes.toml"), ("{{ cookiecutter.absent }}", "absent")],
)
def test_a_template_that_fails_half_way_leaves_nothing(
    into: Path, tmp_path: Path, file: str, message: str
) -> None:
    template = tmp_path / "template"
    write(template, {"cookiecutter.json": '{"repo": "x"}', f"{{{{cookiecutter.repo}}}}/{file}": "text"})
    with pytest.raises(InvalidInput, match=message):
        make("shop", into, str(template))
    assert list(into.iterdir()) == []


# the answers


def test_options_win_over_the_user_and_the_user_over_the_company() -> None:
    company = {
        "team": "company",
        "environments": {"dev": {"bucket": "c-dev", "region": "eu-west-1"}, "prod": {"bucket": "c-prod"}},
        "new": {
            "ci": "travis",
            "template": "https://host/t.git",
            "hermes-requirement": EXACT,
            "workflow": WORKFLOW,
        },
    }
    user = {"team": "user", "environments": {"dev": {"python": "3.11"}}}
    layers = [Layer(source="1", data=company), Layer(source="2", data=user)]
    given = {"ci": "none", "team": None, "dev_bucket": ""}
    assert known_answers(given, layers) == {
        "team": "user",
        "dev_bucket": "",
        "prod_bucket": "c-prod",
        "region": "eu-west-1",
        "python": "3.11",
        "ci": "none",
        "template": "https://host/t.git",
        "hermes_requirement": EXACT,
        "workflow": WORKFLOW,
    }
    assert known_answers({"team": None}, []) == {}


@pytest.mark.parametrize(
    ("defaults", "option", "said"),
    [
        ({"new": {"ci": "jenkins"}}, None, "mine.toml: ci: 'jenkins' is not one of github, "),
        ({"environments": {"dev": {"bucket": "No"}}}, None, "mine.toml: 'No' is not a bucket name"),
        ({"new": {"ci": "jenkins"}}, "jenkins", "ci: 'jenkins' is not one of github, "),
        ({"new": {"ci": "github"}}, "jenkins", "ci: 'jenkins' is not one of github, "),
    ],
)
def test_a_default_that_cannot_be_used_is_named_with_its_file(
    into: Path, defaults: dict[str, object], option: str | None, said: str
) -> None:
    layers = [Layer(source="company.toml", data={"team": "a"}), Layer(source="mine.toml", data=defaults)]
    given = {"ci": option}
    with pytest.raises(InvalidInput) as caught, naming_defaults(given, layers):
        make("shop", into, **known_answers(given, layers))
    assert caught.value.message.startswith(said)
    assert caught.value.hint or option
    assert list(into.iterdir()) == []


def test_a_person_is_asked_what_the_options_do_not_say() -> None:
    answers = {"repo": "my-shop", "team": "company", "dev_bucket": "c-dev"}
    given = {"dev_bucket": None, "team": None, "region": "eu-west-2"}
    asked = {ask.name: ask for ask in open_questions(DEFAULT_TEMPLATE, answers, given)}
    assert set(asked) == {"team", "project", "dev_bucket", "prod_bucket", "python", "ci"}
    assert asked["team"].default == "company"
    assert asked["dev_bucket"].default == "c-dev"
    assert asked["project"].default == "my_shop"
    assert "github" in asked["ci"].choices
    assert all(ask.prompt for ask in asked.values())


def test_questions_of_a_template_with_code_are_read_only_where_it_is_trusted(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "pre_gen_project.py").write_text("")
    (tmp_path / "cookiecutter.json").write_text('{"repo": "shop", "colour": "red"}')
    (tmp_path / "{{cookiecutter.repo}}").mkdir()
    with pytest.raises(Refused, match=r"hooks/pre_gen_project\.py"):
        open_questions(str(tmp_path), {}, {})
    assert [ask.name for ask in open_questions(str(tmp_path), {}, {}, trusted=True)] == ["colour"]


EXACTLY = [
    EXACT,
    f"{DISTRIBUTION.upper().replace('-', '_')}==0.1.0",
    f"{DISTRIBUTION}===0.1.0",
    f"{DISTRIBUTION} @ https://host/x.whl#sha256={'0' * 64}",
    f"{DISTRIBUTION} @ git+https://host/x.git@{'a' * 40}",
    "",
]
VAGUELY = [
    DISTRIBUTION,
    f"{DISTRIBUTION}>=0.1",
    f"{DISTRIBUTION}==0.1.*",
    f"{DISTRIBUTION}~=0.1",
    f"{DISTRIBUTION}==0.1,==0.2",
    "hermes-cli==0.1.0",
    "other @ https://host/x.whl",
    "not a requirement",
    "https://host/x.whl",
]


@pytest.mark.parametrize("text", EXACTLY)
def test_a_requirement_that_says_exactly_which_hermes(text: str) -> None:
    assert check_answer("hermes_requirement", text) == text


@pytest.mark.parametrize("text", VAGUELY)
def test_a_requirement_that_an_outsider_could_meet(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_answer("hermes_requirement", text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "where",
    ["https://user:secret@host/x.whl", "git+https://secret@host/h.git", "git+https://git:secret@host/h.git"],
)
def test_a_requirement_with_credentials_is_refused_and_they_are_not_repeated(where: str) -> None:
    with pytest.raises(InvalidInput, match="holds credentials") as caught:
        check_answer("hermes_requirement", f"{DISTRIBUTION} @ {where}")
    assert "secret" not in caught.value.message
    fine = f"{DISTRIBUTION} @ git+ssh://git@host/h.git@{'a' * 40}"
    assert check_answer("hermes_requirement", fine) == fine


# where this Hermes was installed from

SHA1, SHA256 = "a" * 40, "0" * 64
URL = "https://host/hermes.git"


@pytest.mark.parametrize(
    ("record", "requirement"),
    [
        (None, None),
        ({"url": URL, "vcs_info": {"vcs": "git", "commit_id": SHA1}}, f"git+{URL}@{SHA1}"),
        (
            {
                "url": URL,
                "vcs_info": {"vcs": "git", "commit_id": SHA1, "requested_revision": "main"},
                "subdirectory": "py",
            },
            f"git+{URL}@{SHA1}#subdirectory=py",
        ),
        (
            {"url": "ssh://git@host/h.git", "vcs_info": {"vcs": "git", "commit_id": SHA1}},
            f"git+ssh://git@host/h.git@{SHA1}",
        ),
        (
            {"url": "https://host/h.whl", "archive_info": {"hashes": {"sha256": SHA256}}},
            f"https://host/h.whl#sha256={SHA256}",
        ),
        ({"url": "https://host/h.whl", "archive_info": {}}, "https://host/h.whl"),
        (
            {"url": "https://host/h.whl", "archive_info": {"hash": f"sha256={SHA256}"}},
            f"https://host/h.whl#sha256={SHA256}",
        ),
        ({"url": "file:///srv/hermes", "dir_info": {"editable": True}}, None),
        ({"url": "file:///srv/h.whl", "archive_info": {"hashes": {"sha256": SHA256}}}, None),
        ({"url": "https://user:secret@host/h.whl", "archive_info": {}}, None),
        ({"url": "https://${TOKEN}@host/h.git", "vcs_info": {"vcs": "git", "commit_id": SHA1}}, None),
        ({"url": URL, "vcs_info": {"vcs": "git"}}, None),
        ({"url": URL}, None),
        ({}, None),
        ([], None),
        ("not JSON", None),
    ],
)
def test_the_installers_record_becomes_a_requirement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: object, requirement: str | None
) -> None:
    folder = "site/hermes_data_products-9.9.dist-info"
    write(tmp_path, {f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 9.9\n"})
    if record is not None:
        text = record if isinstance(record, str) else json.dumps(record)
        write(tmp_path, {f"{folder}/direct_url.json": text})
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    wanted = None if requirement is None else f"{DISTRIBUTION} @ {requirement}"
    assert recorded_requirement() == wanted
    if wanted is not None:
        assert check_answer("hermes_requirement", wanted) == wanted


def test_a_failure_of_git_leaves_nothing(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(into))
    with pytest.raises(HermesError, match="git cannot be started"):
        make("shop", into)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    ("project", "package"),
    [("pandas", "pandas"), ("sklearn", "scikit-learn"), ("scikit-learn", "scikit-learn"), ("sales", None)],
)
def test_a_project_that_shadows_a_package_of_the_index_is_told(
    into: Path, project: str, package: str | None
) -> None:
    notes = make("shop", into, project=project)
    assert [note for note in notes if note.startswith(f"{project} shadows a package")] == list(notes)
    assert [package in note for note in notes if package] == [True] * bool(package)
    workspace = open_workspace(into / "shop", {})
    report = new_project(workspace, "numpy" if package else "costs", notify=lambda event: None)
    assert bool(report.notes) is bool(package)
