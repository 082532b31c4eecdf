variable "alert_topic_arn" {
  description = "The SNS topic that is told of deletions, changed policies and tags, and failed rotations; its policy lets events.amazonaws.com publish. Nobody is told without one."
  type        = string
  default     = null
}

variable "key_administrators" {
  description = "ARNs of the roles that administer the key, and cannot use it."
  type        = list(string)
  default     = []
}

variable "key_alias" {
  description = "The name of the key. import.sh takes it as KMS_KEY=alias/NAME."
  type        = string
  default     = "application-secrets"
}

variable "key_readers" {
  description = "ARN patterns of roles that decrypt secrets from other accounts of the organisation, such as arn:aws:iam::*:role/NAME."
  type        = list(string)
  default     = []
}

variable "organization_id" {
  description = "The AWS organisation, as o-…: who is not in it gets nothing, whatever other policies say. A wrong one shuts out everybody."
  type        = string
  default     = null
}

variable "recovery_window_in_days" {
  description = "How long a deleted secret can be restored."
  type        = number
  default     = 30
}

variable "rotation_function_arns" {
  description = "By the name of a secret, the Lambda function that rotates it, and lets secretsmanager.amazonaws.com invoke it. The first rotation follows at once: give it after the import, when the code reads from the store."
  type        = map(string)
  default     = {}
}
