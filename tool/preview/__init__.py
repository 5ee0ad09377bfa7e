"""A page on this machine that shows which alert SpaceONE makes of a message."""
