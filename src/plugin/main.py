"""The app that `spaceone run plugin-server plugin` starts."""

from plugin.server import OnsPluginServer

app = OnsPluginServer()
