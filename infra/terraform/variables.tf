variable "environment" {
  description = "The environment's name in hermes.toml, such as dev or prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.environment))
    error_message = "Use lowercase letters, digits and -, starting with a letter, 20 at most."
  }
}

variable "bucket_name" {
  description = "The bucket to make; the same name as in hermes.toml. It holds this environment and nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "Use a bucket's name, without dots."
  }
}

variable "accepts_features" {
  description = "Whether feature branches may deploy here. Say false for prod."
  type        = bool
}

variable "platform_principal_arns" {
  description = "Roles of the platform team that may take on the platform role (prune, retire)."
  type        = list(string)

  validation {
    condition     = length(var.platform_principal_arns) > 0 && !contains(var.platform_principal_arns, "*")
    error_message = "Name at least one role, and never everybody."
  }
}

variable "infrastructure_role_arn" {
  description = "The role that applies this module. No other may change the bucket's policy, versioning or lifecycle afterwards; a wrong one locks you out until the account's root user removes the bucket policy."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/*-]+$", var.infrastructure_role_arn))
    error_message = "Use the ARN of a role."
  }
}

variable "teams" {
  description = "By team name: the repositories whose CI deploys for it (OWNER/REPOSITORY, as in the subject of their OIDC tokens; newer repositories have numbers in it), and the roles that its clusters and Airflow run as."
  type = map(object({
    repositories          = list(string)
    reader_principal_arns = optional(list(string), [])
  }))

  validation {
    condition     = alltrue([for team in keys(var.teams) : can(regex("^[a-z][a-z0-9_-]{0,29}$", team))])
    error_message = "A team's name has lowercase letters, digits, - and _, starts with a letter, and has 30 characters at most (it is part of a role's name)."
  }

  validation {
    condition = alltrue(flatten([
      for team in values(var.teams) : [
        for repository in team.repositories : can(regex("^[A-Za-z0-9._@-]+/[A-Za-z0-9._@-]+$", repository))
      ]
    ]))
    error_message = "Write a repository as OWNER/REPOSITORY, without wildcards."
  }

  validation {
    condition     = alltrue([for team in values(var.teams) : length(team.repositories) > 0])
    error_message = "A team needs at least one repository."
  }

  validation {
    condition     = alltrue([for team in values(var.teams) : !contains(team.reader_principal_arns, "*")])
    error_message = "Name roles, and never everybody."
  }
}

variable "github_environment" {
  description = "The GitHub environment that the deploying job names; the environment's own name where null. Which branches may use it is set in its protection rules, in each repository."
  type        = string
  default     = null

  validation {
    condition     = var.github_environment == null || can(regex("^[A-Za-z0-9._-]+$", var.github_environment))
    error_message = "Use the name of a GitHub environment, without wildcards."
  }
}

variable "github_ref" {
  description = "The only ref that may deploy, such as refs/heads/main, as a second lock beside the environment's rules; null for any ref that those rules let through."
  type        = string
  default     = null

  validation {
    condition     = var.github_ref == null || can(regex("^refs/heads/[A-Za-z0-9._/-]+$", var.github_ref))
    error_message = "Use a whole ref, such as refs/heads/main."
  }
}

variable "oidc_provider_arn" {
  description = "The account's identity provider for GitHub Actions, if it has one already (there can be only one); null to make it here."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/token[.]actions[.]githubusercontent[.]com$", var.oidc_provider_arn))
    error_message = "Use the ARN of the provider token.actions.githubusercontent.com."
  }
}

variable "kms_key_arn" {
  description = "A KMS key to encrypt with; null for the keys that S3 manages. Its key policy must admit IAM."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "Use the ARN of a key, not of an alias."
  }
}

variable "access_log_bucket" {
  description = "An existing bucket that gets the access log; null for none."
  type        = string
  default     = null
}

variable "noncurrent_days" {
  description = "After how many days an overwritten or deleted version of an object is gone for good."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_days >= 30 && var.noncurrent_days <= 3650
    error_message = "Between 30 and 3650 days."
  }
}
