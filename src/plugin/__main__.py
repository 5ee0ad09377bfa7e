"""Start the plugin: `python -m plugin`.

It does what `spaceone run plugin-server plugin` does for a plugin, and loads nothing else: the framework's command also
brings web servers, databases and exporters, which a plugin never uses.
"""

from __future__ import annotations

from spaceone.core import config
from spaceone.core.logger import set_logger

from plugin.app import wiring
from plugin.app.process import Process, ended_by_a_bad_setting

GLOBAL_CONF = "plugin.app.global_conf:global_conf"


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end with status 0; end with status 2 and one line for a bad setting."""
    with ended_by_a_bad_setting():
        settings = wiring.process_settings()
        config.init_conf(package="plugin")
        config.set_service_config(GLOBAL_CONF)
        set_logger()
        process = Process(settings.grpc_port, settings.workers)
    process.run()


if __name__ == "__main__":
    main()
