"""Reading single environment variables; an empty one counts as not set."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from plugin.error import ERROR_ENVIRONMENT

Environ = Mapping[str, str]

PORT_TAKEN = "the port is taken, or not permitted"


def text(environ: Environ, variable: str, default: str = "") -> str:
    """Return the stripped value of a variable, or the default."""
    return environ.get(variable, "").strip() or default


def choice(environ: Environ, variable: str, values: Collection[str], default: str) -> str:
    """Return one of the values, given in upper or lower case; raise ERROR_ENVIRONMENT for anything else."""
    by_lower_case = {value.lower(): value for value in values}
    value = text(environ, variable, default).lower()
    if value not in by_lower_case:
        raise ERROR_ENVIRONMENT(variable, f"one of {', '.join(values)} expected")
    return by_lower_case[value]


def port(environ: Environ, variable: str, default: int | None = None) -> int | None:
    """Return a TCP port, or the default; raise ERROR_ENVIRONMENT for what is no port."""
    value = text(environ, variable)
    if value and not (value.isascii() and value.isdecimal() and len(value) <= 5 and 0 < int(value) < 65536):
        raise ERROR_ENVIRONMENT(variable, "a port from 1 to 65535 expected")
    return int(value) if value else default
