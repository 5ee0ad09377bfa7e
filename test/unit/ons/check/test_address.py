"""Which links are Oracle's, to the letter."""

import re

import pytest

from links import GOOD, NEVER
from plugin.error import ERROR_CONFIRMATION_URL, ERROR_SIGNATURE
from plugin.ons.check import address
from standin.oracle import CONFIRMATION_URL, HOST

SUBSCRIPTION = re.search(r"ocid1[^/]+", CONFIRMATION_URL)[0]


@pytest.mark.parametrize(("realm", "domain"), sorted(address.REALM_DOMAINS.items()))
def test_each_realm_is_known(realm, domain):
    for host, region in (
        (f"notification.eu-dcc-milan-1.{domain}", "eu-dcc-milan-1"),
        (f"cell12.notification.us-gov-ashburn-1.oci.{domain}", "us-gov-ashburn-1"),
    ):
        own = CONFIRMATION_URL.replace(HOST, host).replace(SUBSCRIPTION, f"ocid1.onssubscription.{realm}.{region}.a")
        assert address.confirmation(own) == own
        for other in (f"ocid1.onssubscription.oc99.{region}.a", f"ocid1.onssubscription.{realm}.ap-tokyo-1.a"):
            with pytest.raises(ERROR_CONFIRMATION_URL):
                address.confirmation(own.replace(f"ocid1.onssubscription.{realm}.{region}.a", other))


@pytest.mark.parametrize(
    ("topic", "agrees"),
    [
        ("ocid1.onstopic.oc1.iad.a", True),
        ("ocid1.onstopic.oc1.us-ashburn-1.a", True),
        ("ocid1.onstopic.oc1..a", True),
        ("", True),
        ("ocid1.onstopic.oc1.phx.a", False),
        ("ocid1.onstopic.oc20.us-ashburn-1.a", False),
        ("ocid1.onstopic.oc999.us-ashburn-1.a", False),
        ("no ocid", False),
    ],
)
def test_a_certificates_host_is_of_the_topics_realm_and_region(topic, agrees):
    if agrees:
        assert address.certificate(BUCKET, topic_id=topic) == BUCKET
    else:
        with pytest.raises(ERROR_SIGNATURE, match="another realm or region"):
            address.certificate(BUCKET, topic_id=topic)


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
        SERVICE + "/a.crt",
        SERVICE + "/a" * 19 + "/a.pem",
        SERVICE + "/~a-b_c.d/" + "x" * 197 + ".crt",
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
        SERVICE + "//a.pem",
        SERVICE + "/a.pem/",
        SERVICE + "/a%2f..pem",
        SERVICE + "/%61.pem",
        SERVICE + "/../a.pem",
        SERVICE + "/.a.pem",
        SERVICE + "/a.pem?b",
        SERVICE + "/a.pem#b",
        SERVICE + "/a" * 20 + "/a.pem",
        SERVICE + "/a",
        SERVICE + "/a.key",
        SERVICE + "/" + "x" * 202 + ".pem",
        SERVICE + "/a.pem\n",
        SERVICE + ":443/a.pem",
        SERVICE.replace("https", "http") + "/a.pem",
        SERVICE.replace("//", "//user@") + "/a.pem",
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
