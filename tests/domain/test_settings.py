"""The settings of a repo: which layer wins, and what is refused, with its file and line."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hermes_cli.domain.config_keys import ENVIRONMENT_KEYS
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, Refused
from hermes_cli.domain.deploy_environment import DEFAULT_LOCAL_PATH, Environment
from hermes_cli.domain.settings import (
    CONFIG_FILE,
    Settings,
    check_defaults,
    check_required_version,
    environment_layer,
    read_layer,
    resolve,
)

TEAM = 'team = "growth"\n'


def settings_of(*texts: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of some files, weakest first, with variables above them; the last is hermes.toml."""
    sources = [f"defaults {number}" for number in range(1, len(texts))] + [CONFIG_FILE]
    layers = [read_layer(text, source) for text, source in zip(texts, sources, strict=True)]
    names = {"local", *(name for layer in layers for name in layer.data.get("environments", {}))}
    return resolve([*layers, environment_layer(environ or {}, sorted(names))])


def refusal(text: str, kind: type[HermesError] = InvalidInput) -> HermesError:
    with pytest.raises(kind) as caught:
        settings_of(text)
    return caught.value


def test_a_team_is_enough() -> None:
    settings = settings_of(TEAM)
    assert (settings.team, settings.default_branch, settings.repo_id) == ("growth", "main", "")
    assert settings.environments == (
        Environment(
            name="local",
            path=DEFAULT_LOCAL_PATH,
            release_from="anywhere",
            accepts=("features", "releases"),
        ),
    )
    assert settings.template is None
    assert settings.sources == {
        "team": CONFIG_FILE,
        "environments.local.release-from": "built-in default",
    }
    assert settings.values["environments.local.release-from"] == "anywhere"


def test_the_later_layer_wins_key_by_key_and_sources_say_which() -> None:
    company = (
        TEAM + '[environments.dev]\nbucket = "a-dev"\nregion = "eu-west-1"\n[indexes]\nown = "https://i"\n'
    )
    user = '[environments.dev]\nprofile = "mine"\nregion = "eu-west-3"\n'
    repo = 'team = "sales"\n[environments.dev]\nregion = "eu-west-2"\n'
    environ = {"HERMES_DEV_BUCKET": "another-dev", "HERMES_DEV_PYTHON": ""}
    settings = settings_of(company, user, repo, environ=environ)
    dev = settings.environment("dev")
    assert settings.team == "sales"
    assert (dev.bucket, dev.region, dev.profile, dev.python) == ("another-dev", "eu-west-2", "mine", None)
    assert settings.indexes == {"own": "https://i"}
    assert settings.sources == {
        "team": CONFIG_FILE,
        "environments.dev.bucket": "environment variables",
        "environments.dev.region": CONFIG_FILE,
        "environments.dev.profile": "defaults 2",
        "environments.dev.release-from": "built-in default",
        "environments.local.release-from": "built-in default",
        "indexes.own": "defaults 1",
    }
    assert settings.values["environments.dev.release-from"] == "ci"


def test_every_text_setting_of_an_environment_has_a_variable_but_those_that_let_through() -> None:
    environ = {
        f"HERMES_DATA_LAB_{key}".upper().replace("-", "_"): "3.11" for key in (*ENVIRONMENT_KEYS, "team")
    }
    layer = environment_layer({**environ, "HERMES_TEAM": "growth"}, ["data-lab"])
    texts = {key for key, (kind, _) in ENVIRONMENT_KEYS.items() if kind is str}
    assert set(layer.data["environments"]["data-lab"]) == texts - {"release-from"}
    assert layer.data["team"] == "growth"


def test_a_variable_is_judged_like_the_file() -> None:
    with pytest.raises(InvalidInput, match="environment variables: python = 'new' is not a minor version"):
        environment_layer({"HERMES_LOCAL_PYTHON": "new"}, ["local"])


