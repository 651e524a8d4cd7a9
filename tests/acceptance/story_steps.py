"""The steps of the contract tests' story, in their order: every command, and each exit code."""

from __future__ import annotations

from .harness import github
from .story import BAD, BROKEN, CLOUD, LEAK, LOOSE, OLD, PROD, TEMPLATE, Step, Story

README = TEMPLATE["README.md"]


def ci(story: Story) -> dict[str, str | None]:
    """A push of the feature branch in GitHub Actions, with its file for outputs."""
    variables: dict[str, str | None] = {**github(story.repo(), "feature/first")}
    return {**variables, "GITHUB_OUTPUT": str(story.folder / "outputs")}


def no_credentials(story: Story) -> dict[str, str | None]:
    """A laptop that has never seen AWS."""
    return {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true"}


def loose_script(story: Story) -> None:
    (story.folder / "loads.py").write_text(LOOSE)


def begin_feature(story: Story) -> None:
    story.repo().switch("feature/first")
    story.word("first")
    story.commit("first")


def merge_feature(story: Story) -> None:
    repo = story.repo()
    story.commit("1.1.0")
    repo.switch("main")
    repo.git("merge", "--quiet", "--no-ff", "--message", "Merge", "feature/first")
    story.know("merge")


def delete_feature(story: Story) -> None:
    story.repo().git("branch", "-D", "feature/first")


def change_without_version(story: Story) -> None:
    story.word("other")
    story.commit("other")


def damage(story: Story) -> None:
    place = story.repo().path / ".hermes/local/growth/shop"
    for build in place.glob("builds/*/*/shop.py"):
        build.chmod(0o644)
        build.write_text("print('somebody else')\n")


def break_project(story: Story) -> None:
    story.repo().write("bad/pyproject.toml", BROKEN)
    story.repo().write("bad/bad/bad.py", "")
    story.commit("bad")


def add_environments(story: Story) -> None:
    settings = story.repo().path / "hermes.toml"
    settings.write_text(settings.read_text() + PROD + CLOUD)
    story.commit("environments")


def break_settings(story: Story) -> None:
    story.repo().write("hermes.toml", "team = 1\n")


def template_v2(story: Story) -> None:
    story.know("made from v1", "cart")
    template = story.repo("template")
    template.write("{{cookiecutter.repo}}/README.md", README.replace("line 9", "line nine"))
    template.write("{{cookiecutter.repo}}/NEW.md", "new\n")
    story.commit("template v2", "template")
    template.git("tag", "v2")


def own_change(story: Story) -> None:
    repo = story.repo("cart")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.write("README.md", README.replace("line 9", "line mine"))
    story.commit("own change", "cart")


NEW = (
    Step(name="new", words="new made --no-input --team growth --ci none", at="."),
    Step(name="new-project", words="new extra", at="made"),
    Step(name="new-script", words="new extra/backfill", at="made"),
    Step(name="new-airflow", words="new dags --kind airflow --team growth --no-input", at="."),
    Step(
        name="dag-new",
        words="dag new sales/backfill@1.2.0 --schedule '30 6 * * *' --start 2026-01-31",
        at="dags",
    ),
    Step(name="adopt", words="adopt {tmp}/loads.py", at="made", before=loose_script),
    Step(name="add", words="add 'six>=1.16' --project extra", at="made"),
)
FIRST = (
    Step(name="test", words="test"),
    Step(name="run", words="run shop -- one --two"),
    Step(name="check-base-itself", words="check"),
    Step(name="build", words="build"),
    Step(name="plan", words="plan"),
    Step(name="status-new", words="status"),
    Step(name="deploy-release", words="deploy --from dist", stores=True),
    Step(name="ls", words="ls"),
    Step(name="show", words="show shop@latest"),
    Step(name="show-provenance", words="show shop@1.0.0 --provenance", plain=True),
    Step(name="config", words="config"),
    Step(name="config-schema", words="config --schema", plain=True),
    Step(name="doctor", words="doctor"),
)
SECOND = (
    Step(name="check-failed", words="check", before=begin_feature),
    Step(name="check-sarif", words="check -o sarif", plain=True),
    Step(name="deploy-dry-run", words="deploy --dry-run", variables=ci),
    Step(name="deploy-feature", words="deploy --changed", stores=True),
    Step(name="status-feature", words="status shop"),
    Step(name="run-feature", words="run shop@feature-first"),
    Step(name="bump", words="bump shop minor"),
    Step(name="plan-changes", words="plan shop --detailed-exitcode", before=merge_feature),
    Step(name="deploy-second", words="deploy shop", stores=True),
    Step(name="rollback", words=f"rollback shop@1.0.0 --env local --reason '{BAD}'", stores=True),
    Step(name="status", words="status shop"),
    Step(name="yank", words=f"yank shop@1.1.0 --env local --reason '{LEAK}'", stores=True),
    Step(name="show-yanked", words="show shop@1.1.0"),
    Step(name="run-yanked", words="run shop@1.1.0"),
    Step(name="ls-project", words="ls shop"),
    Step(name="prune", words="prune --env local", before=delete_feature),
    Step(name="prune-apply", words="prune --env local --apply", stores=True),
    Step(name="verify", words="verify"),
)
WRONG = (
    Step(name="deploy-conflict", words="deploy", before=change_without_version),
    Step(name="retire", words=f"retire shop --env local --reason '{OLD}'", stores=True),
    Step(name="log", words="log shop"),
    Step(name="verify-damage", words="verify", before=damage),
    Step(name="build-failed", words="build bad --out-dir broken", before=break_project),
    Step(name="error-1", words="show shop@9.9.9"),
    Step(name="error-2", words="ls --env nowhere"),
    Step(name="error-2-usage", words="deploy --bogus"),
    Step(name="error-4", words="bump shop 0.0.1"),
    Step(name="error-3", words="deploy common --env prod", before=add_environments),
    Step(name="plan-left-out", words="plan common --env prod --env local"),
    Step(name="error-5", words="show shop@latest --env cloud", variables=no_credentials),
    Step(name="error-6", words="run bad"),
    Step(name="ls-unreachable", words="ls", variables=no_credentials),
    Step(name="log-unreachable", words="log common", variables=no_credentials),
    Step(name="check-settings", words="check", before=break_settings),
)
MAINTAINED = (
    Step(name="new-from-template", words="new cart --no-input --template {url}/template@v1", at="."),
    Step(name="config-template", words="config", at="cart"),
    Step(name="template-behind", words="template update --check", at="cart", before=template_v2),
    Step(name="template-fleet", words="template fleet {url}/cart {url}/absent", at="."),
    Step(name="template-update", words="template update", at="cart"),
    Step(name="template-conflict", words="template update", at="cart", before=own_change),
    Step(name="template-refused", words="template update", at="cart"),
    Step(name="template-test", words="template test {tmp}/template --set ci=none", at="."),
    Step(name="template-workflow", words="template workflow", at="."),
)
STEPS = (*NEW, *FIRST, *SECOND, *WRONG, *MAINTAINED)
