"""The relay: an HTTP server that takes ONS's deliveries and forwards them to SpaceONE's webhook."""
