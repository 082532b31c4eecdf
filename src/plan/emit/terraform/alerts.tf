# What the matrix of detective controls wants somebody to be told of at once. The rest is done by the managed
# rules of AWS Config: secretsmanager-rotation-enabled-check, secretsmanager-secret-unused,
# secretsmanager-scheduled-rotation-success-check and secretsmanager-using-cmk.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html
locals {
  alerts = {
    secrets-changed = jsonencode({
      source        = ["aws.secretsmanager"]
      "detail-type" = ["AWS API Call via CloudTrail"]
      detail = {
        eventName = ["DeleteResourcePolicy", "DeleteSecret", "PutResourcePolicy", "TagResource", "UntagResource"]
      }
    })

    secrets-not-rotated = jsonencode({
      source        = ["aws.secretsmanager"]
      "detail-type" = ["AWS Service Event via CloudTrail"]
      detail = {
        eventName = ["RotationFailed"]
      }
    })

    secrets-key-changed = jsonencode({
      source        = ["aws.kms"]
      "detail-type" = ["AWS API Call via CloudTrail"]
      detail = {
        eventName = ["DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"]
        resources = {
          ARN = [aws_kms_key.secrets.arn]
        }
      }
    })

    parameters-deleted = jsonencode({
      source        = ["aws.ssm"]
      "detail-type" = ["Parameter Store Change"]
      detail = {
        operation = ["Delete"]
      }
    })
  }
}

resource "aws_cloudwatch_event_rule" "alerts" {
  for_each = { for name, pattern in local.alerts : name => pattern if var.alert_topic_arn != null }

  name          = each.key
  event_pattern = each.value
}

resource "aws_cloudwatch_event_target" "alerts" {
  for_each = aws_cloudwatch_event_rule.alerts

  rule = each.value.name
  arn  = var.alert_topic_arn
}