def test_no_variable_makes_a_feature_branch_release() -> None:
    environ = {
        "HERMES_DEFAULT_BRANCH": "feature/x",
        "HERMES_PROD_ACCEPTS": "features",
        "HERMES_PROD_RELEASE_FROM": "anywhere",
        "HERMES_LOCAL_ACCEPTS": "releases",
        "HERMES_REQUIRED_VERSION": ">=0",
        "HERMES_REPO_ID": "another",
    }
    text = 'repo-id = "this"\n' + TEAM + '[environments.prod]\nbucket = "a-prod"\n'
    with_variables, without = settings_of(text, environ=environ), settings_of(text)
    assert with_variables == without
    assert without.environment("prod").accepts == ("releases",)
    assert without.environment("prod").release_from == "ci"


@pytest.mark.parametrize(
    ("text", "where", "word", "hint"),
    [
        (
            'team = "a"\ndefault-brnch = "x"\n',
            "hermes.toml:2: ",
            "default-brnch",
            "did you mean default-branch?",
        ),
        ('team = "a"\nx = 1\n', "hermes.toml:2: ", "'x'", "known are: team"),
        ('team = "a"\n\n[enviroments.dev]\nbucket = "b"\n', "hermes.toml", "enviroments", "environments"),
        (
            TEAM + '[environments.dev]\n# the bucket\nbuket = "b"\n',
            "hermes.toml:4: ",
            "'buket' in [environments.dev]",
            "did you mean bucket?",
        ),
        (TEAM + '[template]\nsorce = "x"\n', "hermes.toml:3: ", "'sorce' in [template]", "source"),
        (TEAM + "[new]\n", "hermes.toml:2: ", "'new'", "known are"),
    ],
)
def test_an_unknown_key_is_named_with_its_line(text: str, where: str, word: str, hint: str) -> None:
    error = refusal(text)
    assert error.message.startswith(where), error.message
    assert word in error.message
    assert hint in (error.advice or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("team = 7\n", "hermes.toml:1: team must be a string"),
        (TEAM + "environments = 3\n", "hermes.toml:2: environments must be a table"),
        (TEAM + "[environments]\ndev = 3\n", "environments.dev must be a table"),
        (
            TEAM + "[environments.dev]\nbucket = [1]\n",
            "hermes.toml:3: environments.dev.bucket must be a string",
        ),
        (TEAM + "[environments.dev]\naccepts = 'features'\n", "must be a list of strings"),
        (TEAM + "[environments.dev]\naccepts = [1]\n", "must be a list of strings"),
        (TEAM + "[environments.dev]\naccepts = ['all']\n", "hermes.toml:3: accepts cannot be 'all'"),
        (TEAM + "[environments.dev]\nrelease-from = 'here'\n", "release-from cannot be 'here'"),
        (TEAM + "[environments.dev]\npython = '3'\n", "hermes.toml:3: python = '3' is not a minor version"),
        (TEAM + "[environments.dev]\npython = '3.11.4'\n", "not a minor version"),
        (
            TEAM + "[environments.dev]\npython = '3.8'\n",
            "hermes.toml:3: python = '3.8' is not one of 3.9 to 3.16",
        ),
        (
            TEAM + "[environments.dev]\npython = '3.99'\n",
            "hermes.toml:3: python = '3.99' is not one of 3.9 to 3.16",
        ),
        (TEAM + "[environments.dev]\npython = '2.7'\n", "not a minor version"),
        (TEAM + "[environments.Dev]\nbucket = 'b'\n", "'Dev' is not an environment name"),
        (TEAM + "[indexes]\nown = 3\n", "hermes.toml:3: indexes.own must be a string"),
        (TEAM + "template = 'x'\n", "template must be a table"),
        (TEAM + "[template]\nanswers = 'x'\n", "answers must be a table"),
        (TEAM + "[template]\nsource = 3\n", "source must be a string"),
        ("team = \n", "hermes.toml:1: not valid TOML"),
        ('team = "a"\nteam = "b"\n', "not valid TOML"),
        ("required-version = 3\nteam = 'a'\n", "hermes.toml:1: required-version must be a string"),
        ("", "hermes.toml: team is missing"),
        ('team = "Growth"\n', "'Growth' is not a team name"),
        (TEAM + "default-branch = 'a..b'\n", "'a..b' is not a branch name"),
    ],
)
def test_what_does_not_fit_is_named(text: str, message: str) -> None:
    assert message in refusal(text).message


