"""Settings of the operator and of a webhook's owner."""
