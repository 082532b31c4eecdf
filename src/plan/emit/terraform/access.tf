# Roles with the tags appname, appfunc and appenv make, change and read the secrets that have the same tags,
# under the names that begin with them.
data "aws_iam_policy_document" "by_tags" {
  statement {
    sid = "AccessBasedOnResourceTags"

    actions = [
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecret",
    ]

    resources = [
      "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:/&{aws:PrincipalTag/appname}/&{aws:PrincipalTag/appfunc}/&{aws:PrincipalTag/appenv}/*",
    ]

    dynamic "condition" {
      for_each = ["appname", "appfunc", "appenv"]

      content {
        test     = "StringEquals"
        variable = "secretsmanager:ResourceTag/${condition.value}"
        values   = ["&{aws:PrincipalTag/${condition.value}}"]
      }
    }
  }

  statement {
    sid     = "AccessBasedOnRequestTags"
    actions = ["secretsmanager:CreateSecret", "secretsmanager:TagResource"]

    resources = [
      "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:/&{aws:PrincipalTag/appname}/&{aws:PrincipalTag/appfunc}/&{aws:PrincipalTag/appenv}/*",
    ]

    dynamic "condition" {
      for_each = ["appname", "appfunc", "appenv"]

      content {
        test     = "StringEquals"
        variable = "aws:RequestTag/${condition.value}"
        values   = ["&{aws:PrincipalTag/${condition.value}}"]
      }
    }
  }
}

resource "aws_iam_policy" "by_tags" {
  name        = "secrets-by-tags"
  description = "Make, change and read the secrets whose tags are those of the role"
  policy      = data.aws_iam_policy_document.by_tags.json
}

# What no other policy can allow.
data "aws_iam_policy_document" "secret" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.organization_id == null ? [] : [true]

    content {
      sid       = "OnlyTheOrganisation"
      effect    = "Deny"
      actions   = ["secretsmanager:*"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringNotEquals"
        variable = "aws:PrincipalOrgID"
        values   = [var.organization_id]
      }

      # Services act for themselves when they rotate.
      condition {
        test     = "BoolIfExists"
        variable = "aws:PrincipalIsAWSService"
        values   = ["false"]
      }
    }
  }
}
