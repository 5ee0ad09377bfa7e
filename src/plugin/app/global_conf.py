"""The settings of SpaceONE's framework for this plugin; it takes each upper-case name as a setting."""

from plugin.app import wiring
from plugin.observe import log

LOG = log.framework_configuration(wiring.process_settings())
