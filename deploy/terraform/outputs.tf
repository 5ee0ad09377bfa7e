output "topic_ocid" {
  description = "Where alarms of your own are to be sent."
  value       = oci_ons_notification_topic.spaceone.id
}

output "subscription_state" {
  description = "PENDING until the plugin has confirmed the subscription, then ACTIVE."
  value       = oci_ons_subscription.spaceone.state
}
