"""Wrong use, as a newcomer finds it: one sentence, status 2, and with --json one object; OCI is not asked."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from standin.certificates import rsa_key

CONFIG = "[DEFAULT]\nuser=ocid1.user.oc1..SECRETuser\ntenancy=ocid1.tenancy.oc1..aaaa\nregion=us-phoenix-1\n"
FINGERPRINT = "fingerprint=" + ":".join(["00"] * 16) + "\n"

SECRET_URL = "https://spaceone.example.com/monitoring/v1/webhook/w/SECRETaccessKey/events"

WRONG = [  # words, keywords, a part of the sentence
    (("",), {}, "The command is missing; it comes before the options."),
    (("fly",), {}, "Unknown command 'fly'. See oci-connect --help."),
    (("atach",), {}, "Unknown command 'atach'; did you mean attach?"),
    (("plan fly",), {}, "invalid choice: 'fly'"),
    (("plan", *(word for n in range(8) for word in ("--freeform-tag", f"k{n}=v"))), {}, "--freeform-tag: OCI takes 7 beside"),
    (("plan atach",), {}, "; did you mean attach? See oci-connect plan --help."),
    (("plan", "--auth", "instance_principle"), {}, "; did you mean instance_principal?"),
    (("plan", "--alarms", "netwrk"), {}, "netwrk: the file cannot be read as text; did you mean network?"),
    (("apply attach",), {}, "Unknown word attach."),
    (("plan", "--comparment", "x"), {}, "Unknown option --comparment; did you mean --compartment?"),
    (("plan", "--auth", "magic"), {}, "invalid choice: 'magic'"),
    (("plan",), {"compartment": None}, "--compartment: the OCID of a compartment is needed"),
    (("plan",), {"compartment": "my-compartment"}, "--compartment: an OCID of type compartment or tenancy expected"),
    (("plan",), {"compartment": "ocid1.user.oc1..x"}, "and this is one of type user"),
    (("plan", "--topic", "ocid1.compartment.oc1..x"), {}, "--topic: an OCID of type onstopic expected"),
    (("plan", "--events-compartment", "x"), {}, "--events-compartment: an OCID"),
    (("plan", "--region", "Seoul"), {}, "--region: the name of a region expected, such as ap-seoul-1"),
    (("plan", "--name", "my topic"), {}, "--name: 1 to 256 letters, digits, - or _ expected"),
    (("plan", "--wait", "soon"), {}, "invalid float value: 'soon'"),
    (("apply", "--wait", "-1"), {}, "seconds from 0 to 86400 expected"),
    (("test", "--pause", "nan"), {}, "seconds from 0 to 86400 expected"),
    (("test", "--dry-run"), {}, "--dry-run: test does not know it, only apply and attach and detach and remove"),
    (("plan",), {"endpoint": "oci.example.com"}, "--endpoint: a URL expected"),
    (("plan",), {"endpoint": "http://["}, "--endpoint: a URL expected"),
    (("apply", SECRET_URL), {}, "Unknown word https://spaceone.example.com/…"),
    ((SECRET_URL,), {}, "Unknown command 'https://spaceone.example.com/…'"),
    (("apply", "--webhook-url-file", SECRET_URL), {}, "--webhook-url-file: https://spaceone.example.com/… cannot be read"),
    (("apply", "--alarms", SECRET_URL), {}, "https:/spaceone.example.com/…"),
    (("plan", "--config", SECRET_URL), {}, "profile DEFAULT: there is no such file"),
    (("remove", "--alarm", "web*"), {}, "--alarm: remove does not know it, only attach and detach"),
    (("plan attach", "--alarms", "web*"), {}, "--alarms: attach does not know it, only apply and status and remove"),
    (("apply", "--their-topics"), {}, "--their-topics: apply does not know it, only attach"),
    (("plan", "--no-alarms", "--alarms", "x"), {}, "--no-alarms: it contradicts --alarms"),
    (
        ("plan",),
        {"url": "http://spaceone.example.com/SECRETaccessKey"},
        "SPACEONE_WEBHOOK_URL: the URL must begin with https://",
    ),
    (("plan",), {"url": "https://10.1.2.3/SECRETaccessKey"}, "10.1.2.3 is a private host"),
    (("plan", "--webhook-url", "https:///SECRETaccessKey"), {}, "--webhook-url: the URL has no host"),
    (("plan", "--webhook-url-file", "/nowhere"), {}, "--webhook-url-file: /nowhere cannot be read"),
    (("apply",), {"url": None}, "The webhook URL is missing: set SPACEONE_WEBHOOK_URL"),
    (("plan", "--alarms", "/nowhere"), {}, "/nowhere: the file cannot be read"),
    (("plan", "--profile", "NOBODY"), {}, "the file has no such profile"),
    (("plan", "--config", "/nowhere"), {}, "there is no such file"),
    (("status", "--auth", "resource_principal"), {}, "--auth resource_principal: OCI gives no identity of that kind here"),
]


@pytest.mark.parametrize(("words", "keywords", "sentence"), WRONG, ids=[each[2] for each in WRONG])
def test_wrong_use_is_one_sentence_and_with_json_one_object(connect, oci, words, keywords, sentence):
    run = connect(*words, **keywords)
    assert run.returncode == 2 and sentence in run.stderr
    assert run.stdout == "" and len(run.stderr.splitlines()) <= 2
    result = connect.result(*words, status=2, **keywords)
    assert sentence in result["error"]["message"] and result["exit_status"] == 2
    assert oci.asked == []


def test_without_a_command_the_help_is_named_and_help_is_printed(connect):
    assert "See oci-connect --help" in connect("").stderr
    run = connect("--help")
    assert run.returncode == 0 and "Exit status: 0 done" in run.stdout


@pytest.fixture
def profile(tmp_path):
    """Write a config file with a key file; return the words that name it."""

    def write(config, key=b""):
        (tmp_path / "key.pem").write_bytes(key)
        content = config.replace("KEY", f"key_file={tmp_path / 'key.pem'}\n")
        (tmp_path / "config").write_bytes(content if isinstance(content, bytes) else content.encode())
        return ("--config", str(tmp_path / "config"))

    return write


def pem(password=None):
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return rsa_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, encryption)


@pytest.mark.parametrize(
    ("config", "key", "sentence"),
    [
        ("SECRETgarbage", b"", "the file is no configuration"),
        ("", b"", "check fingerprint (missing), key_file (missing), region (missing)"),
        ("[DEFAULT]\nuser=a\nuser=b\n", b"", "the file is no configuration"),
        ("[DEFAULT]\nlog_requests=SECRETmaybe\n", b"", "a field has a wrong value"),
        (
            "[DEFAULT]\nregion=us-phoenix-1\n",
            b"",
            "check fingerprint (missing), key_file (missing), tenancy (missing), user (missing)",
        ),
        (CONFIG + "KEY" + FINGERPRINT.replace("00:", "SECRET"), pem(), "check fingerprint (malformed)"),
        (CONFIG + FINGERPRINT + "key_file=/nowhere/SECRET.pem\n", b"", "the file of key_file does not exist"),
        (CONFIG + FINGERPRINT + "KEY", b"SECRET", "key_file holds no private key"),
        (CONFIG + FINGERPRINT + "KEY", b"", "key_file holds no private key"),
        (CONFIG + FINGERPRINT + "KEY", pem(b"SECRET"), "the key of key_file is encrypted: add its pass_phrase to the profile"),
        (CONFIG + FINGERPRINT + "KEYpass_phrase=SECRETwrong\n", pem(b"SECRET"), "or pass_phrase is wrong"),
    ],
)
def test_a_wrong_profile_is_told_and_nothing_of_its_content(connect, oci, profile, config, key, sentence):
    words = profile(config, key)
    for more in ((), ("--json",)):
        run = connect("status", *more, *words)
        assert run.returncode == 2 and sentence in run.stdout + run.stderr
        assert "SECRET" not in run.stdout + run.stderr
    assert oci.asked == []


def test_an_encrypted_key_works_with_its_pass_phrase(connect, oci, profile):
    words = profile(CONFIG + FINGERPRINT + "KEYpass_phrase=SECRETright\n", pem(b"SECRETright"))
    assert connect("status", *words).returncode == 1  # the stand-in knows another key
    assert oci.asked


def test_nobody_to_ask_is_a_sentence_and_changes_nothing(connect, oci):
    connect("apply")
    held = dict(oci.alarms)
    for stdin in (subprocess.DEVNULL, None):
        run = connect.finish(connect.start("remove", stdin=stdin) if stdin else _with_closed_input(connect))
        assert run.returncode == 2 and "There is nobody to ask: nothing was changed. Use --yes" in run.stderr
    assert oci.alarms == held
    run = connect("remove", "--json", answer="no\n")
    assert run.returncode == 2 and json.loads(run.stdout)["error"]["message"] == "Nothing was changed."


def _with_closed_input(connect):
    start = connect.start("--help")
    connect.finish(start)
    words = [*start.args[:5], *connect.words("remove")]
    return subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&-', "sh", *words],
        env=connect.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "more"), [(signal.SIGINT, ()), (signal.SIGTERM, ("--json",))])
def test_ctrl_c_and_sigterm_end_with_130_and_a_sentence(connect, oci, number, more):
    oci.confirms_itself = False
    process = connect.start("apply", "--no-alarms", *more)
    deadline = time.monotonic() + 60
    while sum("/subscriptions/" in asked for asked in oci.asked) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    run = connect.finish(process)
    assert run.returncode == 130
    text = json.loads(run.stdout)["error"]["message"] if more else run.stderr
    assert "Interrupted. What was done stays; the same command goes on from there." in text


def test_ctrl_c_while_the_sdk_is_loaded_is_a_sentence(connect, oci):
    process = connect.start("plan", PYTHONVERBOSE="1")
    while "/oci/__init__." not in process.stderr.readline():  # its first module is found
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    run = connect.finish(process)
    assert run.returncode == 130 and "Interrupted" in run.stderr and not oci.asked


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_reader_that_goes_away_is_no_fault(connect, oci, more):
    process = connect.start("plan", *more)
    process.stdout.close()
    assert process.wait(60) in (0, 1)
    assert process.stderr.read() == ""
    process.stderr.close()
    process.stdin.close()


def test_the_webhook_url_is_asked_for_without_echo_on_a_terminal(connect):
    master, slave = pty.openpty()
    process = connect.start("apply", "--no-alarms", url=None, stdin=slave)
    os.close(slave)
    prompt = ""
    while not prompt.endswith("(it is not shown): "):
        character = process.stderr.read(1)
        assert character, prompt
        prompt += character
    os.write(master, b"https://spaceone.example.com/SECRETaccessKey\n")
    run = connect.finish(process)
    with contextlib.suppress(OSError):  # nothing was echoed, and nobody has the terminal open any more
        assert b"SECRET" not in os.read(master, 1000)
    os.close(master)
    assert run.returncode == 0, run.stderr
    assert "created   subscription  spaceone.example.com" in run.stdout
