"""Numbers: integers are whole again after a Struct made them floats."""

import math

import pytest

from plugin.model.number import restore_integer


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (7.0, "7"),
        (-7.0, "-7"),
        (0.0, "0"),
        (85.5, "85.5"),
        (7, "7"),
        (2.0**53 - 1, "9007199254740991"),
        (-(2.0**53) + 1, "-9007199254740991"),
        (2.0**53, "9007199254740992.0"),
        (-(2.0**53), "-9007199254740992.0"),
        (1e300, "1e+300"),
        (10**30, "1" + "0" * 30),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_a_float_is_made_whole_where_it_is_one(number, written):
    assert str(restore_integer(number)) == written


def test_a_truth_value_stays_one():
    assert restore_integer(True) is True