def test_another_version_is_asked_for_before_any_key_is_judged() -> None:
    text = 'required-version = ">=9"\nfrom-the-future = 1\n' + TEAM
    layer = read_layer(text, CONFIG_FILE)
    with pytest.raises(Refused, match=r"hermes.toml asks for Hermes >=9, and this is 0.1.0") as caught:
        check_required_version(layer, "0.1.0")
    assert caught.value.hint
    with pytest.raises(InvalidInput, match=r"hermes.toml:2: unknown key 'from-the-future'"):
        check_required_version(layer, "9.0")


@pytest.mark.parametrize(
    ("required", "current", "fits"),
    [
        (">=0.1", "0.1.0", True),
        (">=0.1", "0.2.0.dev1", True),
        ("<0.1", "0.1.0", False),
        ("==0.1.*", "0.1.7", True),
    ],
)
def test_required_version(required: str, current: str, fits: bool) -> None:
    layer = read_layer(f'required-version = "{required}"\n{TEAM}', CONFIG_FILE)
    if fits:
        check_required_version(layer, current)
    else:
        with pytest.raises(Refused):
            check_required_version(layer, current)


def test_a_required_version_that_is_no_range_is_named_with_its_line() -> None:
    layer = read_layer(TEAM + 'required-version = "new"\n', CONFIG_FILE)
    with pytest.raises(InvalidInput, match=r"hermes.toml:2: 'new' is not a range of versions"):
        check_required_version(layer, "0.1.0")


def test_environments_come_in_the_order_of_promotion() -> None:
    tables = "".join(
        f'[environments.{name}]\nbucket = "b-{name}"\n' for name in ("prod", "test", "dev", "lab")
    )
    settings = settings_of(TEAM + tables)
    assert [environment.name for environment in settings.environments] == [
        "local",
        "dev",
        "test",
        "lab",
        "prod",
    ]
    accepts = {environment.name: environment.accepts for environment in settings.environments}
    assert accepts["dev"] == ("features", "releases")
    assert accepts["test"] == accepts["prod"] == ("releases",)
    assert {e.release_from for e in settings.environments if e.bucket} == {"ci"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[environments.dev]\npath = "p"\nbucket = "b"\n', "dev has both a path and a bucket"),
        ('[environments.dev]\nregion = "eu-west-1"\n', "dev has neither a bucket nor a path"),
        ('[environments.dev]\npath = "p"\nregion = "eu-west-1"\n', "region is a setting of a bucket"),
        ('[environments.local]\nprefix = "x"\n', "prefix is a setting of a bucket"),
    ],
)
def test_an_environment_is_either_a_directory_or_a_bucket(table: str, message: str) -> None:
    assert message in refusal(TEAM + table).message


SHARED = {
    "a bucket": ('bucket = "b"', 'bucket = "b"'),
    "a prefix, spelled otherwise": ('bucket = "b"\nprefix = "x"', 'bucket = "b"\nprefix = "/x/"'),
    "in two regions": ('bucket = "b"\nregion = "eu-west-1"', 'bucket = "b"\nregion = "eu-west-2"'),
    "a server": (
        'bucket = "b"\nendpoint-url = "http://s3"',
        'bucket = "b"\nendpoint-url = "http://s3/"',
    ),
    "a directory": ('path = ".hermes/x"', 'path = "./.hermes/y/../x/"'),
}
APART = {
    "a prefix": ('bucket = "b"', 'bucket = "b"\nprefix = "x"'),
    "a server": ('bucket = "b"\nendpoint-url = "http://one"', 'bucket = "b"\nendpoint-url = "http://two"'),
    "a directory called like a bucket": ('bucket = "b"', 'path = "b"'),
}


