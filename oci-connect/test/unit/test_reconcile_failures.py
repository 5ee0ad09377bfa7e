"""A reconciler that ends, fails or meets another between any two of its steps: the next cycle heals, and nothing else changes."""

import contextlib

import pytest

from both_sides import HOUR, MINUTE, Killed, World, nonsense
from oci_connect.error import CommandError
from oci_connect.reconcile.state import Settings

pytestmark = pytest.mark.exhaustive


def mess(escalation):
    """Return both sides with one alarm of each kind of drift, and some that are in order."""
    world = World({"escalation": escalation}, Settings(gone=True))
    world.alarm("in order", "FIRING", HOUR)
    world.fire("in order", 2 * MINUTE, kind="REPEAT")
    world.alarm("quiet", "FIRING", HOUR)
    world.fire("quiet", 5 * MINUTE, kind="REPEAT")
    world.alarm("lost recovery", "OK", HOUR)
    world.fire("lost recovery", 3 * HOUR)
    world.alarm("recovery within the window", "OK", 6 * MINUTE)
    world.fire("recovery within the window", 8 * MINUTE)
    world.alarm("lost firing", "FIRING", HOUR)
    world.fire("lost firing", 5 * HOUR)
    world.deliver(world.message("lost firing", "FIRING_TO_OK", 5 * HOUR - 60), 5 * HOUR - 60)
    world.alarm("doubled", "FIRING", 5 * HOUR)
    world.fire("doubled", 5 * HOUR)
    world.open_again("doubled", 4 * HOUR)
    world.alarm("risen", "FIRING", HOUR, severity="CRITICAL")
    world.fire("risen", 2 * HOUR, severity="WARNING")
    world.fire("gone", 2 * HOUR)
    world.alarm("resolved by a person", "FIRING", 2 * HOUR)
    world.fire("resolved by a person", 2 * HOUR)
    world.resolve_by_hand("resolved by a person")
    world.away = True
    world.alarm("told in vain", "FIRING", 20 * MINUTE)
    world.fire("told in vain", 20 * MINUTE)
    world.deliver(nonsense(), 20 * MINUTE)
    world.away = False
    world.restart()
    return world


def end(world):
    """Return what is open after two more cycles, and whether an ERROR alert is left."""
    for _ in range(2):
        world.heal()
    return world.open, {state for *_, state in world.alerts if state == "ERROR"}


def steps(escalation):
    world = mess(escalation)
    world.steps = 0
    world.heal()
    return world.steps


def die(_):
    raise Killed


def refuse(what):
    raise CommandError(f"{what} failed")


@pytest.mark.parametrize(("happens", "escalation"), [(die, "separate"), (refuse, "join")], ids=["killed", "a call fails"])
def test_killed_or_failed_at_any_step_the_next_cycle_heals(happens, escalation):
    right, number = end(mess(escalation)), steps(escalation)
    assert right[0] == sorted(["in order", "quiet", "lost firing", "doubled", "risen", "told in vain"])
    assert number > 60
    for step in range(1, number + 1):
        world = mess(escalation)
        world.steps, world.happens_at, world.happens = 0, step, happens
        with contextlib.suppress(Killed, CommandError):
            world.heal()
        assert {"in order", "quiet", "doubled", "risen"} <= set(world.open), f"step {step}"
        assert "resolved by a person" not in world.open, f"step {step}"
        assert ("told in vain" in world.open) or any(state == "ERROR" for *_, state in world.alerts), f"step {step}"
        world.happens_at = 0
        assert end(world) == right, f"step {step}"


def test_two_that_meet_at_any_step_do_what_one_does():
    right, number = end(mess("separate")), steps("separate")
    for step in range(1, number + 1, 3):
        world = mess("separate")
        world.steps, world.happens_at = 0, step

        def meet(_, world=world):
            world.happens_at = 0
            world.heal()

        world.happens = meet
        world.heal()
        assert {"in order", "quiet", "doubled", "risen"} <= set(world.open), f"step {step}"
        assert end(world) == right, f"step {step}"
