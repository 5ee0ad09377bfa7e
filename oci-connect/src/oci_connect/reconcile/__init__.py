"""drift and reconcile: make what is open in SpaceONE what fires in OCI, whatever was lost on the way."""
