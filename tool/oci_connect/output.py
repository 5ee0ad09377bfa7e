"""What a person is told: each step, and what to do about a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field

import oci
from rich.console import Console

REFUSALS = {  # OCI's status -> what it means and what to do; https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
    400: "OCI does not take the request ({code}): correct the alarm file or the compartment.",
    401: "OCI does not know who is asking: look at user, fingerprint and key_file in the profile, and at this machine's clock.",
    404: "OCI finds it not or shows it not: look at the compartment, and have the policies added that plan prints.",
    409: "OCI says that it is being changed or there already ({code}): run the command again in a minute.",
    429: "OCI has had too many requests and still had after some tries: run the command again in a minute.",
}
QUOTA = ("LimitExceeded", "QuotaExceeded")


class Refused(Exception):
    """Something that a person must change: what, in one sentence."""


class WrongUse(Refused):
    """The command's words or the alarm file are wrong."""


class InVain(Refused):
    """What was waited for did not come."""


@dataclass
class Story:
    """What is done, told to a person as it happens, or at the end as JSON."""

    as_json: bool
    steps: list[dict[str, str]] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(stderr=False, highlight=False))

    def tell(self, action: str, what: str, name: str, **more: str) -> None:
        """Tell one step."""
        self.steps.append({"action": action, "what": what, "name": name, **more})
        if not self.as_json:
            told = "  ".join(f"[dim]{key}[/] {value}" for key, value in more.items())
            self.console.print(f"[bold]{action:<8}[/] {what:<13} {name}  {told}".rstrip())

    def say(self, text: str) -> None:
        """Say a sentence to a person."""
        if not self.as_json:
            self.console.print(text, soft_wrap=True)


def explained(error: oci.exceptions.ServiceError) -> str:
    """Return what OCI's refusal means and what to do, in one sentence."""
    if error.code in QUOTA:
        return "A limit of the tenancy is reached: ask for more in the console, under Limits, Quotas and Usage."
    if error.status >= 500:
        return f"OCI itself fails (HTTP {error.status}) and still did after some tries: run the command again later."
    sentence = REFUSALS.get(error.status, "OCI refuses the request (HTTP {status}, {code}).")
    return sentence.format(status=error.status, code=error.code)
