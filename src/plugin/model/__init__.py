"""What SpaceONE is told."""
