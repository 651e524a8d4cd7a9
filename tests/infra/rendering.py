"""The policies of an environment, as CloudFormation and as Terraform would make them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iam import Document, Principal
from stacks import Stack, load_template

INFRA = Path(__file__).resolve().parents[2] / "infra"
CLOUDFORMATION = INFRA / "cloudformation"
TERRAFORM = INFRA / "terraform"
TEMPLATES = TERRAFORM / "policies"

ACCOUNT = "123456789012"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
INFRASTRUCTURE = f"arn:aws:iam::{ACCOUNT}:role/acme-infrastructure"
PLATFORM_TEAM = f"arn:aws:iam::{ACCOUNT}:role/acme-platform"
CLUSTER = f"arn:aws:iam::{ACCOUNT}:role/acme-job-cluster"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
REPOSITORIES = {"growth": ["acme/shop", "acme/promo"], "finance": ["acme/ledger"]}


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What somebody who sets up an environment chooses."""

    name: str
    accepts_features: bool
    kms_key: str | None = None
    github_ref: str | None = None

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return f"acme-hermes-{self.name}"

    def subjects(self, team: str) -> list[str]:
        """Whose CI deploys for a team."""
        return [f"repo:{repository}:environment:{self.name}" for repository in REPOSITORIES[team]]


DEV = Choices(name="dev", accepts_features=True)
PROD = Choices(name="prod", accepts_features=False, github_ref="refs/heads/main")
LOCKED = Choices(name="locked", accepts_features=True, kms_key=KEY)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment's policies, and who may take on its roles."""

    choices: Choices
    bucket_policy: Document
    platform: Principal
    platform_trust: Document
    deploy: Mapping[str, Principal]
    deploy_trust: Mapping[str, Document]
    read: Mapping[str, Principal]
    read_trust: Mapping[str, Document]

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.choices.bucket}"


def role_arn(environment: str, role: str) -> str:
    """The ARN that a role has in these tests."""
    return f"arn:aws:iam::{ACCOUNT}:role/hermes-{environment}-{role}"


# --- CloudFormation ---


def environment_stack(choices: Choices, **changes: Any) -> Stack:
    """A stack of hermes-environment.yml."""
    parameters = {
        "EnvironmentName": choices.name,
        "BucketName": choices.bucket,
        "AcceptsFeatures": str(choices.accepts_features).lower(),
        "PlatformPrincipalArns": [PLATFORM_TEAM],
        "InfrastructureRoleArn": INFRASTRUCTURE,
        "KmsKeyArn": choices.kms_key or "",
    }
    attributes = {
        "Bucket": choices.bucket,
        "Bucket.Arn": f"arn:aws:s3:::{choices.bucket}",
        "PlatformRole": "platform",
        "PlatformRole.Arn": role_arn(choices.name, "platform"),
    }
    return Stack(load_template(CLOUDFORMATION / "hermes-environment.yml"), parameters | changes, attributes)


def team_stack(choices: Choices, team: str, **changes: Any) -> Stack:
    """A stack of hermes-team.yml."""
    parameters = {
        "EnvironmentName": choices.name,
        "BucketName": choices.bucket,
        "Team": team,
        "Subjects": choices.subjects(team),
        "GitHubRef": choices.github_ref or "",
        "OidcProviderArn": PROVIDER,
        "KmsKeyArn": choices.kms_key or "",
        "ReaderPrincipalArns": [CLUSTER],
    }
    attributes = {"DeployRole": "deploy", "ReadRole": "read"}
    return Stack(load_template(CLOUDFORMATION / "hermes-team.yml"), parameters | changes, attributes)


