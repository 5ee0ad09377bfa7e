"""Whether a message may be acted on: URLs, signature, topic and order."""
