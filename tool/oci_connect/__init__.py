"""bin/oci-connect: connect OCI to SpaceONE by a topic, its subscription to a webhook, and the alarms that notify the topic."""
