"""The app that `spaceone run plugin-server plugin` starts: the same process on the framework's own command."""

from __future__ import annotations

from spaceone.core import config
from spaceone.core.plugin.server import PluginServer

from plugin.app.process import Process, ended_by_a_bad_setting
from plugin.setting.process import ProcessSettings

FRAMEWORKS_WORKERS = 100  # what the framework asks for if nobody does


class OnsPluginServer(PluginServer):
    """The plugin as the framework knows it: an app with `run`."""

    _global_conf_path = "{package}.app.global_conf:global_conf"

    def __init__(self) -> None:
        with ended_by_a_bad_setting():
            super().__init__()
            workers: int = config.get_global("MAX_WORKERS")
            workers = ProcessSettings.workers if workers == FRAMEWORKS_WORKERS else workers
            self._process = Process(config.get_global("PORT"), workers)

    def run(self) -> None:
        """Serve until the process is asked to end."""
        self._process.run()


app = OnsPluginServer()
