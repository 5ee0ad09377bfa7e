"""The framework's settings for this plugin."""

import os

from plugin import process

SETTINGS = process.from_environment(os.environ)
FORMATTERS = {"text": "plugin.log.TextFormatter", "json": "plugin.log.JsonFormatter"}
LOGGER = {"level": SETTINGS.log_level, "handlers": ["console"], "propagate": False}

# A logger named here stays enabled though it was made before the framework configures logging.
LOG = {
    "loggers": {"plugin": LOGGER, "spaceone": LOGGER},
    "handlers": {"console": {"type": "console", "class": "plugin.log.LineHandler", "formatter": "plugin", "filters": []}},
    "formatters": {"plugin": {"args": {"()": FORMATTERS[SETTINGS.log_format]}}},
}
