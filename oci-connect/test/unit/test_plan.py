"""The plans of bin/oci-connect: pure functions of what OCI holds and what is wanted."""

import pytest

from oci_connect import tags
from oci_connect.plan.attach import attach_step, subscribe_steps
from oci_connect.plan.detach import detach_step
from oci_connect.plan.step import CLEAR, shown
from oci_connect.resource import Holdings, Resource
from oci_connect.tags import Mark, Owner

OURS, OTHERS, THIRD = (f"ocid1.onstopic.oc1.phx.{name}" for name in ("ours", "others", "third"))
STREAM = "ocid1.stream.oc1.phx.s"
REPEAT = "repeatNotificationDuration"


def alarm(destinations=(STREAM,), repeat=None, **freeform):
    fields = {
        "displayName": "a",
        "compartmentId": "c",
        "destinations": list(destinations),
        REPEAT: repeat,
        "freeformTags": freeform,
    }
    return Resource("ocid1.alarm.oc1.phx.a", fields, "e-1")


def marked(mark, destinations, repeat="PT5M", **more):
    return alarm(destinations, repeat, **{mark.key: mark.value}, **more)


def held(topic=OURS):
    return Holdings("phx", Resource(topic, {}), Owner(topic))


def key(topic):
    return Owner(topic).key


def attach(alarm, their_topics=False, topic=OURS):
    return attach_step(alarm, held(topic), their_topics=their_topics)


def after(alarm, step):
    """Return the alarm as OCI holds it after a step."""
    sent = {name: None if value is CLEAR else value for name, value in {**step.details, **step.then}.items()}
    return Resource(alarm.id, {**alarm.fields, **sent}, "e-2")


@pytest.mark.parametrize("repeat", [None, "PT0S", "PT6M", "PT4H", "P1D", "PT1M", "PT5M"])
@pytest.mark.parametrize("destinations", [(), (STREAM,), (OURS,), (OURS, STREAM), (OTHERS,), (STREAM, OTHERS)])
def test_detach_puts_back_exactly_what_was(destinations, repeat):
    before = alarm(destinations, repeat, team="web")
    step = attach(before, their_topics=True)
    if step.action == "keep":
        assert OURS in destinations and repeat in ("PT1M", "PT5M")
        return
    attached = after(before, step)
    assert attached.fields[REPEAT] in ("PT1M", "PT5M")
    assert set(destinations) <= set(attached.fields["destinations"])
    assert attach(attached, their_topics=True).action == "keep"
    detached = after(attached, detach_step(attached, held()))
    assert detached.fields == before.fields
    assert detach_step(detached, held()) is None


def test_an_alarm_with_a_topic_is_told_because_oci_takes_one():
    step = attach(alarm((OTHERS,)))
    assert (step.action, step.details) == ("full", {})
    assert step.through == OTHERS and "--their-topics" in step.note


def test_their_topic_is_subscribed_to_once_for_all_alarms():
    steps = [attach(alarm((OTHERS,)), their_topics=True), attach(alarm((OTHERS, STREAM), "PT1M"), their_topics=True)]
    (subscription,) = subscribe_steps(steps, "https://example.com/x", "c", held())
    assert subscription.details["topicId"] == OTHERS
    assert subscription.details["freeformTags"] == {tags.OWNER: Owner(OURS).tag(OURS)}
    there = Resource("s", {"topicId": OTHERS, "lifecycleState": "ACTIVE", "freeformTags": {tags.OWNER: Owner(OURS).tag(OURS)}})
    assert subscribe_steps(steps, "https://example.com/x", "c", Holdings("phx", held().topic, Owner(OURS), [there])) == []


@pytest.mark.parametrize("owner", [OURS, OTHERS])
def test_what_apply_made_is_not_attached(owner):
    step = attach(alarm((owner,), **{tags.OWNER: Owner(owner).tag(owner)}), their_topics=True)
    assert step.action == ("keep" if owner == OURS else "foreign") and not step.details


def test_an_alarm_that_another_team_attached_to_its_topic_is_left_to_it():
    step = attach(marked(Mark(key(OTHERS), OTHERS, "destination", "PT4H"), (OTHERS,)), their_topics=True)
    assert step.action == "foreign" and not step.details


def test_of_two_teams_on_one_alarm_the_last_to_detach_puts_the_repeat_back():
    first = after(alarm((THIRD,), "PT4H"), attach(alarm((THIRD,), "PT4H"), their_topics=True))
    both = after(first, attach(first, their_topics=True, topic=OTHERS))
    one = detach_step(both, held())
    assert REPEAT not in one.details and "PT4H" in one.note
    left = after(both, one)
    last = detach_step(left, held(OTHERS))
    assert last.details[REPEAT] == "PT4H" and last.then["freeformTags"] == {}


def test_a_repeat_that_was_changed_by_hand_after_attach_is_kept_and_told():
    step = detach_step(marked(Mark(key(OURS), OURS, "destination", "PT4H"), (STREAM, OURS), "PT10M"), held())
    assert REPEAT not in step.details
    assert "PT10M" in step.note and "PT4H" in step.note
    assert step.details["destinations"] == [STREAM]


def test_a_topic_that_was_taken_out_by_hand_is_told():
    step = detach_step(marked(Mark(key(OURS), OURS, "destination", "unchanged"), (STREAM,), "PT1M"), held())
    assert "destinations" not in step.details and "not among its destinations" in step.note


def test_attaching_again_after_a_change_by_hand_keeps_what_was_first():
    attached = marked(Mark(key(OURS), OURS, "destination", "PT4H"), (STREAM, OURS), "PT1H")
    again = after(attached, attach(attached))
    assert again.fields[REPEAT] == "PT5M"
    step = detach_step(again, held())
    assert (step.details, step.then) == ({"destinations": [STREAM], REPEAT: "PT4H"}, {"freeformTags": {}})


def test_an_alarm_without_room_for_a_tag_is_told():
    step = attach(alarm((STREAM,), None, **{f"tag{n}": "x" for n in range(10)}))
    assert step.action == "full" and "10 tags" in step.note


def test_what_was_fits_into_a_tag():
    mark = Mark("0" * 12, "ocid1.onstopic.oc1.eu-dcc-frankfurt-1." + "a" * 120, "destination", "P30DT23H59M59S")
    assert tags.fit({mark.key: mark.value})
    assert next(tags.marks({mark.key: mark.value, "other": "x"})) == mark


def test_what_others_wrote_does_not_move_the_cursor():
    assert shown("a\x1b[2Jb\nc") == "a?[2Jb?c"


def test_an_alarm_whose_team_put_a_topic_in_place_of_ours_is_attached_through_it():
    replaced = marked(Mark(key(OURS), OURS, "destination", "PT4H"), (OTHERS,))
    step = attach(replaced, their_topics=True)
    assert step.action == "attach" and step.through == OTHERS
    attached = after(replaced, step)
    assert attach(attached, their_topics=True).action == "keep"
    assert tags.mark_of(attached.tags, Owner(OURS)) == Mark(key(OURS), OURS, "through", "PT4H")
    detached = after(attached, detach_step(attached, held()))
    assert (detached.fields["destinations"], detached.fields[REPEAT]) == ([OTHERS], "PT4H")
