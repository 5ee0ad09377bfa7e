"""Mistakes that are put into the reconciler on purpose: the tests that are named beside each find it."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from both_sides import World
from oci_connect.reconcile import cycle, stored
from oci_connect.reconcile.act import Actor
from oci_connect.reconcile.alarms import AlarmReader
from oci_connect.reconcile.decide import _Case
from oci_connect.reconcile.regions import Regions
from oci_connect.reconcile.spaceone import SpaceOne
from oci_connect.reconcile.state import Subject


def module_of(name):
    """Return a module of tests beside this one."""
    spec = importlib.util.spec_from_file_location(f"planted_{name}", Path(__file__).with_name(f"test_{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOLD, POST, DECIDE, REPLAY, SUBJECT = _Case._hold, _Case._post, cycle.decide, Actor.replay, stored.subject_of


def only_settling(case, since, events):
    return HOLD(case, since, [])


def only_younger(case, since, events):
    return HOLD(replace(case, settings=replace(case.settings, settle=case.now - case.now)), since, events)


def dated_now(case, decision, kind, since):
    return POST(case, decision, kind, case.now)


def by_title(raw, *more):
    subject = SUBJECT(raw, *more)
    return subject and Subject(
        "ocid1.alarm.oc1.us-phoenix-1.one" if raw.get("title") == "CPU" else subject.alarm, subject.stream
    )


def first_page(reader, doing, call, *positional):
    return list(reader._ask(doing, call, *positional, limit=1000).data)


def empty_is_known(regions, alarm):
    return next(iter(regions._readers.values())).look(alarm)


def no_suppression(reader, suppression):
    return False


def any_webhook(spaceone, found):
    return True


def deleted_first(actor, alerts):
    for alert in alerts:
        actor.spaceone.delete(alert.id)
    REPLAY(actor, alerts)


def always_resolves(conditions, records, settings, now):
    return DECIDE(conditions, records, replace(settings, resolves=True), now)


FAULTS = {  # what, where, the mistake, the module of tests, the test and what it is called with
    "the younger knowledge does not win": (_Case, "_hold", only_settling, "decide", "row", "OK, and a firing is younger"),
    "nothing has to settle": (_Case, "_hold", only_younger, "decide", "row", "OK since a moment"),
    "messages are dated with now": (
        _Case, "_post", dated_now, "decide", "test_a_message_is_dated_by_the_transition_and_made_of_a_firing", ()),
    "alarms are known by their titles": (stored, "subject_of", by_title, "reconciled", "test_two_alarms_of_one_title_are_two", "world"),
    "a page is lost": (
        AlarmReader, "_pages", first_page, "reconciled",
        "test_a_lost_recovery_firing_and_a_second_alert_are_healed_in_one_cycle", "world"),
    "an empty list is believed": (
        Regions, "look", empty_is_known, "reconciled", "test_half_an_answer_of_oci_changes_nothing", ("empty", 404)),
    "suppression is ignored": (
        AlarmReader, "_holds", no_suppression, "reconciled", "test_a_suppressed_alarm_that_fires_opens_nothing", "world"),
    "it acts on a second webhook": (
        SpaceOne, "_is_ours", any_webhook, "spaceone", "test_what_is_another_webhooks_or_domains_is_not_seen",
        "monkeypatch"),
    "an ERROR alert is deleted before its message was taken": (
        Actor, "replay", deleted_first, "reconciled", "test_a_plugin_that_is_away_for_many_cycles_costs_no_message", "world"),
    "recovery mode MANUAL is ignored": (
        cycle, "decide", always_resolves, "reconciled", "test_where_persons_resolve_nothing_is_resolved", ()),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, monkeypatch):
    place, name, mistake, module, test, given = FAULTS[fault]
    found_by = module_of(module)

    def run():
        with monkeypatch.context() as own:
            known = {"world": (World(),), "monkeypatch": (own, {"webhook_id": "webhook-2"})}
            if test == "row":
                found_by.test_each_row_of_the_table(*found_by.TABLE[given])
            else:
                getattr(found_by, test)(*(known[given] if isinstance(given, str) else given))

    run()
    monkeypatch.setattr(place, name, mistake)
    with pytest.raises(AssertionError):
        run()
