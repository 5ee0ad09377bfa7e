"""Read environment variables; an empty one counts as not set."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Mapping

from plugin import NAME
from plugin.error import ERROR_ENVIRONMENT

Environ = Mapping[str, str]

PORT_TAKEN = "the port is taken, or not permitted"
EXIT_BAD_SETTING = 2  # the exit status


@contextlib.contextmanager
def exit_on_bad_setting(product: str = NAME) -> Iterator[None]:
    """If a setting is refused, print one line to standard error and exit with EXIT_BAD_SETTING."""
    try:
        yield
    except ERROR_ENVIRONMENT as e:
        print(f"{product}: {e.message}", file=sys.stderr)  # noqa: T201 - for the operator
        sys.exit(EXIT_BAD_SETTING)


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
    """Return a TCP port, or None if the variable is not set; raise ERROR_ENVIRONMENT for anything else."""
    return number(environ, variable, 65535, "a port")


def number(environ: Environ, variable: str, maximum: int, noun: str = "a number") -> int | None:
    """Return an integer from 1 to the maximum, or None if not set; raise ERROR_ENVIRONMENT for anything else."""
    value = text(environ, variable)
    if not value:
        return None
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(maximum))
    if not digits or not 0 < int(value) <= maximum:
        raise ERROR_ENVIRONMENT(variable, f"{noun} from 1 to {maximum} expected")
    return int(value)
