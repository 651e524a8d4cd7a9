terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  teams = {
    growth = {
      repositories          = ["acme/shop"]
      reader_principal_arns = ["arn:aws:iam::123456789012:role/acme-job-cluster"]
    }
    finance = {
      repositories = ["acme/ledger", "acme/invoices"]
    }
  }
}

module "dev" {
  source = "../.."

  environment             = "dev"
  bucket_name             = "acme-hermes-dev"
  accepts_features        = true
  platform_principal_arns = ["arn:aws:iam::123456789012:role/acme-platform"]
  infrastructure_role_arn = "arn:aws:iam::123456789012:role/acme-infrastructure"
  teams                   = local.teams
}

module "prod" {
  source = "../.."

  environment             = "prod"
  bucket_name             = "acme-hermes-prod"
  accepts_features        = false
  platform_principal_arns = ["arn:aws:iam::123456789012:role/acme-platform"]
  infrastructure_role_arn = "arn:aws:iam::123456789012:role/acme-infrastructure"
  teams                   = local.teams
  github_ref              = "refs/heads/main"
  oidc_provider_arn       = module.dev.oidc_provider_arn
}

output "deploy_role_arns" {
  description = "By environment and team: the roles for the repositories' variables."
  value = {
    dev  = module.dev.deploy_role_arns
    prod = module.prod.deploy_role_arns
  }
}
