"""The image, built and tried where no registry of images is reached: bin/image --stand-in."""
