"""Reading single environment variables; an empty one counts as not set."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Mapping

from plugin import NAME
from plugin.error import ERROR_ENVIRONMENT

Environ = Mapping[str, str]

PORT_TAKEN = "the port is taken, or not permitted"
BAD_SETTING = 2  # the exit status


@contextlib.contextmanager
def ended_by_a_bad_setting(product: str = NAME) -> Iterator[None]:
    """End the process with one line on standard error, and with BAD_SETTING, if a setting is refused."""
    try:
        yield
    except ERROR_ENVIRONMENT as e:
        print(f"{product}: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        sys.exit(BAD_SETTING)


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


def port(environ: Environ, variable: str) -> int | None:
    """Return a TCP port, or None if there is none; raise ERROR_ENVIRONMENT for what is no port."""
    return number(environ, variable, 65535, "a port")


def number(environ: Environ, variable: str, largest: int, what: str = "a number") -> int | None:
    """Return a whole number from 1 to the largest, or None if there is none; raise ERROR_ENVIRONMENT for anything else."""
    value = text(environ, variable)
    if not value:
        return None
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(largest))
    if not digits or not 0 < int(value) <= largest:
        raise ERROR_ENVIRONMENT(variable, f"{what} from 1 to {largest} expected")
    return int(value)
