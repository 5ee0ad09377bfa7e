"""Errors that end a command, with the text for the operator.

CommandError    status 1    something has to be done first
  Refusal       status 1    OCI refuses; Oracle's own words, and what to do
  ForeignTopic  status 1    a topic of the name is there, and somebody else made it
  UsageError    status 2    the command line, the webhook URL, the profile or the alarm file is wrong
  TimedOut      status 3    the subscription did not become active in time
  NotInOrder    status 4    status has found something that needs a person
  Changes       status 5    plan --detailed-exitcode has found something to change
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from oci_connect.plan.step import shown

INTERRUPTED = 130  # Ctrl-C, as shells count it
FAULT = 70  # a fault of this command: EX_SOFTWARE of sysexits.h

WHAT_TO_DO = {  # OCI's status; https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
    400: "Correct what OCI names: the alarm file, the compartment or the alarm.",
    401: "OCI does not know who is asking: check user, fingerprint and key_file in the profile, and this machine's clock.",
    404: "It does not exist, or the policies below are missing: an administrator has to add them. Then run the command again.",
    409: "It exists already, or is being changed: run the command again in a minute.",
    412: "Somebody else keeps changing it: run the command again in a minute.",
    429: "Too many requests, still after some retries: run the command again in a minute.",
}
NAME_TAKEN = "The name of a topic is unique in a tenancy, and a topic elsewhere has it: choose another with --name."
LIMIT_CODES = ("LimitExceeded", "QuotaExceeded")
LIMIT_REACHED = "A limit of the tenancy is reached: ask for more in the console, under Limits, Quotas and Usage."
OCI_FAILS = "OCI itself fails, and still did after some retries: run the command again later."
FACTS = ("doing", "region", "compartment", "id", "status", "code", "message", "request_id", "what_to_do")  # for --json
_NO_ANSWER = SimpleNamespace(status=0, code="Unreachable", message="no answer", request_id="none")
UNKNOWN_USER = 401  # later requests would fail too
FORBIDDEN = 404  # OCI's answer without permission too


class CommandError(Exception):
    """The command cannot go on; the text says why, and what to do."""

    exit_status = 1


class UsageError(CommandError):
    """The command line, the webhook URL, the profile or the alarm file is wrong."""

    exit_status = 2


class ForeignTopic(CommandError):
    """A topic of the name is there, and somebody else made it."""


class TimedOut(CommandError):
    """The subscription did not become active in time."""

    exit_status = 3


class NotInOrder(CommandError):
    """What `status` shows needs a person."""

    exit_status = 4


class Changes(CommandError):
    """`plan --detailed-exitcode` has found something to change."""

    exit_status = 5


class Refusal(CommandError):
    """OCI refused an operation, with region, status, code, message and request id."""

    def __init__(
        self, doing: str, refusal: Any, redact: Callable[[str], str] = str, *, region: str = "", about: Any = None
    ) -> None:
        self.doing, self.status, self.code = doing, int(refusal.status), str(refusal.code)
        self.region, self.compartment = region, str(getattr(about, "compartment", ""))
        self.id, self.name = str(getattr(about, "id", "")), str(getattr(about, "name", ""))
        self.message = redact(shown(" ".join(str(refusal.message or "no message").split())))
        self.request_id = str(refusal.request_id or "unknown")
        super().__init__(self._text())

    def _text(self) -> str:
        place = ", ".join(each for each in (self.region, self.compartment, self.id) if each)
        return (
            f"OCI refuses to {self.doing}: {self.status} {self.code}: {self.message}\n"
            f"  {place}\n  opc-request-id: {self.request_id}\n  {self.what_to_do}"
        )

    @property
    def kind(self) -> tuple[object, ...]:
        """The key by which refusals are grouped into one line."""
        doing = self.doing.removesuffix(shown(self.name)) if self.name else self.doing
        return (doing, self.region, self.compartment, self.status, self.code, self.message)

    @property
    def what_to_do(self) -> str:
        """The next step of the person who reads this."""
        if self.code in LIMIT_CODES:
            return LIMIT_REACHED
        if self.status == 409 and self.doing.startswith("create the topic"):
            return NAME_TAKEN
        return (
            OCI_FAILS if self.status >= 500 else WHAT_TO_DO.get(self.status, "Look the code up in Oracle's list of API errors.")
        )

    def facts(self) -> dict[str, Any]:
        """Return the error for --json."""
        return {name: getattr(self, name) for name in FACTS}


class Unreachable(Refusal):
    """OCI did not answer."""

    def __init__(self, doing: str, region: str, about: Any = None) -> None:
        super().__init__(doing, _NO_ANSWER, region=region, about=about)

    def _text(self) -> str:
        return f"OCI cannot be reached, to {self.doing}: {self.what_to_do}"

    @property
    def what_to_do(self) -> str:
        """The next step of the person who reads this."""
        return f"check the region ({self.region}), the network and the proxy, and run it again."
