# The secrets of a code base in their stores: without values, which import.sh puts in afterwards.
# The policies are those of "Migrating your secrets to AWS Secrets Manager, Part I: Discovery and design".

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  # The services that alone may use the key, for somebody who may use them.
  stores = [for service in ["secretsmanager", "ssm"] : "${service}.${local.region}.${data.aws_partition.current.dns_suffix}"]
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "RootAccess"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = length(var.key_administrators) > 0 ? [true] : []

    content {
      sid = "KeyAdministrators"

      actions = [
        "kms:CancelKeyDeletion",
        "kms:Create*",
        "kms:Delete*",
        "kms:Describe*",
        "kms:Disable*",
        "kms:Enable*",
        "kms:Get*",
        "kms:List*",
        "kms:Put*",
        "kms:Revoke*",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:Update*",
      ]

      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = var.key_administrators
      }
    }
  }

  statement {
    sid = "ThroughStoresInThisAccount"

    actions = [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ListGrants",
      "kms:ReEncrypt*",
    ]

    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.stores
    }
  }

  dynamic "statement" {
    for_each = var.organization_id != null && length(var.key_readers) > 0 ? [true] : []

    content {
      sid       = "ReadersInTheOrganisation"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:PrincipalOrgID"
        values   = [var.organization_id]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.stores
      }

      condition {
        test     = "StringLike"
        variable = "aws:PrincipalArn"
        values   = var.key_readers
      }
    }
  }
}

resource "aws_kms_key" "secrets" {
  description             = "Secrets of applications, through Secrets Manager and Parameter Store alone"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/${var.key_alias}"
  target_key_id = aws_kms_key.secrets.key_id
}
