"""A webhook's options, and their environment variables.

An option overrides its environment variable (`provider` overrides `ONS_PROVIDER`), and that overrides the default. Each
option is one field of `Options`, with its default, its JSON schema (for SpaceONE and for validation), and the text of its
error.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from plugin.error import ERROR_ENVIRONMENT, ERROR_OPTION
from plugin.setting.environment import Environ
from plugin.setting.limits import MEMORY_SECONDS, ONS_RETRY_HOURS, memory_seconds

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ENVIRONMENT_PREFIX = "ONS_"  # of an option's environment variable
MAX_ITEMS = 100  # of a list
MAX_UNKNOWN = 5  # named in errors

REQUIRE_NEEDS_TOPICS = "require needs the option topics, because anybody with an OCI account can have ONS sign a message"

TOPIC = r"^ocid1\.onstopic\.[A-Za-z0-9._-]{1,255}\Z"
DOMAIN = r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,4}\Z"
PROVIDER = r"^[A-Za-z0-9_.-]{1,40}\Z"
ACCOUNT = r"^[^\x00-\x1f\x7f]{0,255}\Z"


class Signature(StrEnum):
    """How signatures are treated; the first value is the default, as in the other enums."""

    IGNORE = "ignore"  # the access key in the webhook's URL authenticates a sender, and real ONS bodies carry no signature
    VERIFY = "verify"
    REQUIRE = "require"


class Escalation(StrEnum):
    """Whether an alarm's severities share an alert."""

    JOIN = "join"
    SEPARATE = "separate"


class Language(StrEnum):
    """The language of the plugin's own words."""

    ENGLISH = "en"
    KOREAN = "ko"


class OciEvents(StrEnum):
    """How events of OCI are treated, except Cloud Guard problems and budget alerts."""

    ALERT = "alert"
    TROUBLE = "trouble"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Setting:
    """The definition of one option.

    `schema` is its JSON schema, `expected` describes a valid value. `fails_closed`: a bad value refuses every message, because
    security depends on it. `operator_only`: only the environment can set it, because it would affect all webhooks.
    """

    schema: Mapping[str, Any]
    expected: str
    read: Callable[[Any], object]
    fails_closed: bool
    operator_only: bool

    def accepts(self, value: Any) -> bool:
        """Say whether a value matches the schema."""
        return bool(self._validator.is_valid(value))

    @cached_property
    def _validator(self) -> Draft202012Validator:
        """The validator, loaded on first use because it takes 10 % of the memory."""
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.schema)

    def decode(self, text: str) -> Any:
        """Convert the stripped text of a variable to the option's type; return the text if that is impossible."""
        match self.schema["type"]:
            case "boolean":
                return {"true": True, "false": False}.get(text.lower(), text)
            case "integer":
                return int(text) if text.isdecimal() and len(text) < 20 else text
            case "array":  # fails closed: a text without items is not an empty list
                return [part.strip() for part in text.split(",") if part.strip()] or text
            case _:
                return text


def _option(
    default: object,
    expected: str,
    *,
    read: Callable[[Any], object] = lambda value: value,
    fails_closed: bool = False,
    operator_only: bool = False,
    **schema: Any,
) -> Any:
    """Return a dataclass field with its Setting. `read` converts a valid value to the field's type."""
    schema["default"] = list(default) if isinstance(default, tuple) else default
    setting = Setting(schema, expected, read, fails_closed, operator_only)
    return field(default=read(default), metadata={"setting": setting})


def _choice(values: type[StrEnum], **setting: Any) -> Any:
    """Return a field for an enum; the first value is the default."""
    *others, last = words = [str(value) for value in values]
    return _option(words[0], f"{', '.join(others)} or {last}", type="string", enum=words, read=values, **setting)


def _list(expected: str, pattern: str, **setting: Any) -> Any:
    """Return a field for a list of texts, empty by default."""
    items = {"type": "string", "pattern": pattern}
    return _option((), expected, type="array", maxItems=MAX_ITEMS, items=items, read=tuple, **setting)


