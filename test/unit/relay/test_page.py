"""The numbers in docs/relay.md are the code's."""

import re
from pathlib import Path

import pytest

from plugin.relay import __main__ as main
from plugin.relay import app, checks, connection, delivery, network, request
from plugin.setting import relay

PAGE = " ".join((Path(__file__).parents[3] / "docs/relay.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "sentence",
    [
        f"of a cost of at most {relay.HIGHEST_COST};",
        f"larger than {request.LARGEST // 1024} KB. It is read to its end first, up to {request.MOST_READ // 1024**2} MB;",
        f"{app.MOST_IN_FLIGHT} messages are already on their way",
        f"can fill the {app.MOST_IN_FLIGHT} places of messages",
        f"waits in a queue of {checks.MOST_WAITING}.",
        f"while it is no more than {checks.FEW} comparisons.",
        f"A connection ends {connection.EXCHANGE_SECONDS:.0f} seconds after it was made",
        f"cost {connection.PARSING_SECONDS * 1000:.0f} ms of processor time",
        f"line and headers may have {main.LARGEST_HEAD // 1024} KB.",
        f"has at most {connection.MOST_CONNECTIONS} connections.",
        f"the {network.PREFIX} bits that name a network of IPv6",
        f"at most {delivery.LARGEST_ANSWER // 1024} KB are read",
        f"for at most {main.GRACE} seconds, and ends with status 0",
    ],
)
def test_a_number_is_the_codes(sentence):
    assert sentence in PAGE


def test_half_a_second_is_written_out():
    assert "what has waited for half a second" in PAGE and checks.SOON == 0.5
    assert "for at most half a second" in PAGE and delivery.REST_SECONDS == 0.5
    assert re.search(r"answered within 4\.5 seconds", PAGE) and app.DEADLINE < 4.5
