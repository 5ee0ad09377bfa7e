"""Start the plugin: `python -m plugin`.

It serves the same as `spaceone run plugin-server plugin`, without the web servers, databases and exporters that the
framework's command loads.
"""

from plugin import app

if __name__ == "__main__":
    app.run()
