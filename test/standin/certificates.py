"""Keys and certificates, made when they are needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a private key."""
    return rsa.generate_private_key(65537, bits)


def certificate(
    key: PrivateKey,
    *,
    issuer_key: PrivateKey | None = None,
    hosts: Sequence[str] = (),
    start: dt.datetime = NOW - DAY,
    end: dt.datetime = NOW + DAY,
    ca: bool = False,
    constraints: x509.ExtensionType | None = None,
) -> x509.Certificate:
    """Make a certificate for a key, signed by itself or by the issuer; `constraints` replace its BasicConstraints."""
    name = _common_name("test authority" if ca or issuer_key else "test signer")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name if ca or not issuer_key else _common_name("test host"))
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(constraints or x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        # Python 3.13 asks for what RFC 5280 does: both key identifiers, and of an authority its usage.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), critical=False)
    )
    if ca:
        # The sixth and the seventh: signs certificates, signs revocation lists.
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def pem(cert: x509.Certificate) -> bytes:
    """Return a certificate in PEM."""
    return cert.public_bytes(serialization.Encoding.PEM)


def private_pem(key: PrivateKey) -> bytes:
    """Return a private key in PEM, not encrypted."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
