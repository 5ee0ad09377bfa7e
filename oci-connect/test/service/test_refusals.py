"""What goes wrong at OCI: its own reason, the step, the request id and what to do; waits are shown."""

import pytest

from standin.certificates import rsa_key
from standin.oci import COMPARTMENT

DENIED = (404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found")


@pytest.mark.parametrize(
    ("status", "code", "what_to_do"),
    [
        (401, "NotAuthenticated", "OCI does not know who is asking: check user, fingerprint and key_file"),
        (404, "NotAuthorizedOrNotFound", "or the policies below are missing"),
        (409, "IncorrectState", "run the command again in a minute"),
        (400, "InvalidParameter", "Correct what OCI names"),
        (400, "LimitExceeded", "A limit of the tenancy is reached"),
    ],
)
def test_a_refusal_says_what_oci_said_of_which_step_and_what_to_do(connect, oci, status, code, what_to_do):
    oci.failures = [(status, code, "Oracle's own words")]
    run = connect("status")
    assert run.returncode == 1
    assert f"OCI refuses to list the topics of {COMPARTMENT}: {status} {code}: Oracle's own words" in run.stderr
    assert "opc-request-id: REQUEST/1" in run.stderr and what_to_do in run.stderr
    oci.failures = [(status, code, "Oracle's own words")]
    error = connect.result("status", status=1)["error"]
    assert error["doing"] == f"list the topics of {COMPARTMENT}" and error["request_id"] == "REQUEST/1"
    assert (error["status"], error["code"], error["message"]) == (status, code, "Oracle's own words")


def test_after_404_the_policies_are_printed_without_asking_oci_again(connect, oci):
    oci.failures = [DENIED]
    run = connect("status", "--audit", "--subtree")
    assert run.returncode == 1 and len(oci.asked) == 1
    for what in ("manage alarms", "manage ons-topics", "inspect compartments", "read audit-events"):
        assert f"Allow group WebhookAdmins to {what} in compartment id {COMPARTMENT}" in run.stdout
    oci.failures = [DENIED]
    assert len(connect.result("apply", status=1)["policies"]) == 4
    oci.failures = [DENIED]
    assert connect("plan").stdout.count("manage alarms") == 1


def test_one_alarm_that_oci_refuses_costs_no_other_and_is_named(connect, oci):
    oci.most_alarms, oci.page_size = 2, 10
    run = connect("apply")
    assert run.returncode == 1 and len(oci.alarms) == 2
    assert "OCI refuses to create the alarm Load balancer has unhealthy backends: 400 LimitExceeded" in run.stderr
    assert "not tried alarm         Load balancer answers with errors" in run.stdout
    assert "OCI refuses 1 step, see above; the rest is done. The same command goes on from here." in run.stderr
    result = connect.result("apply", status=1)
    assert [each["code"] for each in result["refusals"]] == ["LimitExceeded"]
    assert [each["outcome"] for each in result["steps"]].count("not tried") == 1
    oci.most_alarms = 50
    assert connect("apply").returncode == 0 and len(oci.alarms) == 4


def test_oracles_words_never_carry_the_webhook_url_on(connect, oci):
    secret = "https://spaceone.example.com/monitoring/v1/webhook/webhook-1/SECRETaccessKey/events"
    oci.refuse = lambda method, path: (
        (400, "InvalidParameter", f"Invalid {secret}") if method == "POST" and "subscr" in path else None
    )
    run = connect("apply")
    assert run.returncode == 1 and "InvalidParameter: Invalid …" in run.stderr
    assert connect.result("apply", status=1)["refusals"][0]["message"] == "Invalid …"


def test_an_alarms_name_does_not_move_the_cursor(connect, oci):
    connect("apply", "--no-alarms")
    (topic,) = oci.topics
    ocid = oci.hold_alarm("\x1b[2Jcpu", destinations=[topic])["id"]
    oci.refuse = lambda _method, path: (400, "InvalidParameter", "\x1b[2J") if ocid in path else None
    run = connect("status")
    assert run.returncode == 1 and "read the alarm ?[2Jcpu: 400 InvalidParameter: ?[2J" in run.stderr


def test_what_passes_is_tried_again_and_the_wait_is_shown(connect, oci):
    oci.failures = [(429, "TooManyRequests"), (500, "InternalServerError")]
    run = connect("status")
    assert run.returncode == 4
    assert "OCI answered 429: waiting before attempt 2 of 5 …" in run.stderr
    assert "OCI answered 500: waiting before attempt 3 of 5 …" in run.stderr


def test_an_oci_that_is_not_there_is_one_sentence(connect, oci):
    oci.shutdown()
    oci.server_close()
    run = connect("status")
    assert run.returncode == 1
    assert f"OCI cannot be reached, to list the topics of {COMPARTMENT}: check the region (us-phoenix-1)" in run.stderr


def test_a_wrong_key_is_refused(connect, oci):
    oci.public_key = rsa_key().public_key()
    run = connect("status")
    assert run.returncode == 1 and "401 NotAuthenticated" in run.stderr and "does not know who is asking" in run.stderr


def test_a_fault_of_its_own_is_one_sentence_without_a_stack_trace(connect, oci):
    oci.hold_topic("SpaceONE-Webhook-Topic")["timeCreated"] = "SECRETday"
    run = connect("status")
    assert run.returncode == 70 and run.stderr.startswith("A fault of oci-connect itself: ")


def test_test_needs_neither_webhook_url_nor_compartment_nor_terminal(connect, oci):
    connect("apply", "--no-alarms")
    (topic,) = oci.topics
    run = connect.finish(connect.start("test", "--pause", "0", "--topic", topic, url=None, compartment=None, stdin=-3))
    assert run.returncode == 0, run.stderr
    assert [line.split()[:4] for line in run.stdout.splitlines()[:2]] == [
        ["publish", "test", "alarm", "OK_TO_FIRING"], ["publish", "test", "alarm", "FIRING_TO_OK"]
    ]  # fmt: skip
    assert connect.result("test", "--pause", "0", url=None)["exit_status"] == 0
    assert len(oci.delivered) == 5  # a confirmation, and twice a firing and its recovery
