"""A local web page that shows the alert SpaceONE makes from a message."""
