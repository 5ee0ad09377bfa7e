"""The relay: an HTTP server that forwards ONS's deliveries to SpaceONE's webhook."""
