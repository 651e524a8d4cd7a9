"""The CloudFormation templates: what they make beside the policies, and what they refuse to be given."""

from __future__ import annotations

from typing import Any

import pytest
from rendering import CLOUDFORMATION, DEV, LOCKED, environment_stack, team_stack
from stacks import load_template

TEMPLATES = sorted(CLOUDFORMATION.glob("*.yml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_everything_is_described(path: Any) -> None:
    template = load_template(path)
    for section in ("Parameters", "Outputs"):
        for name, value in template[section].items():
            assert value["Description"].endswith("."), name
    shown = template.get("Metadata", {}).get("AWS::CloudFormation::Interface", {}).get("ParameterGroups")
    if shown:
        assert {name for group in shown for name in group["Parameters"]} == set(template["Parameters"])


def test_the_bucket_is_versioned_private_and_encrypted() -> None:
    bucket = environment_stack(DEV).properties("Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "LoggingConfiguration" not in bucket
    logged = environment_stack(DEV, AccessLogBucketName="acme-logs").properties("Bucket")
    assert logged["LoggingConfiguration"]["DestinationBucketName"] == "acme-logs"
    for choices, algorithm in ((DEV, "AES256"), (LOCKED, "aws:kms")):
        (rule,) = environment_stack(choices).properties("Bucket")["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == algorithm
        assert rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID") == choices.kms_key


def test_the_lifecycle_touches_nothing_that_is_current() -> None:
    rules = environment_stack(DEV).properties("Bucket")["LifecycleConfiguration"]["Rules"]
    effects = {key for rule in rules for key in rule if key not in ("Id", "Status")}
    assert effects == {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_what_protects_outlives_the_stack() -> None:
    resources = load_template(CLOUDFORMATION / "hermes-environment.yml")["Resources"]
    for name in ("Bucket", "BucketPolicy"):
        assert resources[name]["DeletionPolicy"] == resources[name]["UpdateReplacePolicy"] == "Retain"


def test_parts_that_are_a_choice() -> None:
    assert environment_stack(DEV).exists("OidcProvider")
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    assert not environment_stack(DEV, OidcProviderArn=provider).exists("OidcProvider")
    assert team_stack(DEV, "growth").exists("ReadRole")
    assert not team_stack(DEV, "growth", ReaderPrincipalArns="").exists("ReadRole")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Team", "growth/*"),
        ("Team", "*"),
        ("Team", "Growth"),
        ("Subjects", ["repo:acme/*:environment:dev"]),
        ("Subjects", ["repo:acme/shop:environment:dev", "repo:acme/promo:*"]),
        ("Subjects", ["repo:acme/shop:ref:refs/heads/main"]),
        ("Subjects", "*"),
        ("GitHubRef", "main"),
        ("GitHubRef", "refs/heads/*"),
        ("OidcProviderArn", "arn:aws:iam::123456789012:oidc-provider/example.com"),
    ],
)
def test_a_team_stack_refuses(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        team_stack(DEV, "growth", **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AcceptsFeatures", "perhaps"),
        ("BucketName", "acme.hermes.dev"),
        ("InfrastructureRoleArn", "*"),
        ("InfrastructureRoleArn", "arn:aws:iam::123456789012:root"),
        ("KmsKeyArn", "alias/hermes"),
    ],
)
def test_an_environment_stack_refuses(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        environment_stack(DEV, **{name: value})
