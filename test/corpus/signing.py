"""Notification envelopes that carry a signature, and the key that made it.

The signature is the one of the integration specification: RSA (PKCS#1 v1.5, SHA-256) over the compact JSON of the envelope.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from standin.certificates import NOW, certificate, rsa_key

KEY = rsa_key()
CERTIFICATE = certificate(KEY)
CERTIFICATE_URL = "https://notification.ap-seoul-1.oraclecloud.com/certificates/signing.pem"
ALARM = {
    "alarmId": "ocid1.alarm.oc1.ap-seoul-1.aaaa",
    "displayName": "High CPU Usage Alert",
    "severity": "CRITICAL",
    "status": "FIRING",
    "timestamp": "2024-01-15T10:30:00.000Z",
    "message": "CPU 사용률이 임계값을 초과했습니다 🔥",
    "threshold": 7,
    "ratio": 0.5,
}
ENVELOPE: dict[str, Any] = {
    "type": "Notification",
    "messageId": "12345678-1234-1234-1234-123456789012",
    "topicId": "ocid1.onstopic.oc1.ap-seoul-1.mine",
    "subject": "경보 🔔: High CPU",
    "message": json.dumps(ALARM, ensure_ascii=False),
    "timestamp": NOW.isoformat(),
    "version": 7,
    "extra": {"b": 1, "a": [1, 2.5, None, True]},
}


def signed(envelope: Mapping[str, Any], key: rsa.RSAPrivateKey = KEY, *, order: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the envelope with a signature over its keys in the given order (default: their own)."""
    covered = {name: envelope[name] for name in order or envelope}
    text = json.dumps(covered, separators=(",", ":")).encode("utf-8")
    signature = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    return {**envelope, "signature": signature, "signingCertURL": CERTIFICATE_URL}


def flat(**changes: Any) -> dict[str, Any]:
    """Return the envelope without nested objects, whose inner order a receiver cannot know; a change to None removes a key."""
    return {key: value for key, value in (ENVELOPE | changes).items() if key != "extra" and value is not None}
