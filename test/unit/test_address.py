"""Which links are Oracle's, to the letter."""

import pytest

from links import GOOD, NEVER
from plugin.error import ERROR_CONFIRMATION_URL
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
