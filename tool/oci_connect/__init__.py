"""bin/oci-connect: set up an OCI topic, its subscription to a SpaceONE webhook, and alarms that notify the topic."""
