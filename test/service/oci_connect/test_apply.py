"""apply, remove and test: against the stand-in, and once around the whole circle."""

import pytest




def test_x(connect, oci):
    print(connect("plan").stdout)
    r = connect("apply")
    print(r.stdout, r.stderr)
    r = connect("apply")
    print(r.stdout, r.stderr)
    r = connect("status")
    print(r.stdout, r.stderr)
    r = connect("remove", answer="yes\n")
    print(r.stdout, r.stderr)
    assert 0
