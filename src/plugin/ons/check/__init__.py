"""Whether a message may be acted on: its addresses, signature, topic and place in time."""
