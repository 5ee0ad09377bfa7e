"""Unforeseen errors are named by type and place, and never quoted."""

import asyncio
import errno
import logging

from plugin.observe.defect import described
from plugin.relay.unforeseen import log_error_of_loop


def raised(error):
    try:
        raise error
    except type(error) as e:
        return e


def test_an_error_is_described_by_type_and_place():
    assert described(raised(ValueError("SECRET"))).startswith(f"ValueError at {__file__}:")
    assert described(ValueError("SECRET")) == "ValueError"


def test_an_error_of_the_system_is_described_by_its_number_too():
    assert described(raised(OSError(errno.EMFILE, "SECRET"))).startswith("OSError EMFILE at ")
    assert described(OSError("SECRET")) == "OSError"


def test_an_error_of_the_event_loop_is_logged_where_the_loop_would_and_never_quoted(caplog):
    async def fail():
        asyncio.get_running_loop().set_exception_handler(log_error_of_loop)
        asyncio.get_running_loop().call_soon(int, "SECRET")
        await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_exception_handler({"message": "SECRET"})

    with caplog.at_level(logging.ERROR, "asyncio"):
        asyncio.run(fail())
    lines = [record.getMessage() for record in caplog.records if record.name == "asyncio"]
    assert len(lines) == 2
    assert lines[0].startswith("defect in the event loop: ValueError at ")
    assert lines[1] == "defect in the event loop: no exception"
    assert "SECRET" not in caplog.text
