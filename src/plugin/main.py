"""The app that `spaceone run plugin-server plugin` starts."""

from plugin.app.server import OnsPluginServer

app = OnsPluginServer()
