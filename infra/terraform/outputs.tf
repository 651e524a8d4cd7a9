output "bucket_name" {
  description = "The bucket; write it into hermes.toml."
  value       = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.this.arn
}

output "platform_role_arn" {
  description = "The role to prune and retire with."
  value       = aws_iam_role.platform.arn
}

output "deploy_role_arns" {
  description = "By team: the role that CI deploys with; the variable HERMES_DEV_ROLE_ARN or HERMES_PROD_ROLE_ARN of the repositories."
  value       = { for team, role in aws_iam_role.deploy : team => role.arn }
}

output "read_role_arns" {
  description = "By team that has readers: the role that jobs read with."
  value       = { for team, role in aws_iam_role.read : team => role.arn }
}

output "oidc_provider_arn" {
  description = "The identity provider for GitHub Actions; hand it to the other environments of the same account."
  value       = local.oidc_provider_arn
}
