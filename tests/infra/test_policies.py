"""Each promise of the buckets' and roles' policies, decided on both renderings, and that the two agree."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iam import ALLOW_ALL, Principal, Request, decide, may_assume
from packaging.version import Version
from rendering import (
    ACCOUNT,
    CLUSTER,
    DEV,
    INFRASTRUCTURE,
    KEY,
    LOCKED,
    PLATFORM_TEAM,
    PROD,
    PROVIDER,
    RENDERINGS,
    Environment,
)

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.contract.suffixes import Latest, Release, feature_of

ENVIRONMENTS = {
    (how, choices.name): make(choices) for how, make in RENDERINGS.items() for choices in (DEV, PROD, LOCKED)
}
RELEASE = Release(Version("1.2.0"))
FEATURE = feature_of("feature/my-branch")
NO_TAG = '"00000000000000000000000000000000"'

NEW = {"s3:if-none-match": "*"}
SWAP = {"s3:if-match": '"9a0364b9e99bb480dd25e1f0284c8555"'}
PROBE = {"s3:if-match": NO_TAG}
PLAIN: dict[str, str] = {}
COPY = {"s3:x-amz-copy-source": "acme-hermes-dev/growth/shop/shop-latest.py"}
HTTP = NEW | {"aws:SecureTransport": "false"}

KeyOf = Callable[[Layout], str]
# What never changes, what may be replaced, and what goes with features.
PERMANENT: dict[str, KeyOf] = {
    "release": lambda at: at.release(RELEASE.version),
    "release candidate": lambda at: at.release(Version("1!2.0rc1")),
    "build of a script": lambda at: at.build("202611", "ab" * 32, "shop.py"),
    "build of a wheel": lambda at: at.build("202611", "ab" * 32, "shop-1.2.0-py3-none-any.whl"),
    "build of a feature": lambda at: at.build("202611", "ab" * 32, "shop-0+feature.x-py3-none-any.whl"),
    "owner": lambda at: at.owner,
    "script of a release": lambda at: at.script_copy("shop", RELEASE),
    "library of a release": lambda at: at.library_copy("shop", RELEASE),
    "index marker": lambda at: at.index_marker(RELEASE.version, "ab" * 20),
}
MUTABLE: dict[str, KeyOf] = {
    "latest": lambda at: at.latest,
    "script of latest": lambda at: at.script_copy("shop", Latest()),
    "library of latest": lambda at: at.library_copy("shop", Latest()),
}
FEATURES: dict[str, KeyOf] = {
    "feature": lambda at: at.feature(FEATURE.slug),
    "script of a feature": lambda at: at.script_copy("shop", FEATURE),
    "library of a feature": lambda at: at.library_copy("shop", FEATURE),
}


def layout(team: str = "growth", project: str = "shop") -> Layout:
    return Layout(parse_team(team), parse_project(project))


@pytest.fixture(params=list(RENDERINGS))
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[DEV.name, PROD.name, LOCKED.name])
def environment(request: pytest.FixtureRequest, how: str) -> Environment:
    return ENVIRONMENTS[how, request.param]


@pytest.fixture
def dev(how: str) -> Environment:
    return ENVIRONMENTS[how, "dev"]


@pytest.fixture
def prod(how: str) -> Environment:
    return ENVIRONMENTS[how, "prod"]


def who(environment: Environment) -> dict[str, Principal]:
    """Everybody that a table asks for, by name."""
    return {
        "deploy": environment.deploy["growth"],
        "other team": environment.deploy["finance"],
        "read": environment.read["growth"],
        "platform": environment.platform,
        "admin": Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/acme-admin", policies=[ALLOW_ALL]),
        "infrastructure": Principal(arn=INFRASTRUCTURE, policies=[ALLOW_ALL]),
        "root of another account": Principal(arn="arn:aws:iam::210987654321:root", policies=[ALLOW_ALL]),
        "nobody": Principal(arn=f"arn:aws:iam::{ACCOUNT}:role/acme-intern"),
    }


def may(
    environment: Environment,
    principal: Principal,
    action: str,
    key: str = "",
    context: Mapping[str, str] = PLAIN,
) -> bool:
    resource = environment.bucket_arn + (f"/{key}" if key else "")
    request = Request(action=action, resource=resource, context=context)
    return decide(principal, request, environment.bucket_policy, ACCOUNT)


WRITERS = ["deploy", "platform", "admin", "infrastructure"]


@pytest.mark.parametrize("name", WRITERS)
def test_nobody_writes_without_a_condition(environment: Environment, name: str) -> None:
    for kind, key_of in (PERMANENT | MUTABLE | FEATURES).items():
        # CreateMultipartUpload and a form's post are PutObject without a condition too.
        for context in (PLAIN, COPY, {"s3:ObjectCreationOperation": "false"}):
            assert not may(environment, who(environment)[name], "s3:PutObject", key_of(layout()), context), (
                kind
            )


@pytest.mark.parametrize("name", WRITERS)
def test_what_never_changes_can_be_created_and_not_replaced(environment: Environment, name: str) -> None:
    principal = who(environment)[name]
    for kind, key_of in PERMANENT.items():
        assert may(environment, principal, "s3:PutObject", key_of(layout()), NEW), kind
        platforms = name == "platform" and not kind.startswith(("release", "build"))
        assert may(environment, principal, "s3:PutObject", key_of(layout()), SWAP) is platforms, kind


@pytest.mark.parametrize("kind", MUTABLE)
def test_what_may_be_replaced_is_replaced_by_its_tag(environment: Environment, kind: str) -> None:
    key = MUTABLE[kind](layout())
    for context in (NEW, SWAP):
        assert may(environment, environment.deploy["growth"], "s3:PutObject", key, context)


@pytest.mark.parametrize("kind", FEATURES)
def test_features_are_replaced_by_their_tag_in_dev(dev: Environment, prod: Environment, kind: str) -> None:
    key = FEATURES[kind](layout())
    for context in (NEW, SWAP):
        assert may(dev, dev.deploy["growth"], "s3:PutObject", key, context)
    assert not may(prod, prod.deploy["growth"], "s3:PutObject", key, SWAP)


@pytest.mark.parametrize("name", WRITERS)
def test_no_feature_gets_into_prod(prod: Environment, name: str) -> None:
    key = layout().feature(FEATURE.slug)
    for context in (NEW, SWAP, PROBE):
        assert not may(prod, who(prod)[name], "s3:PutObject", key, context)


def test_a_deploy_can_test_that_conditions_are_honoured(environment: Environment) -> None:
    for context in (NEW, PROBE):
        assert may(environment, environment.deploy["growth"], "s3:PutObject", layout().owner, context)


def test_only_the_platform_deletes_and_never_a_release(environment: Environment) -> None:
    for kind, key_of in (PERMANENT | MUTABLE | FEATURES).items():
        key = key_of(layout())
        for name, principal in who(environment).items():
            expected = name == "platform" and not kind.startswith("release")
            assert may(environment, principal, "s3:DeleteObject", key) is expected, (name, kind)
            assert not may(environment, principal, "s3:DeleteObjectVersion", key), (name, kind)
            assert not may(environment, principal, "s3:ReplicateObject", key), (name, kind)


def test_a_team_reaches_its_own_prefix_only(environment: Environment) -> None:
    for project in ("shop", "growth"):
        theirs = layout("finance", project)
        for role in (environment.deploy["growth"], environment.read["growth"]):
            for key in (theirs.latest, theirs.release(RELEASE.version), "growth", "growths/shop/owner.json"):
                assert not may(environment, role, "s3:PutObject", key, NEW)
                assert not may(environment, role, "s3:GetObject", key)
            for prefix in ("finance/", "finance/index/", "growth", "g", "finance/growth/"):
                for count in ("1", "1000"):
                    listing = {"s3:prefix": prefix, "s3:max-keys": count}
                    assert not may(environment, role, "s3:ListBucket", context=listing)
            assert not may(environment, role, "s3:ListBucket")
            assert not may(environment, role, "s3:ListBucket", context={"s3:prefix": "", "s3:max-keys": "2"})
            assert not may(environment, role, "s3:ListBucket", context={"s3:prefix": ""})


def test_a_team_reads_and_lists_its_own(environment: Environment) -> None:
    for role in (environment.deploy["growth"], environment.read["growth"]):
        assert may(environment, role, "s3:GetObject", layout().latest)
        # Also what S3 asks before it answers 404, and not 403, where there is no object.
        for prefix in ("growth/index/", "growth/shop/manifests/", layout().latest):
            assert may(environment, role, "s3:ListBucket", context={"s3:prefix": prefix})
        assert may(environment, role, "s3:ListBucket", context={"s3:prefix": "", "s3:max-keys": "1"})
        for action in ("s3:GetBucketVersioning", "s3:GetBucketPublicAccessBlock", "s3:GetBucketLocation"):
            assert may(environment, role, action)


def test_the_platform_sees_everything(environment: Environment) -> None:
    for prefix in ("", "growth/", "finance/shop/builds/"):
        assert may(environment, environment.platform, "s3:ListBucket", context={"s3:prefix": prefix})
    assert may(environment, environment.platform, "s3:GetObject", layout("finance").latest)
    assert may(environment, environment.platform, "s3:GetBucketVersioning")


def test_who_reads_writes_nothing(environment: Environment) -> None:
    for kind in (PERMANENT | MUTABLE | FEATURES).values():
        for context in (NEW, SWAP, PLAIN):
            assert not may(environment, environment.read["growth"], "s3:PutObject", kind(layout()), context)


def test_a_role_of_dev_can_do_nothing_in_prod(how: str) -> None:
    dev, prod = ENVIRONMENTS[how, "dev"], ENVIRONMENTS[how, "prod"]
    for principal in (*dev.deploy.values(), *dev.read.values(), dev.platform):
        for key in (layout().release(RELEASE.version), layout().latest, layout("finance").latest):
            for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"):
                assert not may(prod, principal, action, key, NEW)
        assert not may(prod, principal, "s3:ListBucket", context={"s3:prefix": "growth/"})


def test_nothing_goes_without_tls_nor_to_another_account(environment: Environment) -> None:
    key = layout().release(RELEASE.version)
    for principal in who(environment).values():
        for action in ("s3:PutObject", "s3:GetObject"):
            assert not may(environment, principal, action, key, HTTP)
    for name in ("root of another account", "nobody"):
        for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"):
            assert not may(environment, who(environment)[name], action, key, NEW)


@pytest.mark.parametrize(
    "action",
    [
        "DeleteBucket",
        "DeleteBucketPolicy",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "PutBucketVersioning",
        "PutLifecycleConfiguration",
        "PutReplicationConfiguration",
    ],
)
def test_only_infrastructure_changes_the_bucket(environment: Environment, action: str) -> None:
    for name, principal in who(environment).items():
        assert may(environment, principal, f"s3:{action}") is (name == "infrastructure"), name


def test_the_key_is_used_by_those_who_need_it(how: str) -> None:
    locked, dev = ENVIRONMENTS[how, "locked"], ENVIRONMENTS[how, "dev"]

    def uses(principal: Principal, action: str) -> bool:
        return decide(principal, Request(action=action, resource=KEY), {"Statement": []}, ACCOUNT)

    for principal in (locked.deploy["growth"], locked.platform):
        assert uses(principal, "kms:GenerateDataKey")
        assert uses(principal, "kms:Decrypt")
    assert uses(locked.read["growth"], "kms:Decrypt")
    assert not uses(locked.read["growth"], "kms:GenerateDataKey")
    assert not uses(dev.deploy["growth"], "kms:Decrypt")


SHOP = {"aud": "sts.amazonaws.com", "ref": "refs/heads/main"}


@pytest.mark.parametrize(
    ("claims", "dev_lets", "prod_lets"),
    [
        ({"sub": "repo:acme/shop:environment:dev"}, True, False),
        ({"sub": "repo:acme/promo:environment:dev", "ref": "refs/heads/feature/x"}, True, False),
        ({"sub": "repo:acme/shop:environment:prod"}, False, True),
        ({"sub": "repo:acme/shop:environment:prod", "ref": "refs/heads/feature/x"}, False, False),
        ({"sub": "repo:acme/shop:environment:prod", "aud": "https://github.com/acme"}, False, False),
        ({"sub": "repo:acme/ledger:environment:prod"}, False, False),  # another team's
        ({"sub": "repo:mallory/shop:environment:prod"}, False, False),  # a fork
        ({"sub": "repo:acme/shop:ref:refs/heads/main"}, False, False),
        ({"sub": "repo:acme/shop:pull_request"}, False, False),
        ({"sub": "repo:acme/shop:environment:production"}, False, False),
        ({"sub": "repo:acme/shop-fork:environment:dev"}, False, False),
        ({}, False, False),
    ],
)
def test_whose_ci_takes_on_a_deploy_role(
    how: str, claims: dict[str, str], dev_lets: bool, prod_lets: bool
) -> None:
    keys = {f"token.actions.githubusercontent.com:{name}": value for name, value in (SHOP | claims).items()}
    for name, expected in (("dev", dev_lets), ("prod", prod_lets)):
        trust = ENVIRONMENTS[how, name].deploy_trust["growth"]
        action = "sts:AssumeRoleWithWebIdentity"
        assert may_assume(trust, action, {"Federated": PROVIDER}, keys) is expected
        assert not may_assume(trust, action, {"Federated": PROVIDER.replace("token", "other")}, keys)
        assert not may_assume(trust, "sts:AssumeRole", {"AWS": PLATFORM_TEAM}, keys)


def test_who_takes_on_the_other_roles(environment: Environment) -> None:
    for trust, right, wrong in (
        (environment.platform_trust, PLATFORM_TEAM, CLUSTER),
        (environment.read_trust["growth"], CLUSTER, PLATFORM_TEAM),
    ):
        assert may_assume(trust, "sts:AssumeRole", {"AWS": right}, {})
        assert not may_assume(trust, "sts:AssumeRole", {"AWS": wrong}, {})


def every_request() -> Iterator[tuple[str, str, dict[str, str]]]:
    kinds = (PERMANENT | MUTABLE | FEATURES).values()
    keys = [kind(layout(team)) for kind in kinds for team in ("growth", "finance")]
    contexts = [PLAIN, NEW, SWAP, PROBE, NEW | SWAP, COPY, COPY | NEW, HTTP]
    objects = ("PutObject", "GetObject", "DeleteObject", "DeleteObjectVersion", "ReplicateObject")
    for action, key, context in itertools.product(objects, keys, contexts):
        yield f"s3:{action}", key, context
    for prefix, count in itertools.product(("", "growth/", "finance/shop/"), ("1", "1000")):
        yield "s3:ListBucket", "", {"s3:prefix": prefix, "s3:max-keys": count}
    for action in ("PutBucketPolicy", "GetBucketVersioning", "DeleteBucket", "PutBucketAcl"):
        yield f"s3:{action}", "", {}


@pytest.mark.parametrize("name", [DEV.name, PROD.name, LOCKED.name])
def test_both_renderings_decide_alike(name: str) -> None:
    one, other = (ENVIRONMENTS[how, name] for how in ("cloudformation", "terraform"))
    allowed = 0
    for action, key, context in every_request():
        for principal in who(one):
            first = may(one, who(one)[principal], action, key, context)
            second = may(other, who(other)[principal], action, key, context)
            assert first is second, (principal, action, key, context)
            allowed += first
    assert allowed > 100

    def comparable(document: object) -> object:
        if isinstance(document, dict):
            return {key: comparable(value) for key, value in document.items()}
        if isinstance(document, list):
            return sorted((comparable(value) for value in document), key=repr)
        return document

    assert comparable(one.bucket_policy) == comparable(other.bucket_policy)


# `-feature-` inside a name is left out on purpose: see the test after the next.
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}[a-z0-9]", fullmatch=True) | st.sampled_from(
    ["builds", "manifests", "releases", "features", "latest", "owner", "growth-latest", "a-feature"]
)
VERSIONS = st.from_regex(r"([1-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?", fullmatch=True).map(
    Version
)
BRANCHES = st.from_regex(r"(feature/)?[a-z0-9][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True) | st.sampled_from(
    ["feature/owner", "feature/latest", "feature/2", "feature/releases", "release/1.0", "feature/main"]
)


@settings(deadline=None)
@given(team=NAMES, project=NAMES.filter(lambda name: name != "index"), version=VERSIONS, branch=BRANCHES)
def test_every_key_of_the_layout_is_covered_as_it_should(
    team: str, project: str, version: Version, branch: str
) -> None:
    if "-feature-" in f"{team}/{project}":
        return
    at = layout(team, project)
    script = project.replace("-", "_")
    release, feature = Release(version), feature_of(branch)
    permanent = {at.owner, at.release(version), at.index_marker(version, "ab" * 20)}
    permanent |= {at.build("202611", "ab" * 32, file) for file in (f"{script}.py", f"{script}-latest.py")}
    permanent |= {
        at.build("202611", "ab" * 32, at.library_copy(project, s).split("/")[-1]) for s in (release, feature)
    }
    permanent |= {at.script_copy(script, release), at.library_copy(project, release)}
    features = {at.feature(feature.slug), at.script_copy(script, feature), at.library_copy(project, feature)}
    mutable = {at.latest, at.script_copy(script, Latest()), at.library_copy(project, Latest())}
    for how, choices in itertools.product(RENDERINGS, (DEV, PROD)):
        environment = ENVIRONMENTS[how, choices.name]
        admin = who(environment)["admin"]
        for key in permanent | mutable | features:
            if key not in features or choices.accepts_features:  # else there is none to replace
                assert may(environment, admin, "s3:PutObject", key, SWAP) is (key not in permanent), key
            assert not may(environment, admin, "s3:PutObject", key)
            creatable = choices.accepts_features or key != at.feature(feature.slug)
            assert may(environment, admin, "s3:PutObject", key, NEW) is creatable, key
            deletable = key != at.release(version)
            assert may(environment, environment.platform, "s3:DeleteObject", key) is deletable, key


def test_no_name_can_look_like_a_features_copy() -> None:
    """A policy's * also matches /, so it could not tell such a folder from a feature's copy."""
    with pytest.raises(InvalidInput):
        parse_project("new-feature-usage")
    with pytest.raises(InvalidInput):
        parse_team("a-feature-team")


def test_a_policy_fits_into_a_bucket(environment: Environment) -> None:
    assert len(json.dumps(environment.bucket_policy)) < 20_480  # bytes, S3's limit
