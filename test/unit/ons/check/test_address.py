"""Which links are Oracle's, to the letter."""

import pytest

from links import GOOD, NEVER
from plugin.error import ERROR_CONFIRMATION_URL, ERROR_SIGNATURE
from plugin.ons.check import address
from standin.oracle import CONFIRMATION_URL, HOST


@pytest.mark.parametrize("domain", sorted(set(address.REALM_DOMAINS.values())))
def test_each_realm_is_known(domain):
    for host in (f"notification.eu-dcc-milan-1.{domain}", f"cell12.notification.us-gov-ashburn-1.oci.{domain}"):
        assert address.confirmation(CONFIRMATION_URL.replace(HOST, host))


def test_there_are_enough_and_distinct_links_that_must_never_be_opened():
    assert len(set(NEVER)) == len(NEVER) >= 60
    assert GOOD not in NEVER


@pytest.mark.parametrize("url", NEVER, ids=lambda url: ascii(url[:60]))
def test_a_link_that_is_not_to_the_letter_oracles_is_refused(url):
    with pytest.raises(ERROR_CONFIRMATION_URL):
        address.confirmation(url)


SERVICE = f"https://{HOST}"
BUCKET = "https://objectstorage.us-ashburn-1.oraclecloud.com/p/a-b_c/n/bmc-ons-prod/b/ons-ds/o/cert.2024-1_a.crt"


@pytest.mark.parametrize(
    "url",
    [
        SERVICE + "/certificates/signing.pem",
        SERVICE + "/a",
        SERVICE + "/a" * 20,
        SERVICE + "/~a-b_c.d/" + "x" * 201,
        "https://notification.ap-seoul-1.oraclecloud.com/a/b.pem",
        "https://cell123.notification.ap-seoul-1.oci.oraclecloud.com/a/b.pem",
        BUCKET,
    ],
)
def test_a_certificate_may_lie_anywhere_at_the_service_and_in_its_bucket(url):
    assert address.certificate(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example-url",
        SERVICE,
        SERVICE + "/",
        SERVICE + "//a",
        SERVICE + "/a/",
        SERVICE + "/a%2f..",
        SERVICE + "/%61",
        SERVICE + "/../a",
        SERVICE + "/.a",
        SERVICE + "/a?b",
        SERVICE + "/a#b",
        SERVICE + "/a" * 21,
        SERVICE + "/" + "x" * 202,
        SERVICE + "/a\n",
        SERVICE + ":443/a",
        SERVICE.replace("https", "http") + "/a",
        SERVICE.replace("//", "//user@") + "/a",
        BUCKET.replace("bmc-ons-prod", "mine"),
        BUCKET.replace("ons-ds", "mine"),
        BUCKET.replace(".crt", ".pem"),
        BUCKET.replace("/o/", "/o/a/"),
        BUCKET.replace("oraclecloud.com", "example.com"),
        BUCKET.replace("oraclecloud.com", "oraclecloud.com.evil.example.com"),
        BUCKET.replace("/p/a-b_c", ""),
        BUCKET.replace("/o/", "/o/../../mine/o/"),
        BUCKET.replace("/n/", "/../n/"),
        BUCKET.replace("objectstorage", "cell1.objectstorage"),
        BUCKET.replace("https://", "https://evil\\@"),
        BUCKET + "\n",
    ],
)
def test_a_certificate_anywhere_else_is_refused(url):
    with pytest.raises(ERROR_SIGNATURE) as caught:
        address.certificate(url)
    assert caught.value.reason == "signingCertURL is not an address of Oracle's Notification Service"


@pytest.mark.parametrize("url", [None, 7, [SERVICE + "/a"], {}])
def test_a_certificate_at_what_is_no_text_is_refused(url):
    with pytest.raises(ERROR_SIGNATURE) as caught:
        address.certificate(url)
    assert caught.value.reason == "signingCertURL: text expected"
