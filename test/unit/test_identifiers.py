"""What an OCID tells of itself, whose message it is, and keys of our own making."""

import hashlib

import pytest

from plugin.error import ERROR_FIELD
from plugin.ons.identifiers import account, digest, region, resource_type

TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
COMPARTMENT = "ocid1.compartment.oc1..aaaacompartment"


@pytest.mark.parametrize(
    ("ocid", "type_", "where"),
    [
        ("ocid1.instance.oc1.ap-seoul-1.aaaa", "instance", "ap-seoul-1"),
        ("OCID1.Instance.oc1.AP-Seoul-1.aaaa", "instance", "ap-seoul-1"),
        ("ocid1.alarm.oc1.iad.aaaa", "alarm", "us-ashburn-1"),
        ("ocid1.alarm.oc1.phx.aaaa", "alarm", "us-phoenix-1"),
        ("ocid1.alarm.oc1.fra.aaaa", "alarm", "eu-frankfurt-1"),
        ("ocid1.alarm.oc1.lhr.aaaa", "alarm", "uk-london-1"),
        ("ocid1.alarm.oc1.icn.more.aaaa", "alarm", "icn"),
        (TENANCY, "tenancy", ""),
        ("ocid1.alarm.oc1.a/b.aaaa", "alarm", ""),
        ("ocid1.alarm.oc1.iad", "", ""),
        ("ocid2.alarm.oc1.iad.aaaa", "", ""),
        ("web.server.example.com.x", "", ""),
        ("", "", ""),
    ],
)
def test_an_ocid_tells_its_type_and_region(ocid, type_, where):
    assert (resource_type(ocid), region(ocid)) == (type_, where)


@pytest.mark.parametrize("key", ["tenancyId", "tenantId"])
def test_the_account_is_the_tenancy_wherever_it_stands(key):
    assert account({"compartmentId": COMPARTMENT}, {key: TENANCY}) == TENANCY


def test_without_a_tenancy_the_account_is_the_first_compartment():
    assert account({}, {"compartmentId": COMPARTMENT}, {"compartmentId": COMPARTMENT + "2"}) == COMPARTMENT


def test_what_is_no_ocid_is_no_account():
    assert account({"tenancyId": "mine", "compartmentId": "", "tenantId": None}) == ""
    assert account() == ""


def test_an_account_that_is_no_text_is_refused_by_its_name():
    with pytest.raises(ERROR_FIELD) as caught:
        account({"tenancyId": {"a": 1}})
    assert "tenancyId: text expected" in caught.value.message


def test_a_digest_is_the_sha_256_of_the_texts_as_json():
    assert digest("a", "키") == hashlib.sha256(rb'["a", "\ud0a4"]').hexdigest()


def test_where_one_text_ends_and_the_next_begins_counts():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
