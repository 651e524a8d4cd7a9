locals {
  tags = { hermes-environment = var.environment }

  github_environment = coalesce(var.github_environment, var.environment)
  oidc_provider_arn  = var.oidc_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn
  teams_with_readers = { for name, team in var.teams : name => team if length(team.reader_principal_arns) > 0 }
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.oidc_provider_arn == null ? 1 : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "platform" {
  name                 = "hermes-${var.environment}-platform"
  description          = "Hermes ${var.environment}: prune and retire, in all teams"
  max_session_duration = 3600
  tags                 = local.tags

  assume_role_policy = templatefile("${path.module}/policies/trust-roles.json.tftpl", {
    principal_arns = var.platform_principal_arns
  })
}

resource "aws_iam_role_policy" "platform" {
  name = "hermes"
  role = aws_iam_role.platform.id
  policy = templatefile("${path.module}/policies/platform.json.tftpl", {
    bucket_arn  = aws_s3_bucket.this.arn
    has_kms_key = var.kms_key_arn != null
    kms_key_arn = coalesce(var.kms_key_arn, "none")
  })
}

resource "aws_iam_role" "deploy" {
  for_each = var.teams

  name                 = "hermes-${var.environment}-${each.key}-deploy"
  description          = "Hermes ${var.environment}: CI of team ${each.key} deploys"
  max_session_duration = 3600
  tags                 = merge(local.tags, { hermes-team = each.key })

  assume_role_policy = templatefile("${path.module}/policies/trust-github.json.tftpl", {
    oidc_provider_arn = local.oidc_provider_arn
    subjects          = [for repository in each.value.repositories : "repo:${repository}:environment:${local.github_environment}"]
    has_ref           = var.github_ref != null
    ref               = coalesce(var.github_ref, "none")
  })
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.teams

  name = "hermes"
  role = aws_iam_role.deploy[each.key].id
  policy = templatefile("${path.module}/policies/deploy.json.tftpl", {
    bucket_arn  = aws_s3_bucket.this.arn
    team        = each.key
    has_kms_key = var.kms_key_arn != null
    kms_key_arn = coalesce(var.kms_key_arn, "none")
  })
}

resource "aws_iam_role" "read" {
  for_each = local.teams_with_readers

  name                 = "hermes-${var.environment}-${each.key}-read"
  description          = "Hermes ${var.environment}: jobs of team ${each.key} read"
  max_session_duration = 43200
  tags                 = merge(local.tags, { hermes-team = each.key })

  assume_role_policy = templatefile("${path.module}/policies/trust-roles.json.tftpl", {
    principal_arns = each.value.reader_principal_arns
  })
}

resource "aws_iam_role_policy" "read" {
  for_each = local.teams_with_readers

  name = "hermes"
  role = aws_iam_role.read[each.key].id
  policy = templatefile("${path.module}/policies/read.json.tftpl", {
    bucket_arn  = aws_s3_bucket.this.arn
    team        = each.key
    has_kms_key = var.kms_key_arn != null
    kms_key_arn = coalesce(var.kms_key_arn, "none")
  })
}