def _two(dev: str, prod: str) -> str:
    return f"{TEAM}[environments.prod]\n{prod}\n[environments.dev]\n{dev}\n"


@pytest.mark.parametrize("tables", SHARED.values(), ids=SHARED)
def test_two_environments_are_two_places(tables: tuple[str, str]) -> None:
    error = refusal(_two(*tables))
    assert error.message.startswith("environments dev and prod are the same place (")
    assert "[environments.prod]" in (error.hint or "")


@pytest.mark.parametrize("tables", APART.values(), ids=APART)
def test_two_environments_may_share_a_part_of_a_place(tables: tuple[str, str]) -> None:
    assert len(settings_of(_two(*tables)).environments) == 3


def test_a_directory_is_not_the_one_of_local_and_a_variable_is_judged_too() -> None:
    taken = refusal(TEAM + f'[environments.dev]\npath = "{DEFAULT_LOCAL_PATH}"\n')
    assert taken.message.startswith(f"environments local and dev are the same place ({DEFAULT_LOCAL_PATH})")
    with pytest.raises(InvalidInput, match=r"are the same place \(bucket b\)"):
        settings_of(_two('bucket = "a"', 'bucket = "b"'), environ={"HERMES_DEV_BUCKET": "b"})


def test_local_needs_no_path_and_may_be_a_bucket() -> None:
    local = settings_of(TEAM + '[environments.local]\npython = "3.12"\n').environment("local")
    assert (local.path, local.python) == (DEFAULT_LOCAL_PATH, "3.12")
    bucket = settings_of(TEAM + '[environments.local]\nbucket = "b"\n').environment("local")
    assert (bucket.path, bucket.bucket) == (None, "b")


def test_a_prefix_has_no_slash_at_its_ends() -> None:
    text = TEAM + '[environments.dev]\nbucket = "b"\nprefix = "/a/b/"\n'
    assert settings_of(text).environment("dev").prefix == "a/b"


def test_all_settings_of_a_bucket_arrive() -> None:
    lines = [
        f'{key} = "{value}"'
        for key in ENVIRONMENT_KEYS
        if (value := {"python": "3.11", "release-from": "anywhere"}.get(key, f"my-{key}"))
        if key not in ("path", "accepts", "metastore")
    ]
    lines.append('metastore = { "my.key" = "my-value" }')
    dev = settings_of(TEAM + "[environments.dev]\n" + "\n".join(lines)).environment("dev")
    fields = {key: getattr(dev, key.replace("-", "_")) for key in ENVIRONMENT_KEYS}
    assert fields["python"] == "3.11"
    assert fields["release-from"] == "anywhere"
    assert fields["metastore"] == {"my.key": "my-value"}
    rest = set(fields) - {"path", "accepts", "python", "release-from", "metastore"}
    assert {key: fields[key] for key in rest} == {key: f"my-{key}" for key in rest}


@pytest.mark.parametrize("accepts", ['["features"]', '["features", "releases"]', '["releases", "features"]'])
def test_prod_takes_no_features_whatever_the_file_says(accepts: str) -> None:
    error = refusal(TEAM + f'[environments.prod]\nbucket = "b"\naccepts = {accepts}\n')
    assert "prod takes releases only" in error.message
    fine = settings_of(TEAM + '[environments.prod]\nbucket = "b"\naccepts = ["releases"]\n')
    assert fine.environment("prod").accepts == ("releases",)


@pytest.mark.parametrize("url", ["https://user:secret@host/simple", "https://token@host/simple"])
def test_an_index_with_credentials_is_refused_and_they_are_not_repeated(url: str) -> None:
    error = refusal(TEAM + f'[indexes]\nmy-own = "{url}"\n')
    assert "hermes.toml:3: the address of index my-own holds credentials" in error.message
    assert "UV_INDEX_MY_OWN_USERNAME" in (error.hint or "")
    assert not {"secret", "token"} & set(error.message.replace("@", " ").replace(":", " ").split())
    assert settings_of(TEAM + '[indexes]\nown = "https://host/a@b/simple"\n').indexes


