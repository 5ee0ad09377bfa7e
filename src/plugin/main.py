"""The app that `spaceone run plugin-server plugin` starts."""

from __future__ import annotations

from spaceone.core import config
from spaceone.core.plugin.server import PluginServer

from plugin import app as plugin_app

DEFAULT_MAX_WORKERS = 100  # of the framework


class OnsPluginServer(PluginServer):
    """The plugin as the framework knows it: an app with `run`."""

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        plugin_app.run(config.get_global("PORT"), workers=config.get_global("MAX_WORKERS") != DEFAULT_MAX_WORKERS)


app = OnsPluginServer()
