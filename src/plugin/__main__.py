"""Start the plugin: `python -m plugin`.

It does what `spaceone run plugin-server plugin` does for a plugin, and loads nothing else: the framework's command also
brings web servers, databases and exporters, which a plugin never uses.
"""

from plugin import app

if __name__ == "__main__":
    app.run()
