variable "region" {
  description = "The region of topic and alarms, such as ap-seoul-1."
  type        = string
}

variable "compartment_ocid" {
  description = "The compartment of topic, subscription and alarms."
  type        = string
}

variable "webhook_url" {
  description = "SpaceONE's webhook URL, or the relay's. It holds the access key, and the state keeps it in plain text."
  type        = string
  sensitive   = true
}

variable "topic_name" {
  description = "The name of the topic, which is unique in a tenancy."
  type        = string
  default     = "SpaceONE-Webhook-Topic"
}

variable "alarm_files" {
  description = "Files of alarms, in the format of oci-connect; a relative path begins at this folder."
  type        = list(string)
  default     = ["../oci/alarms/default.yaml"]
}

variable "retry_hours" {
  description = "How long ONS tries to deliver a message."
  type        = number
  default     = 24
}

variable "freeform_tags" {
  description = "Tags on all that is made."
  type        = map(string)
  default     = { made-by = "Terraform" }
}
