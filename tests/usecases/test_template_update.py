"""hermes template update: which state, which answers, which projects; all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.adapters.git import Git, apply_merge, command
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput, Refused
from hermes_cli.usecases.template_update import BEHIND, CURRENT, UPDATED, UpdateRequest, check, update
from hermes_cli.usecases.templates.questions import Ask
from hermes_cli.usecases.templates.scaffolding import new_project, new_script
from sample_repos import commit, isolate, opened, sh, write
from sample_templates import FIRST, TEN, Pair, both, make_pair, nothing, put, remove, replace

LATER = replace("README.md", "line 9", "line nine")
PROJECT = "{{cookiecutter.project}}"
PACKAGE = f"{PROJECT}/{{{{cookiecutter.__package}}}}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path / "home", monkeypatch)


def quiet(event: object) -> None:
    del event


# which state


def test_a_repo_at_a_version_follows_the_highest_one(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    assert pair.check().state == CURRENT
    pair.release("v1.10", LATER)
    pair.release("v1.9", nothing)
    pair.release("v2.0rc1", nothing)
    pair.release("nightly", nothing)
    report = pair.check()
    assert (report.state, report.source) == (BEHIND, f"{pair.template.as_uri()}@v1.10")
    assert (report.before.split()[0], report.after.split()[0]) == ("v1", "v1.10")
    assert [change.path for change in report.changes] == ["README.md", "hermes.toml"]
    assert pair.status() == ""
    assert pair.update().state == UPDATED
    assert pair.update().state == CURRENT


def test_the_commit_names_the_template_without_a_state_of_it(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.release("v2", replace("README.md", "line 9", "line nine"))
    report = pair.update()
    said = sh(pair.root, "git", "log", "-1", "--format=%b").splitlines()[0]
    assert said == f"From {report.before} of {pair.template.as_uri()}, by hermes template update."


@pytest.mark.parametrize("spec", ["{url}", "{url}@main", "{folder}"])
def test_a_repo_at_a_branch_or_a_folder_follows_it(tmp_path: Path, spec: str) -> None:
    pair = make_pair(tmp_path, spec)
    made = pair.release(None, LATER)
    report = pair.update()
    record = pair.workspace.settings.template
    assert record
    assert (report.state, record.version) == (UPDATED, made)
    assert record.source == spec.format(url=pair.template.as_uri(), folder=pair.template)


def test_another_state_can_be_asked_for_also_an_older_one(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, "{url}@main")
    first = sh(pair.template, "git", "rev-parse", "v1")
    pair.release("v2", LATER)
    pair.release("v3", replace("README.md", "line 1\n", "line one\n"))
    assert pair.update("v2").state == UPDATED
    assert "line nine" in (pair.root / "README.md").read_text()
    assert "line one" not in (pair.root / "README.md").read_text()
    assert pair.update(first).state == UPDATED
    assert (pair.root / "README.md").read_text() == TEN
    # A commit is never behind, until another state is asked for.
    assert pair.check().state == CURRENT
    assert pair.check("v3").state == BEHIND
    with pytest.raises(HermesError) as caught:
        pair.update("nowhere")
    assert "nowhere" in str(caught.value.detail)


def test_what_does_not_concern_the_repo_is_no_update(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.release("v2", nothing, unused="x")
    assert pair.check().state == CURRENT
    head = sh(pair.root, "git", "rev-parse", "HEAD")
    assert pair.update().state == CURRENT
    assert sh(pair.root, "git", "rev-parse", "HEAD") == head


def test_a_folder_with_edits_is_no_state_to_update_from(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, "{folder}")
    pair.edit(replace("hermes.toml", '\nversion = "', '\nversion = "-dirty" # '))
    with pytest.raises(InvalidInput, match="nothing records the state"):
        pair.check()


def test_a_repo_without_a_record_says_so(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.edit(put("hermes.toml", 'team = "growth"\n'))
    with pytest.raises(InvalidInput, match="does not record"):
        pair.update()


# which answers


def test_new_questions_are_asked_or_get_their_defaults(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    change = put("NEW.md", "{{cookiecutter.colour}} {{cookiecutter.size}}\n")
    pair.release("v2", change, colour=["red", "blue"], size="{{ cookiecutter.team }}-size")
    asked: list[Ask] = []

    def ask(question: Ask) -> str:
        asked.append(question)
        return {"colour": "blue", "size": "XL"}[question.name]

    report = pair.update()
    assert (pair.root / "NEW.md").read_text() == "red growth-size\n"
    assert report.answered == {"colour": "red", "size": "growth-size"}
    sh(pair.root, "git", "reset", "-q", "--hard", "HEAD~1")

    wish = UpdateRequest(answers={"size": "L"})
    update(pair.workspace, wish, ask, notify=quiet)
    assert (pair.root / "NEW.md").read_text() == "blue L\n"
    assert [(one.name, one.choices) for one in asked] == [("colour", ("red", "blue"))]
    record = pair.workspace.settings.template
    assert record
    assert (record.answers["colour"], record.answers["size"]) == ("blue", "L")
    # Answered once is answered for good.
    pair.release("v3", LATER)
    update(pair.workspace, UpdateRequest(answers={}), ask, notify=quiet)
    assert len(asked) == 1


def test_a_company_s_defaults_answer_new_questions(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.release("v2", put("NEW.md", "{{cookiecutter.dev_bucket}}\n"), dev_bucket="")
    defaults = tmp_path / "defaults.toml"
    defaults.write_text('[environments.dev]\nbucket = "acme-dev"\n')
    workspace = opened(pair.root, HERMES_DEFAULTS=str(defaults))
    update(workspace, UpdateRequest(answers={}), None, notify=quiet)
    assert (pair.root / "NEW.md").read_text() == "acme-dev\n"


def test_a_default_that_changes_does_not_change_an_old_answer(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, colour="red")
    pair.release("v2", put("NEW.md", "{{cookiecutter.colour}}\n"), colour="blue")
    pair.update()
    assert (pair.root / "NEW.md").read_text() == "red\n"


def test_answers_can_be_changed(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, "{url}@main")
    pair.release(None, put("CI.md", "{{cookiecutter.ci}}\n"))
    pair.update()
    assert (pair.root / "CI.md").read_text() == "github\n"
    assert pair.update(ci="none").state == UPDATED
    assert (pair.root / "CI.md").read_text() == "none\n"
    assert sh(pair.root, "git", "log", "-1", "--format=%s") == "Change the answers to the template"
    assert pair.update().state == CURRENT
    for answers, message in (
        ({"c": "none"}, "the template does not ask for it"),
        ({"repo_id": "x"}, "repo_id cannot be changed"),
        ({"ci": "jenkins"}, "not one of"),
    ):
        with pytest.raises(InvalidInput, match=message):
            pair.update(**answers)


def test_an_answer_that_the_repo_has_already_changes_nothing(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    head = sh(pair.root, "git", "rev-parse", "HEAD")
    assert (pair.check(ci="github").state, pair.update(ci="github").state) == (CURRENT, CURRENT)
    pair.release("v2", nothing, unused="x")
    assert (pair.check(ci="github").state, pair.update(ci="github").state) == (CURRENT, CURRENT)
    assert sh(pair.root, "git", "rev-parse", "HEAD") == head
    assert pair.check(ci="github", team="sales").state == BEHIND


def test_an_answer_that_follows_from_a_default_changes_nothing(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, colour="red")
    record = pair.workspace.settings.template
    assert record
    assert "colour" not in record.answers
    assert pair.update(colour="red").state == CURRENT
    assert pair.check(colour="blue").state == BEHIND


# which projects and scripts


def extended(pair: Pair) -> None:
    new_project(pair.workspace, "sales", notify=quiet)
    commit(pair.root)
    new_script(pair.workspace, "sales", "backfill", notify=quiet)
    write(
        pair.root,
        {
            "own/pyproject.toml": '[project]\nname = "own"\nversion = "1"\n[tool.hermes]\nscripts = ["own"]\n',
            "own/own/own.py": "x = 1\n",
        },
    )
    commit(pair.root)


def test_projects_and_scripts_that_were_added_later_are_updated_too(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    extended(pair)
    script = f"{PACKAGE}/{{{{cookiecutter.script}}}}.py"
    pair.release(
        "v2",
        both(
            replace(f"{PROJECT}/pyproject.toml", "line-length = 80", "line-length = 110"),
            replace(script, "main()\n", 'if __name__ == "__main__":\n    main()\n'),
            put(f"{PROJECT}/README.md", "{{cookiecutter.project}}\n"),
        ),
    )
    report = pair.update()
    assert (report.state, report.kept) == (UPDATED, {})
    for project in ("shop", "sales"):
        assert "line-length = 110" in (pair.root / project / "pyproject.toml").read_text()
        assert (pair.root / project / "README.md").read_text() == f"{project}\n"
    for path in ("shop/shop/shop.py", "sales/sales/sales.py", "sales/sales/backfill.py"):
        text = (pair.root / path).read_text()
        assert "__main__" in text
        assert text.startswith(f'"""{Path(path).stem}"""')
    # What the template did not make stays as it is.
    assert sorted(path.name for path in (pair.root / "own").iterdir()) == ["own", "pyproject.toml"]


def test_a_project_that_is_gone_or_has_another_name_does_not_come_back(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    sh(pair.root, "git", "mv", "shop", "store")
    sh(pair.root, "git", "mv", "store/shop", "store/store")
    pair.edit(replace("store/pyproject.toml", 'name = "shop"', 'name = "store"'))
    pair.release("v2", replace(f"{PROJECT}/pyproject.toml", "line-length = 80", "line-length = 110"))
    assert pair.update().state == UPDATED
    assert not (pair.root / "shop").exists()
    assert "line-length = 110" in (pair.root / "store" / "pyproject.toml").read_text()


def test_a_sample_is_updated_as_long_as_nobody_has_touched_it(tmp_path: Path) -> None:
    once = ["{{cookiecutter.project}}/{{cookiecutter.__package}}", "{{cookiecutter.project}}/tests"]
    pair = make_pair(tmp_path, _once=once)
    extended(pair)
    pair.edit(put("shop/shop/shop.py", "def main() -> None: ...\n"))
    (pair.root / "sales" / "tests" / "test_backfill.py").unlink()
    commit(pair.root)
    script = f"{PACKAGE}/{{{{cookiecutter.script}}}}.py"
    test = f"{PROJECT}/tests/test_{{{{cookiecutter.script}}}}.py"
    pair.release("v2", both(replace(script, "main()\n", "\n"), put(test, "def test_all() -> None: ...\n")))
    report = pair.update()
    assert report.state == UPDATED
    assert set(report.kept) == {"shop", "sales/backfill"}
    assert (pair.root / "shop/shop/shop.py").read_text() == "def main() -> None: ...\n"
    assert "test_it" in (pair.root / "shop/tests/test_shop.py").read_text()
    assert "test_all" in (pair.root / "sales/tests/test_sales.py").read_text()
    assert not (pair.root / "sales/tests/test_backfill.py").exists()
    assert (pair.root / "sales/sales/backfill.py").read_text().endswith("main()\n")


# all or nothing


def test_a_merge_that_is_not_settled_is_settled_before_the_next(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.edit(replace("README.md", "line 9", "mine"))
    pair.release("v2", LATER)
    assert pair.update().state == "conflicts"
    with pytest.raises(Refused, match=r"a merge conflict is not resolved in README\.md"):
        pair.update()


def test_only_a_clean_tree_is_updated(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.release("v2", LATER)
    write(pair.root, {"mine.txt": "x"})
    assert pair.check().state == BEHIND
    with pytest.raises(Refused, match=r"not committed: mine\.txt"):
        pair.update()
    (pair.root / "mine.txt").unlink()
    sh(pair.root, "git", "update-index", "--assume-unchanged", "README.md")
    write(pair.root, {"README.md": "hidden"})
    with pytest.raises(Refused, match="overlook"):
        pair.update()
    assert (pair.root / "README.md").read_text() == "hidden"


def test_a_file_that_git_ignores_is_not_overwritten(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.edit(put(".gitignore", FIRST[".gitignore"] + "*.env\n"))
    write(pair.root, {"new.env": "mine"})
    pair.release("v2", both(put("new.env", "theirs"), LATER))
    with pytest.raises(Conflict, match=r"new\.env is in the way"):
        pair.update()
    assert (pair.root / "new.env").read_text() == "mine"
    assert pair.status() == ""


def test_a_file_that_git_ignores_is_not_overwritten_by_a_folder(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.edit(put(".gitignore", FIRST[".gitignore"] + "local\n"))
    write(pair.root, {"local": "mine"})
    pair.release("v2", put("local/new.toml", "theirs"))
    with pytest.raises(Conflict, match="local is in the way"):
        pair.update()
    assert (pair.root / "local").read_text() == "mine"


def test_a_folder_may_become_a_file_where_nothing_of_the_user_s_lies_in_it(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.edit(put(".gitignore", FIRST[".gitignore"] + "*.env\n"))
    write(pair.root, {"tools/my.env": "mine"})
    pair.release("v2", both(remove("tools/run.sh"), lambda folder: (folder / "tools").rmdir()))
    pair.release("v3", put("tools", "none\n"))
    with pytest.raises(Conflict, match=r"tools/my\.env is in the way"):
        pair.update()
    assert (pair.root / "tools/my.env").read_text() == "mine"
    (pair.root / "tools/my.env").unlink()
    assert pair.update().state == UPDATED
    assert (pair.root / "tools").read_text() == "none\n"


@pytest.mark.parametrize("moment", ["merge", "read-tree", "update-index"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, HermesError])
def test_an_interrupted_update_leaves_the_repo_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: type[BaseException]
) -> None:
    pair = make_pair(tmp_path)
    conflicts = moment != "merge"
    head = pair.edit(replace("README.md", "line 9", "mine") if conflicts else nothing)
    pair.release("v2", both(LATER, put("a/b/NEW.md", "new\n"), put("ci.yml", "other\n")))
    real = command.git

    def cut_off(folder: Path, *arguments: str, **options: object) -> object:
        if arguments[0] == "merge" == moment:
            # As far as git gets when it is killed: files, and no index.
            write(pair.root, {"a/b/NEW.md": "ne", "ci.yml": "other\n"})
            raise error("cut off")
        done = real(folder, *arguments, **options)  # type: ignore[arg-type]
        if arguments[0] == moment:
            raise error("cut off")
        return done

    monkeypatch.setattr(apply_merge, "git", cut_off)
    with pytest.raises(error, match="cut off"):
        pair.update()
    monkeypatch.undo()
    assert sh(pair.root, "git", "rev-parse", "HEAD") == head
    assert pair.status() == ""
    assert sh(pair.root, "git", "for-each-ref", "refs/hermes") == ""
    assert not (pair.root / "a" / "b" / "NEW.md").exists()


def test_what_a_killed_update_wrote_is_taken_back_by_the_next(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    head = pair.edit(nothing)
    pair.release("v2", both(LATER, put("a/NEW.md", "new\n"), put("ci.yml", "other\n")))
    pair.update()
    done = sh(pair.root, "git", "rev-parse", "HEAD")
    sh(pair.root, "git", "reset", "-q", "--hard", head)
    sh(pair.root, "git", "update-ref", "refs/hermes/template-update", done)
    (pair.root / "README.md").unlink()
    write(pair.root, {"a/NEW.md": "ne", "ci.yml": "other\n"})
    repo = Git.find(pair.root)
    assert repo
    assert apply_merge.undo_unfinished(repo)
    assert pair.status() == ""
    assert not apply_merge.undo_unfinished(repo)

    sh(pair.root, "git", "update-ref", "refs/hermes/template-update", done)
    write(pair.root, {"ci.yml": "mine\n", "a/NEW.md": "mine\n"})
    with pytest.raises(Refused, match="not committed"):
        pair.update()
    assert (pair.root / "ci.yml").read_text() == (pair.root / "a/NEW.md").read_text() == "mine\n"


def test_files_and_folders_that_a_killed_update_exchanged_come_back(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    head = pair.edit(nothing)
    into_folder = both(remove("ci.yml"), put("ci.yml/jobs/one.yml", TEN))
    into_file = both(
        remove("tools/run.sh"), lambda folder: (folder / "tools").rmdir(), put("tools", "none\n")
    )
    pair.release("v2", both(into_folder, into_file))
    pair.update()
    done = sh(pair.root, "git", "rev-parse", "HEAD")
    sh(pair.root, "git", "update-ref", "refs/heads/main", head)  # the files stay as the update has them
    sh(pair.root, "git", "update-ref", "refs/hermes/template-update", done)
    repo = Git.find(pair.root)
    assert repo
    assert apply_merge.undo_unfinished(repo)
    assert pair.status() == ""
    assert (pair.root / "ci.yml").is_file()


def test_a_check_changes_nothing_in_the_repository(tmp_path: Path) -> None:
    def state() -> dict[str, bytes]:
        found = [path for path in pair.root.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in found}

    pair = make_pair(tmp_path)
    pair.release("v2", LATER)
    before = state()
    assert pair.check().state == BEHIND
    assert state() == before


def test_a_user_without_a_name_gets_a_commit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = make_pair(tmp_path)
    pair.release("v2", LATER)
    isolate(tmp_path / "home", monkeypatch, identity=False)
    report = pair.update()
    assert report.commit
    assert any("user.name" in note for note in report.notes)


# code in a template


def test_code_needs_trust_each_time_or_the_company_s(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    hook = pair.template / "hooks" / "post_gen_project.py"
    hook.parent.mkdir()
    hook.write_text("open('HOOKED', 'w').write('{{cookiecutter.team}}')\n")
    pair.release("v2", nothing)
    with pytest.raises(Refused, match=r"hooks/post_gen_project\.py"):
        pair.update()
    trusted = check(pair.workspace, UpdateRequest(answers={}, trusted=True), notify=quiet)
    assert [change.path for change in trusted.changes] == ["HOOKED", "hermes.toml"]
    defaults = tmp_path / "defaults.toml"
    defaults.write_text(f'[new]\ntrust = ["{pair.template.as_uri()}"]\n')
    workspace = opened(pair.root, HERMES_DEFAULTS=str(defaults))
    assert update(workspace, UpdateRequest(answers={}), None, notify=quiet).state == UPDATED
    assert (pair.root / "HOOKED").read_text() == "growth"
