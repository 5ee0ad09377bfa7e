"""What an OCID tells of itself, whose message it is, and keys of our own making."""

import hashlib

import pytest

from plugin.ons.identifiers import digest, lower, realm, region, resource_type, shorten_ocid, tenancy

TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
COMPARTMENT = "ocid1.compartment.oc1..aaaacompartment"
INSTANCE = "ocid1.instance.oc1.ap-seoul-1."


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


@pytest.mark.parametrize(
    ("ocid", "name"),
    [
        (TENANCY, "oc1"),
        ("OCID1.alarm.OC19.eu-frankfurt-2.aaaa", "oc19"),
        ("ocid1.alarm.oc1.iad", ""),
        ("a.b.oc1.d.e", ""),
        ("", ""),
    ],
)
def test_an_ocid_tells_its_realm(ocid, name):
    assert realm(ocid) == name


def test_an_ocid_is_written_in_lower_case_and_nothing_else_is():
    assert lower("OCID1.Instance.oc1.AP-Seoul-1.AAAA") == "ocid1.instance.oc1.ap-seoul-1.aaaa"
    assert lower("Web-01.Example.COM.a.b") == "Web-01.Example.COM.a.b"
    assert lower("") == ""


@pytest.mark.parametrize(
    ("identifier", "line"),
    [
        (INSTANCE + "a" * 10, INSTANCE + "a" * 10),  # 40 characters
        (INSTANCE + "a" * 3 + "12345678", INSTANCE + "…12345678"),  # 41 characters
        (INSTANCE + "a" * 60 + "12345678", INSTANCE + "…12345678"),
        ("ocid1.alarm.oc1.icn.more." + "a" * 60, "ocid1.alarm.oc1.icn.more.…aaaaaaaa"),
        ("x" * 100, "x" * 100),
        ("", ""),
    ],
)
def test_a_long_ocid_is_shown_without_the_middle_of_its_unique_part(identifier, line):
    assert shorten_ocid(identifier) == line


@pytest.mark.parametrize("key", ["tenancyId", "tenantId", "compartmentId"])
def test_the_tenancy_is_found_wherever_it_stands(key):
    assert tenancy({"compartmentId": COMPARTMENT}, {key: TENANCY}) == TENANCY


def test_the_first_tenancy_counts():
    assert tenancy({"tenancyId": "mine", "tenantId": TENANCY}, {"tenancyId": TENANCY + "2"}) == TENANCY
    assert tenancy({"compartmentId": TENANCY}, {"tenancyId": TENANCY + "2"}) == TENANCY


def test_a_compartment_is_never_taken_for_a_tenancy():
    assert tenancy({"compartmentId": COMPARTMENT, "tenancyId": COMPARTMENT}) == ""


def test_what_is_no_ocid_is_no_tenancy():
    assert tenancy({"tenancyId": "mine", "compartmentId": "", "tenantId": None}) == ""
    assert tenancy({"tenancyId": {"a": 1}}, {"tenancyId": [TENANCY]}, {"tenancyId": 7}) == ""
    assert tenancy() == ""


def test_a_digest_is_the_sha_256_of_the_texts_as_json():
    assert digest("a", "키") == hashlib.sha256(rb'["a", "\ud0a4"]').hexdigest()


def test_where_one_text_ends_and_the_next_begins_counts():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