def by_cloudformation(choices: Choices) -> Environment:
    """The policies that the two templates make."""
    environment = environment_stack(choices)
    teams = {team: team_stack(choices, team) for team in REPOSITORIES}

    def role(stack: Stack, resource: str, name: str) -> Principal:
        policy = stack.properties(f"{resource}Policy")
        assert policy["RoleName"] == resource.removesuffix("Role").lower()
        return Principal(arn=role_arn(choices.name, name), policies=[policy["PolicyDocument"]])

    return Environment(
        choices=choices,
        bucket_policy=environment.properties("BucketPolicy")["PolicyDocument"],
        platform=role(environment, "PlatformRole", "platform"),
        platform_trust=environment.properties("PlatformRole")["AssumeRolePolicyDocument"],
        deploy={t: role(stack, "DeployRole", f"{t}-deploy") for t, stack in teams.items()},
        deploy_trust={
            t: stack.properties("DeployRole")["AssumeRolePolicyDocument"] for t, stack in teams.items()
        },
        read={t: role(stack, "ReadRole", f"{t}-read") for t, stack in teams.items()},
        read_trust={
            t: stack.properties("ReadRole")["AssumeRolePolicyDocument"] for t, stack in teams.items()
        },
    )


# --- Terraform ---


def render(template: str, values: Mapping[str, Any]) -> Document:
    """A policy's template, by the few of Terraform's rules that these use."""
    text = (TEMPLATES / f"{template}.json.tftpl").read_text(encoding="utf-8")

    def choose(found: re.Match[str]) -> str:
        wanted = not found["name"].startswith("!")
        return found["body"] if values[found["name"].lstrip("!")] is wanted else ""

    text = re.sub(
        r"^%\{ if (?P<name>!?\w+) ~\}\n(?P<body>.*?)^%\{ endif ~\}\n",
        choose,
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    text = re.sub(r"\$\{jsonencode\((\w+)\)\}", lambda found: json.dumps(values[found[1]]), text)
    text = re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[1]]), text)
    document: Document = json.loads(text)
    return document


def terraform_values(choices: Choices) -> dict[str, dict[str, Any]]:
    """What roles.tf and bucket.tf hand to each template; for team growth where it is a team's."""
    bucket = f"arn:aws:s3:::{choices.bucket}"
    kms = {"has_kms_key": choices.kms_key is not None, "kms_key_arn": choices.kms_key or "none"}
    return {
        "bucket": {
            "bucket_arn": bucket,
            "platform_role_arn": role_arn(choices.name, "platform"),
            "infrastructure_role_arn": INFRASTRUCTURE,
            "accepts_features": choices.accepts_features,
        },
        "platform": {"bucket_arn": bucket, **kms},
        "deploy": {"bucket_arn": bucket, "team": "growth", **kms},
        "read": {"bucket_arn": bucket, "team": "growth", **kms},
        "trust-roles": {"principal_arns": [PLATFORM_TEAM]},
        "trust-github": {
            "oidc_provider_arn": PROVIDER,
            "subjects": choices.subjects("growth"),
            "has_ref": choices.github_ref is not None,
            "ref": choices.github_ref or "none",
        },
    }


def by_terraform(choices: Choices) -> Environment:
    """The policies that the module makes."""
    values = terraform_values(choices)

    def role(name: str, template: str, **changes: Any) -> Principal:
        policy = render(template, values[template] | changes)
        return Principal(arn=role_arn(choices.name, name), policies=[policy])

    readers = render("trust-roles", {"principal_arns": [CLUSTER]})
    return Environment(
        choices=choices,
        bucket_policy=render("bucket", values["bucket"]),
        platform=role("platform", "platform"),
        platform_trust=render("trust-roles", values["trust-roles"]),
        deploy={t: role(f"{t}-deploy", "deploy", team=t) for t in REPOSITORIES},
        deploy_trust={
            t: render("trust-github", values["trust-github"] | {"subjects": choices.subjects(t)})
            for t in REPOSITORIES
        },
        read={t: role(f"{t}-read", "read", team=t) for t in REPOSITORIES},
        read_trust=dict.fromkeys(REPOSITORIES, readers),
    )


RENDERINGS = {"cloudformation": by_cloudformation, "terraform": by_terraform}
