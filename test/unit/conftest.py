"""The framework's settings, without a process around them."""

from spaceone.core import config

config.init_conf(package="plugin")
