"""Build and test the image without an image registry: bin/image --stand-in."""
