"""Settings: what an operator or a webhook's owner can choose, each with its one default."""
