"""Oracle's Monitoring, Notifications, Events, Identity and Audit on a loopback HTTP server, as far as bin/oci-connect asks.

It is strict where OCI is: request signatures, fields and required fields of the SDK's own models, limits of destinations,
durations and tags, etags. A new subscription is asked to be confirmed by a real POST to its endpoint; once its link was
opened at the stand-in for ONS, published messages are POSTed to it.
"""

from standin.oci.server import StandinOci
from standin.oci.values import COMPARTMENT, MODELS, Refused

__all__ = ["COMPARTMENT", "MODELS", "Refused", "StandinOci"]
