"""Why the command ends early: each error holds a sentence for the operator.

CommandError    status 1  OCI refuses, or something has to be done first
  UsageError    status 2  the command line, the profile or the alarm file is wrong
  TimedOut      status 3  the subscription did not become active in time
"""

from __future__ import annotations

import oci

REFUSALS = {  # OCI's status -> what it means and what to do; https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
    400: "OCI does not accept the request ({code}): correct the alarm file or the compartment.",
    401: "OCI does not know who is asking: check user, fingerprint and key_file in the profile, and this machine's clock.",
    404: "OCI does not find it, or may not show it: check the compartment, and have the policies added that plan prints.",
    409: "It exists already, or is being changed ({code}): run the command again in a minute.",
    429: "OCI still had too many requests after some retries: run the command again in a minute.",
}
QUOTA_CODES = ("LimitExceeded", "QuotaExceeded")


class CommandError(Exception):
    """The command cannot go on; the text says why, and what to do."""

    exit_status = 1


class UsageError(CommandError):
    """The command line, the profile or the alarm file is wrong."""

    exit_status = 2


class TimedOut(CommandError):
    """The subscription did not become active in time."""

    exit_status = 3


def explain(error: oci.exceptions.ServiceError) -> str:
    """Return what OCI's refusal means and what to do, in one sentence."""
    if error.code in QUOTA_CODES:
        return "A limit of the tenancy is reached: ask for more in the console, under Limits, Quotas and Usage."
    if error.status >= 500:
        return f"OCI itself fails (HTTP {error.status}) and still did after some retries: run the command again later."
    sentence = REFUSALS.get(error.status, "OCI refuses the request (HTTP {status}, {code}).")
    return sentence.format(status=error.status, code=error.code)
