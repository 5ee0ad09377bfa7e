"""Verify a request's signature: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm"""

from __future__ import annotations

import base64
import email.utils
import hashlib
import re
from email.message import Message
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

ALWAYS, WITH_A_BODY = {"date", "(request-target)", "host"}, {"x-content-sha256", "content-length", "content-type"}


def refusal(public_key: Any, target: str, headers: Message[str, str], body: bytes) -> str:
    """Return what is wrong with a request's signature, or nothing."""
    parts = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("Authorization", "")))
    names = parts.get("headers", "").split()
    if missing := (ALWAYS | (WITH_A_BODY if body else set())) - set(names):
        return f"unsigned: {missing}"
    if body and headers["x-content-sha256"] != base64.b64encode(hashlib.sha256(body).digest()).decode():
        return "the body is another"
    if not email.utils.parsedate(headers["date"]):
        return "no date"
    text = "\n".join(f"{name}: {target if name == '(request-target)' else headers[name]}" for name in names)
    try:
        public_key.verify(base64.b64decode(parts["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError, KeyError) as e:
        return type(e).__name__
    return ""
