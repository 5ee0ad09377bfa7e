"""The app that `spaceone run plugin-server plugin` starts: the same process on the framework's own command."""

from __future__ import annotations

from spaceone.core import config
from spaceone.core.plugin.server import PluginServer

from plugin import app as plugin_app

FRAMEWORKS_WORKERS = 100  # what the framework asks for if nobody does


class OnsPluginServer(PluginServer):
    """The plugin as the framework knows it: an app with `run`."""

    def run(self) -> None:
        """Serve until the process is asked to end."""
        plugin_app.run(config.get_global("PORT"), workers=config.get_global("MAX_WORKERS") != FRAMEWORKS_WORKERS)


app = OnsPluginServer()
