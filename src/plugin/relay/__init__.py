"""The relay: an HTTP server that takes deliveries of ONS and hands them on to SpaceONE's webhook."""
