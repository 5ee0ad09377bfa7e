"""The framework's settings for this plugin."""

import os

LEVEL = os.environ.get("ONS_LOG_LEVEL", "INFO").upper()

# A logger named here stays enabled though it was made before the framework configures logging.
LOG = {
    "loggers": {
        "plugin": {"level": LEVEL, "handlers": ["console"], "propagate": False},
        "spaceone": {"level": LEVEL, "handlers": ["console"], "propagate": False},
    }
}
