"""The documented signature of a notification envelope.

`signature` is base64 of RSA (PKCS#1 v1.5, SHA-256) over the envelope as compact JSON without `signature` and
`signingCertURL`, by the key of the certificate at `signingCertURL`. Real deliveries carry `X-OCI-NS-Signature`
instead; its algorithm is not published, so it is not verified.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from plugin.error import ERROR_SIGNATURE
from plugin.ons import times
from plugin.ons.message import Delivery
from plugin.ons.read import Body

UNSIGNED = ("signature", "signingCertURL")  # a signature cannot cover itself
DOCUMENTED_ORDER = ("type", "messageId", "topicId", "subject", "message", "timestamp")
MIN_KEY_BITS = 2048  # bits
MAX_CLOCK_SKEW = timedelta(minutes=5)  # between the sender's clock and ours


def load(pem: bytes) -> x509.Certificate:
    """Read a certificate, or raise ERROR_SIGNATURE."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as e:
        raise ERROR_SIGNATURE(reason="signingCertURL has no PEM certificate") from e


def verify(delivery: Delivery, certificate: x509.Certificate, now: datetime, *, max_age: float) -> None:
    """Return nothing, or raise ERROR_SIGNATURE. `max_age` is in seconds."""
    _check_age(delivery.envelope, now, timedelta(seconds=max_age))
    key = _key(certificate, now)
    signature = _signature(delivery.envelope)
    if not any(_is_valid(key, signature, signed) for signed in _signed_texts(delivery.envelope)):
        raise ERROR_SIGNATURE(reason="the signature is of another message or by another key")


def _check_age(envelope: Body, now: datetime, max_age: timedelta) -> None:
    sent = times.from_text(envelope.get("timestamp"))
    if sent is None:
        raise ERROR_SIGNATURE(reason="timestamp: an ISO 8601 time with an offset expected")
    if now - sent > max_age:
        raise ERROR_SIGNATURE(reason="the message is older than the option signature_max_age allows")
    if sent - now > MAX_CLOCK_SKEW:
        raise ERROR_SIGNATURE(reason="the timestamp lies more than 5 minutes in the future")


def _key(certificate: x509.Certificate, now: datetime) -> rsa.RSAPublicKey:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ERROR_SIGNATURE(reason="the certificate is not within its dates")
    if _is_authority(certificate):
        raise ERROR_SIGNATURE(reason="the certificate is that of an authority")
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as e:
        raise ERROR_SIGNATURE(reason="the certificate's key cannot be read") from e
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise ERROR_SIGNATURE(reason=f"the certificate's key is not RSA of at least {MIN_KEY_BITS} bits")
    return key


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        extensions = [extension.value for extension in certificate.extensions]
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as e:
        raise ERROR_SIGNATURE(reason="the certificate's extensions cannot be read") from e
    return any(
        (isinstance(each, x509.BasicConstraints) and each.ca) or (isinstance(each, x509.KeyUsage) and each.key_cert_sign)
        for each in extensions
    )


def _signature(envelope: Body) -> bytes:
    value = envelope.get("signature")
    try:
        signature = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError as e:
        raise ERROR_SIGNATURE(reason="signature: base64 expected") from e
    if not signature:
        raise ERROR_SIGNATURE(reason="signature: base64 expected")
    return signature


def _signed_texts(envelope: Body) -> Iterator[bytes]:
    """Yield what may have been signed: keys in the documented order, then sorted, because a Struct keeps no order."""
    covered = {key: value for key, value in envelope.items() if key not in UNSIGNED}
    documented = [key for key in DOCUMENTED_ORDER if key in covered] + sorted(covered.keys() - set(DOCUMENTED_ORDER))
    for keys in (documented, sorted(covered)):
        yield "{{{}}}".format(",".join(f"{_json(key)}:{_json(covered[key])}" for key in keys)).encode()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _is_valid(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
