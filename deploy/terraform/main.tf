# Topic, subscription and alarms for SpaceONE. It was never applied: see docs/oci-connect.md.
terraform {
  required_version = ">= 1.3"
  required_providers {
    oci = {
      source  = "oracle/oci"
      version = ">= 5.0"
    }
  }
}

provider "oci" {
  region = var.region
}

locals {
  alarms = merge([
    for file in var.alarm_files : {
      for alarm in yamldecode(file(startswith(file, "/") ? file : "${path.module}/${file}")).alarms :
      alarm.displayName => alarm
    }
  ]...)
}

resource "oci_ons_notification_topic" "spaceone" {
  compartment_id = var.compartment_ocid
  name           = var.topic_name
  description    = "OCI alarms for SpaceONE"
  freeform_tags  = var.freeform_tags
}

resource "oci_ons_subscription" "spaceone" {
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.spaceone.id
  protocol       = "CUSTOM_HTTPS"
  endpoint       = var.webhook_url
  delivery_policy = jsonencode({
    backoffRetryPolicy = {
      maxRetryDuration = var.retry_hours * 3600 * 1000
      policyType       = "EXPONENTIAL"
    }
  })
  freeform_tags = var.freeform_tags
}

resource "oci_monitoring_alarm" "spaceone" {
  for_each = local.alarms

  compartment_id        = try(each.value.compartmentId, var.compartment_ocid)
  metric_compartment_id = try(each.value.metricCompartmentId, each.value.compartmentId, var.compartment_ocid)
  display_name          = each.key
  namespace             = each.value.namespace
  query                 = each.value.query
  severity              = each.value.severity
  destinations          = try(each.value.destinations, [oci_ons_notification_topic.spaceone.id])
  is_enabled            = try(each.value.isEnabled, true)
  message_format        = "RAW" # what the plugin reads

  body                         = try(each.value.body, null)
  alarm_summary                = try(each.value.alarmSummary, null)
  notification_title           = try(each.value.notificationTitle, null)
  pending_duration             = try(each.value.pendingDuration, "PT5M")
  repeat_notification_duration = try(each.value.repeatNotificationDuration, "PT5M")
  evaluation_slack_duration    = try(each.value.evaluationSlackDuration, null)
  resolution                   = try(each.value.resolution, null)
  resource_group               = try(each.value.resourceGroup, null)
  rule_name                    = try(each.value.ruleName, null)

  metric_compartment_id_in_subtree              = try(each.value.metricCompartmentIdInSubtree, false)
  is_notifications_per_metric_dimension_enabled = try(each.value.isNotificationsPerMetricDimensionEnabled, false)

  dynamic "overrides" {
    for_each = try(each.value.overrides, [])
    content {
      rule_name        = overrides.value.ruleName
      query            = try(overrides.value.query, null)
      severity         = try(overrides.value.severity, null)
      body             = try(overrides.value.body, null)
      pending_duration = try(overrides.value.pendingDuration, null)
    }
  }

  freeform_tags = merge(var.freeform_tags, try(each.value.freeformTags, {}))
}
