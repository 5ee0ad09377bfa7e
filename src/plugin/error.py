"""The plugin's errors: each names who must act.

ERROR_ONS
 |-- ERROR_MESSAGE             INVALID_ARGUMENT   change the message
 |    |-- ERROR_FIELD                             ... this field of it
 |    |-- ERROR_TOO_LARGE                         ... its size
 |    `-- ERROR_UNKNOWN_KIND                      ... its type
 |-- ERROR_OPTION              INVALID_ARGUMENT   change the webhook's options
 |    `-- ERROR_ENVIRONMENT                       change the plugin's environment
 |-- ERROR_UNTRUSTED           UNAUTHENTICATED    prove who you are
 |    |-- ERROR_SIGNATURE                         ... by a valid signature
 |    `-- ERROR_TOPIC                             ... by a listed topic
 |-- ERROR_CONFIRMATION        INVALID_ARGUMENT   confirm the subscription by hand, if it is yours
 |    |-- ERROR_CONFIRMATION_URL                  ... its link is not Oracle's
 |    `-- ERROR_CONFIRMATION_OFF                  ... the option confirm is false
 |-- ERROR_UNAVAILABLE         UNAVAILABLE        try later
 |    |-- ERROR_UNCONFIRMED                       ... Oracle did not accept the confirmation
 |    |-- ERROR_CERTIFICATE                       ... the signing certificate could not be fetched
 |    `-- ERROR_BUSY                              ... too many large messages are being read
 `-- ERROR_DEFECT              INTERNAL           report it: the plugin itself is wrong

SpaceONE shows the text as the description of an alert in state ERROR. So a text names fields and options, never values of a
sender or an operator.
"""

from __future__ import annotations

from collections.abc import Iterable

from spaceone.core.error import ERROR_BASE

KINDS_PAGE = "https://github.com/cloudforet-io/plugin-oci-ons-mon-webhook#kinds-of-message"
MAX_LISTED_KEYS = 20
MAX_REFUSAL_BYTES = 2000  # as gRPC encodes it; above about 4 kB it breaks the stream
MAX_SHOWN_KEY = 40


class ERROR_ONS(ERROR_BASE):
    """The base class: gRPC answers with no other error."""


class ERROR_MESSAGE(ERROR_ONS):
    _status_code = "INVALID_ARGUMENT"
    _message = "The message cannot be read: {reason}. Its sender must change it."


class ERROR_FIELD(ERROR_MESSAGE):
    _message = "The message cannot be read: {path}: {expected} expected. Its sender must change it."

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path=path, expected=expected)


class ERROR_TOO_LARGE(ERROR_MESSAGE):
    _message = "The message is too large: {reason}. Its sender must make it smaller."


class ERROR_UNKNOWN_KIND(ERROR_MESSAGE):
    _message = "Unknown message type: {keys}. Its sender must publish one that is listed at " + KINDS_PAGE + "."

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__(keys=_list_keys(sorted(keys)))


class ERROR_OPTION(ERROR_ONS):
    _status_code = "INVALID_ARGUMENT"
    _message = "The option {name} is refused: {reason}. Change the webhook's options."

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(name=printable_key(name), reason=reason)


class ERROR_ENVIRONMENT(ERROR_OPTION):
    _message = "The environment variable {name} is refused: {reason}. Change it and start again."


class ERROR_UNTRUSTED(ERROR_ONS):
    _status_code = "UNAUTHENTICATED"
    _message = "The sender is not trusted: {reason}."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason=reason)


class ERROR_SIGNATURE(ERROR_UNTRUSTED):
    _message = "The signature check failed: {reason}. If you trust the sender, have the message signed again."


class ERROR_TOPIC(ERROR_UNTRUSTED):
    _message = "The topic is not trusted: {reason}. If it is yours, add its OCID to the option topics."


class ERROR_CONFIRMATION(ERROR_ONS):
    _status_code = "INVALID_ARGUMENT"


class ERROR_CONFIRMATION_URL(ERROR_CONFIRMATION):
    _message = (
        "The confirmation link is not one of Oracle's Notification Service, so it was not opened. "
        "If your realm's domain is new, let the operator add it to ONS_EXTRA_DOMAINS, and choose Resend confirmation in the "
        "OCI console."
    )


class ERROR_CONFIRMATION_OFF(ERROR_CONFIRMATION):
    _message = (
        "ONS asks to confirm a subscription, but the option confirm is false. "
        "If the subscription is yours, open the link in the event's raw data."
    )


class ERROR_UNAVAILABLE(ERROR_ONS):
    _status_code = "UNAVAILABLE"


class ERROR_UNCONFIRMED(ERROR_UNAVAILABLE):
    _message = (
        "The subscription is not confirmed: {reason}. Choose Resend confirmation in the OCI console, "
        "or open the link in the event's raw data."
    )


class ERROR_CERTIFICATE(ERROR_UNAVAILABLE):
    _message = (
        "The signature cannot be checked, because its certificate cannot be fetched: {reason}. "
        "Let the plugin reach it, or set the option signature to ignore."
    )


class ERROR_BUSY(ERROR_UNAVAILABLE):
    _message = "Too many large messages are being read at once. Send this one again later, or make it smaller."


class ERROR_DEFECT(ERROR_ONS):
    _status_code = "INTERNAL"
    _message = "A defect of the plugin ({kind}). Report it with the event's raw data and the log line `defect: …`."


# Labels of a metric: the classes that define a message.
ERROR_CODES = tuple(
    name
    for name, member in list(globals().items())
    if isinstance(member, type) and issubclass(member, ERROR_ONS) and "_message" in vars(member)
)


def limit_bytes(text: str) -> str:
    """Return the text, cut to MAX_REFUSAL_BYTES in a gRPC trailer, where each byte outside of ASCII takes three."""
    remaining = MAX_REFUSAL_BYTES - _trailer_bytes("…")
    for i, character in enumerate(text):
        remaining -= _trailer_bytes(character)
        if remaining < 0:
            return text[:i] + "…"
    return text


def _trailer_bytes(character: str) -> int:
    return 1 if " " <= character <= "~" and character != "%" else 3 * len(character.encode(errors="replace"))


def printable_key(key: str) -> str:
    """Return an untrusted key without unprintable characters, cut to MAX_SHOWN_KEY."""
    shown = "".join(c for c in key[: MAX_SHOWN_KEY + 1] if c.isprintable())
    return shown if len(shown) <= MAX_SHOWN_KEY else shown[:MAX_SHOWN_KEY] + "…"


def _list_keys(keys: list[str]) -> str:
    if not keys:
        return "it is empty"
    more = len(keys) - MAX_LISTED_KEYS
    return "its keys are " + ", ".join(map(printable_key, keys[:MAX_LISTED_KEYS])) + (f" and {more} more" if more > 0 else "")