@dataclass(frozen=True)
class Options:
    """All options of a webhook."""

    signature: Signature = _choice(  # noqa: RUF009 - a field
        Signature,
        fails_closed=True,
        title="Signature",
        description="ignore signatures, verify those that messages carry, or require one of each message.",
    )
    signature_max_age: int = _option(
        MEMORY_SECONDS,
        "a whole number of seconds from 1 to 604800",
        type="integer",
        minimum=1,
        maximum=604800,
        title="Oldest signature",
        description="Seconds after which a signed message is refused.",
    )
    confirm: bool = _option(
        True,
        "true or false",
        type="boolean",
        title="Confirm subscriptions",
        description="Open the link with which ONS asks to confirm a subscription.",
    )
    topics: tuple[str, ...] = _list(
        "a list of topic OCIDs (ocid1.onstopic.…)",
        TOPIC,
        fails_closed=True,
        title="Topics",
        description="OCIDs of the only topics that may confirm or notify; empty: any.",
    )
    extra_domains: tuple[str, ...] = _list(
        "a list of domains in lower case",
        DOMAIN,
        operator_only=True,
        title="Further realm domains",
        description="Domains of OCI realms that the plugin does not know yet.",
    )
    provider: str = _option(
        "oci",
        "1 to 40 letters, digits, dots, hyphens or underscores",
        type="string",
        pattern=PROVIDER,
        title="Provider",
        description="The provider that events name.",
    )
    account: str = _option(
        "",
        "at most 255 printable characters",
        type="string",
        pattern=ACCOUNT,
        title="Account",
        description="The account that events name if their message names no tenancy.",
    )
    escalation: Escalation = _choice(  # noqa: RUF009 - a field
        Escalation,
        title="Escalation",
        description="join: one alert an alarm; separate: each severity of an alarm is an alert of its own.",
    )
    language: Language = _choice(  # noqa: RUF009 - a field
        Language, title="Language", description="The language of the plugin's own words in titles and descriptions."
    )
    oci_events: OciEvents = _choice(  # noqa: RUF009 - a field
        OciEvents,
        title="OCI events",
        description="alert: OCI events become alerts; trouble: those of WARNING and above, and what closes them; ignore: none.",
    )


SETTINGS: Mapping[str, Setting] = {option.name: option.metadata["setting"] for option in fields(Options)}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {name: setting.schema for name, setting in SETTINGS.items() if not setting.operator_only},
    "additionalProperties": False,
}


def merge(options: Mapping[str, Any], defaults: Options, *, by_operator: bool = False) -> tuple[Options, list[ERROR_OPTION]]:
    """Return the defaults overridden by the valid options, and an error for each other option.

    At most MAX_UNKNOWN unknown options have an error. `by_operator`: set by the plugin's operator, not by a webhook's owner.
    """
    valid: dict[str, Any] = {}
    errors = []
    for name in (name for name in SETTINGS if name in options):
        value = options[name]
        if SETTINGS[name].operator_only and not by_operator:
            errors.append(ERROR_OPTION(name, f"the operator of the plugin alone sets it, as {variable(name)}"))
        elif not SETTINGS[name].accepts(value):
            errors.append(ERROR_OPTION(name, f"{SETTINGS[name].expected} expected"))
        else:
            valid[name] = SETTINGS[name].read(value)
    for name in itertools.islice((name for name in options if name not in SETTINGS), MAX_UNKNOWN):
        errors.append(ERROR_OPTION(name, f"unknown option; known options are {', '.join(SCHEMA['properties'])}"))
    return replace(defaults, **valid), errors


def from_environment(environ: Environ, retry_hours: int = ONS_RETRY_HOURS) -> Options:
    """Return the options of the environment; raise ERROR_ENVIRONMENT for the first bad one.

    The default of signature_max_age follows from `retry_hours`, for which ONS retries.
    """
    values = {
        name: setting.decode(text) for name, setting in SETTINGS.items() if (text := environ.get(variable(name), "").strip())
    }
    options, errors = merge(values, Options(signature_max_age=memory_seconds(retry_hours)), by_operator=True)
    for error in errors:
        raise ERROR_ENVIRONMENT(variable(error.name), error.reason)
    if options.signature == Signature.REQUIRE and not options.topics:
        raise ERROR_ENVIRONMENT(variable("signature"), REQUIRE_NEEDS_TOPICS)
    return options


def variable(name: str) -> str:
    """Return the environment variable of an option."""
    return ENVIRONMENT_PREFIX + name.upper()
