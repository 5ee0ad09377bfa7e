"""What an operator can set: a webhook's options, and the same as environment variables.

An option goes before its environment variable (`provider`, `ONS_PROVIDER`), and that before the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jsonschema import Draft202012Validator  # the schema that the console is shown is the one that is checked

from plugin.error import ERROR_ENVIRONMENT, ERROR_OPTION

ENVIRONMENT = "ONS_"


@dataclass(frozen=True)
class Setting:
    """One option: its JSON schema, what it must be in words, and whether a bad value refuses every message."""

    schema: Mapping[str, Any]
    expected: str
    fails_closed: bool = False


def _text(title: str, description: str, pattern: str, default: str) -> dict[str, Any]:
    return {"title": title, "description": description, "type": "string", "pattern": pattern, "default": default}


def _list(title: str, description: str, pattern: str) -> dict[str, Any]:
    item = {"type": "string", "pattern": pattern}
    return {"title": title, "description": description, "type": "array", "items": item, "maxItems": 100, "default": []}


def _choice(title: str, description: str, *values: str) -> dict[str, Any]:
    return {"title": title, "description": description, "type": "string", "enum": list(values), "default": values[0]}


SETTINGS = {
    "signature": Setting(
        _choice(
            "Signature",
            "ignore signatures, verify those that messages carry, or require one of each message.",
            "ignore",  # the access key in the webhook's URL says who sends; real ONS bodies carry no signature
            "verify",
            "require",
        ),
        "ignore, verify or require",
        fails_closed=True,
    ),
    "signature_max_age": Setting(
        {
            "title": "Oldest signature",
            "description": "Seconds after which a signed message is too old.",
            "type": "integer",
            "minimum": 1,
            "maximum": 604800,
            "default": 10800,  # ONS tries for two hours
        },
        "a whole number of seconds from 1 to 604800",
    ),
    "confirm": Setting(
        {
            "title": "Confirm subscriptions",
            "description": "Open the link with which ONS asks to confirm a subscription.",
            "type": "boolean",
            "default": True,
        },
        "true or false",
    ),
    "topics": Setting(
        _list(
            "Topics",
            "OCIDs of the only topics that may confirm or notify; empty: any.",
            r"^ocid1\.onstopic\.[A-Za-z0-9._-]{1,255}$",
        ),
        "a list of topic OCIDs (ocid1.onstopic.…)",
        fails_closed=True,
    ),
    "extra_domains": Setting(
        _list(
            "Further realm domains",
            "Domains of OCI realms that the plugin does not know yet.",
            r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,4}$",
        ),
        "a list of domains in lower case",
    ),
    "provider": Setting(
        _text("Provider", "What the events name as their provider.", r"^[A-Za-z0-9_.-]{1,40}$", "oci"),
        "1 to 40 letters, digits, dots, hyphens or underscores",
    ),
    "oci_events": Setting(
        _choice("OCI events", "alert: OCI events become alerts; ignore: they are silent.", "alert", "ignore"),
        "alert or ignore",
    ),
}

SCHEMA = {
    "type": "object",
    "properties": {name: setting.schema for name, setting in SETTINGS.items()},
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Options:
    """All settings, each of its type. The defaults are those of SETTINGS."""

    signature: str = "ignore"
    signature_max_age: int = 10800
    confirm: bool = True
    topics: tuple[str, ...] = ()
    extra_domains: tuple[str, ...] = ()
    provider: str = "oci"
    oci_events: str = "alert"


def given(options: Mapping[str, Any], defaults: Options) -> tuple[Options, list[ERROR_OPTION]]:
    """Return the defaults with the valid options in their places, and an error for each other option."""
    valid: dict[str, Any] = {}
    errors = []
    for name, value in options.items():
        if name not in SETTINGS:
            errors.append(ERROR_OPTION(name, f"there is none of this name, but {', '.join(SETTINGS)}"))
        elif not Draft202012Validator(SETTINGS[name].schema).is_valid(value):
            errors.append(ERROR_OPTION(name, f"{SETTINGS[name].expected} expected"))
        else:
            valid[name] = tuple(value) if isinstance(value, list) else value
    return replace(defaults, **valid), errors


def from_environment(environ: Mapping[str, str]) -> Options:
    """Return the settings of the environment; raise ERROR_ENVIRONMENT for the first bad one."""
    options = {name: _decoded(name, environ[key]) for name in SETTINGS if environ.get(key := ENVIRONMENT + name.upper())}
    found, errors = given(options, Options())
    for error in errors:
        raise ERROR_ENVIRONMENT(ENVIRONMENT + error.name.upper(), error.reason)
    return found


def _decoded(name: str, text: str) -> Any:
    """Read an environment variable as the type that its option has."""
    match SETTINGS[name].schema["type"]:
        case "boolean":
            return {"true": True, "false": False}.get(text.strip().lower(), text)
        case "integer":
            return int(text) if text.strip().isdecimal() else text
        case "array":
            return [part.strip() for part in text.split(",") if part.strip()]
        case _:
            return text.strip()