@pytest.mark.parametrize(
    "url", ["", "host/simple", "ftp://host/simple", "https://", "https://[bad", "https://a b/"]
)
def test_an_index_at_no_address_is_named_with_its_line(url: str) -> None:
    error = refusal(TEAM + f'[indexes]\nown = "{url}"\n')
    assert error.message == f"hermes.toml:3: {url!r} is not the address of a package index"
    assert error.exit_code == 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/simple", "https://[::1]/simple", "file:///srv/index"])
def test_an_index_may_be_anywhere(url: str) -> None:
    assert settings_of(TEAM + f'[indexes]\nown = "{url}"\n').indexes == {"own": url}


def test_an_unknown_environment_is_suggested() -> None:
    with pytest.raises(InvalidInput, match="no environment 'pord'") as caught:
        settings_of(TEAM + '[environments.prod]\nbucket = "b"\n').environment("pord")
    assert caught.value.hint == "did you mean prod?"
    with pytest.raises(InvalidInput) as caught:
        settings_of(TEAM).environment("qqq")
    assert caught.value.note == "there are: local; a new one needs [environments.qqq] with its bucket"
    assert caught.value.hint is None


def test_a_template_record_is_read() -> None:
    text = TEAM + '[template]\nsource = "x"\nversion = "1"\n[template.answers]\nteam = "growth"\n'
    template = settings_of(text).template
    assert template is not None
    assert (template.source, template.version, template.answers) == ("x", "1", {"team": "growth"})


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = TEAM + '[environments.dev]\nbucket = "b"\n'
    assert settings_of(text.replace("\n", "\r\n")) == settings_of(text)
    assert settings_of("\ufeff" + text) == settings_of(text)
    assert refusal((TEAM + "x = 1\n").replace("\n", "\r\n")).message.startswith("hermes.toml:2: ")


def test_layers_stay_as_they_were() -> None:
    layer = read_layer(TEAM + '[environments.dev]\nbucket = "b"\n', CONFIG_FILE)
    above = read_layer('[environments.dev]\nregion = "eu-west-1"\n', "x")
    resolve([layer, above])
    assert resolve([layer]).environment("dev").region is None
    assert "local" not in layer.data["environments"]


def test_a_repo_holds_data_products_unless_it_says_otherwise() -> None:
    assert settings_of(TEAM).kind == "data-products"
    assert settings_of(TEAM + 'kind = "airflow"\n').kind == "airflow"
    assert "kind cannot be 'dags'" in refusal(TEAM + 'kind = "dags"\n').message


def test_a_setting_of_the_metastore_that_is_no_text_is_named_with_its_line() -> None:
    error = refusal(TEAM + '[environments.dev]\nbucket = "b"\n[environments.dev.metastore]\n"a.b" = 7\n')
    assert error.message == "hermes.toml:5: environments.dev.metastore.a.b must be a string"


RESERVED = {
    "default-branch": 'default-branch = "feature/x"\n',
    "kind": 'kind = "airflow"\n',
    "environments.prod.accepts": '[environments.prod]\nbucket = "a"\naccepts = ["releases"]\n',
    "environments.dev.release-from": '[environments.dev]\nbucket = "a"\nrelease-from = "anywhere"\n',
}


@pytest.mark.parametrize("key", RESERVED)
def test_defaults_do_not_decide_what_releases(key: str) -> None:
    check_defaults(read_layer(TEAM + '[environments.dev]\nbucket = "a"\n', "company.toml"))
    with pytest.raises(InvalidInput, match=key) as caught:
        check_defaults(read_layer(RESERVED[key], "company.toml"))
    assert "company.toml" in caught.value.message
    assert CONFIG_FILE in (caught.value.hint or "")
