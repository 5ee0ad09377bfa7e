"""The signature of the integration specification: what holds, and each way in which it does not."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from corpus.cases import arrived
from corpus.signing import CERTIFICATE, ENVELOPE, KEY, flat, signed
from plugin.error import ERROR_SIGNATURE
from plugin.ons.check import signature
from plugin.ons.recognise import recognise
from standin.certificates import DAY, NOW, certificate, pem, rsa_key

MAX_AGE = 10800


def verify(envelope, cert=CERTIFICATE, now=NOW, max_age=MAX_AGE):
    signature.verify(recognise(arrived(envelope)), cert, now, max_age=max_age)


def refused(envelope, *arguments, **more):
    with pytest.raises(ERROR_SIGNATURE) as caught:
        verify(envelope, *arguments, **more)
    return caught.value.reason


def test_a_signature_in_the_documented_order_holds_after_the_struct_has_lost_it():
    verify(signed(flat()))


def test_a_signature_over_sorted_keys_holds():
    verify(signed(flat(), order=sorted(flat())))


def test_nested_objects_and_further_keys_hold_in_sorted_order():
    nested = ENVELOPE | {"extra": {"a": [1, 2.5, None, True], "b": 1}}
    verify(signed(nested, order=[*signature.DOCUMENTED_ORDER, "extra", "version"]))


def test_a_changed_text_does_not_hold():
    assert "another message" in refused(signed(flat()) | {"message": ENVELOPE["message"].replace("CRITICAL", "INFO")})


def test_an_added_key_does_not_hold():
    assert "another message" in refused(signed(flat()) | {"more": "x"})


def test_another_key_does_not_hold():
    assert "another key" in refused(signed(flat(), rsa_key()))


def test_a_key_that_is_not_rsa_is_refused():
    assert "not RSA" in refused(signed(flat()), certificate(ec.generate_private_key(ec.SECP256R1())))


def test_a_key_of_1024_bits_is_refused():
    small = rsa_key(1024)
    assert "at least 2048 bits" in refused(signed(flat(), small), certificate(small))


def test_an_expired_certificate_is_refused():
    assert "within its dates" in refused(signed(flat()), certificate(KEY, start=NOW - 2 * DAY, end=NOW - DAY))


def test_a_certificate_that_is_not_yet_valid_is_refused():
    assert "within its dates" in refused(signed(flat()), certificate(KEY, start=NOW + DAY, end=NOW + 2 * DAY))


def test_a_truncated_signature_does_not_hold():
    envelope = signed(flat())
    assert "another message" in refused(envelope | {"signature": base64.b64encode(b"x" * 255).decode()})
    assert "base64" in refused(envelope | {"signature": envelope["signature"][:-3]})


@pytest.mark.parametrize(
    "value", ["", " ", "not base64!", "키", "AAA\nA", "AAAA AAAA", "A", "\ud800", 7, None, [], {"a": 1}, True]
)
def test_a_signature_that_is_no_base64_is_refused(value):
    message = recognise(signed(flat()) | {"signature": value})
    with pytest.raises(ERROR_SIGNATURE) as caught:
        signature.verify(message, CERTIFICATE, NOW, max_age=MAX_AGE)
    assert caught.value.reason == "signature: base64 expected"


@pytest.mark.parametrize("value", [None, "", "yesterday", "2024-01-15T10:30:00", 7, [], "2024-13-45T99:99:99Z"])
def test_a_missing_or_unreadable_timestamp_is_refused(value):
    assert "timestamp" in refused(signed(flat(timestamp=value)))


def test_a_replay_is_refused_once_it_is_too_old():
    envelope = signed(flat())
    verify(envelope, now=NOW + dt.timedelta(seconds=MAX_AGE - 1))
    assert "older" in refused(envelope, now=NOW + dt.timedelta(seconds=MAX_AGE + 1))


def test_a_message_of_the_future_is_refused():
    envelope = signed(flat())
    verify(envelope, now=NOW - dt.timedelta(seconds=299))
    assert "future" in refused(envelope, now=NOW - dt.timedelta(seconds=301))


@pytest.mark.parametrize(
    "content", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff" * 100]
)
def test_what_is_no_pem_certificate_is_refused(content):
    with pytest.raises(ERROR_SIGNATURE):
        signature.load(content)


def test_a_certificate_of_an_authority_is_refused():
    assert "authority" in refused(signed(flat()), certificate(KEY, ca=True))


SIGNS_CERTIFICATES = x509.KeyUsage(True, False, False, False, False, True, False, False, False)


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        (SIGNS_CERTIFICATES, "authority"),
        (x509.UnrecognizedExtension(x509.BasicConstraints.oid, b"\x30\x07no der"), "extensions cannot be read"),
    ],
    ids=["it may sign certificates", "unreadable"],
)
def test_a_certificate_that_may_be_an_authoritys_is_refused(constraints, said):
    assert said in refused(signed(flat()), certificate(KEY, constraints=constraints))


def test_of_a_chain_the_first_certificate_counts():
    authority, leaf = pem(certificate(rsa_key(), ca=True)), pem(CERTIFICATE)
    verify(signed(flat()), signature.load(leaf + authority))
    assert "authority" in refused(signed(flat()), signature.load(authority + leaf))
