"""Settings that only the environment has: of the process, of the relay, and how a single variable is read."""

import ssl

import pytest

import plugin
from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment, process, relay
from plugin.setting.process import ProcessSettings
from plugin.setting.relay import EXPECTED_USERS
from standin.certificates import certificate, pem, rsa_key

URL = "https://monitoring.example.com/webhook/key/events"
HASH = "sha256$" + "0a" * 32
DIGEST = bytes([10]) * 32


def refusal(read, environ):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        read(environ)
    assert "private" not in caught.value.message
    return caught.value.name, caught.value.reason


def relay_settings(**environ):
    return relay.from_environment({"SPACEONE_WEBHOOK_URL": URL, **environ})


def test_without_variables_the_process_logs_text_at_info_and_serves_no_http():
    settings = process.from_environment({})
    assert settings == ProcessSettings(
        grpc_port=50051, log_level="INFO", log_format="text", http_port=None, state_url="", retry_hours=2
    )
    assert settings.memory_seconds == 3 * 3600


def test_each_variable_of_the_process_is_read():
    settings = process.from_environment(
        {
            "ONS_LOG_LEVEL": "WARNING",
            "ONS_LOG_FORMAT": "json",
            "ONS_HTTP_PORT": "8081",
            "ONS_STATE_URL": " redis://host:6379/0 ",
            "SPACEONE_PORT": "50052",
            "ONS_RETRY_HOURS": "24",
        }
    )
    assert settings == ProcessSettings(50052, "WARNING", "json", 8081, "redis://host:6379/0", 24)
    assert settings.memory_seconds == 25 * 3600


@pytest.mark.parametrize("level", ["DEBUG", "info", "Warning", " error ", "CRITICAL"])
def test_a_log_level_may_be_written_in_any_case(level):
    assert process.from_environment({"ONS_LOG_LEVEL": level}).log_level == level.strip().upper()


def test_a_log_format_may_be_written_in_any_case():
    assert process.from_environment({"ONS_LOG_FORMAT": "JSON"}).log_format == "json"


def test_a_redis_may_be_reached_by_tls():
    assert process.from_environment({"ONS_STATE_URL": "rediss://host/1"}).state_url == "rediss://host/1"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ONS_LOG_LEVEL", "private", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL expected"),
        ("ONS_LOG_FORMAT", "private", "one of text, json expected"),
        ("ONS_HTTP_PORT", "private", "a port from 1 to 65535 expected"),
        ("ONS_STATE_URL", "http://private", "a URL redis://HOST:PORT/DB or rediss://… expected"),
        ("SPACEONE_PORT", "private", "a port from 1 to 65535 expected"),
        ("ONS_RETRY_HOURS", "private", "a number from 1 to 168 expected"),
        ("ONS_RETRY_HOURS", "169", "a number from 1 to 168 expected"),
        ("ONS_RETRY_HOURS", "0", "a number from 1 to 168 expected"),
        ("ONS_STATE_URL", "private", "a URL redis://HOST:PORT/DB or rediss://… expected"),
    ],
)
def test_a_bad_variable_of_the_process_is_named_and_its_value_is_not(variable, value, expected):
    assert refusal(process.from_environment, {variable: value}) == (variable, expected)


def test_an_empty_or_blank_variable_counts_as_not_set():
    assert environment.text({"X": " "}, "X") == ""
    assert environment.text({"X": " "}, "X", "default") == "default"
    assert environment.text({}, "X", "default") == "default"
    assert environment.text({"X": " a "}, "X", "default") == "a"
    assert environment.port({"X": " "}, "X") is None
    assert environment.port({}, "X") is None
    assert environment.choice({"X": ""}, "X", ("a", "b"), "b") == "b"


@pytest.mark.parametrize("port", ["1", "80", "65535", " 8080 "])
def test_a_port_is_from_1_to_65535(port):
    assert environment.port({"X": port}, "X") == int(port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "8.0", "+80", "٣", "²", "0x50"])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(ERROR_ENVIRONMENT):
        environment.port({"X": port}, "X")


def test_the_relay_forwards_envelopes_at_port_8080_for_anybody_by_default():
    settings = relay_settings()
    assert (settings.url, settings.format, settings.port, settings.users) == (URL, "envelope", 8080, {})
    assert isinstance(settings.tls, ssl.SSLContext)
    assert settings.tls.verify_mode is ssl.CERT_REQUIRED and settings.tls.check_hostname


def test_each_variable_of_the_relay_is_read():
    settings = relay_settings(RELAY_FORMAT="Body", RELAY_PORT="8443", RELAY_USERS=f"ons:{HASH}")
    assert (settings.format, settings.port, settings.users) == ("body", 8443, {"ons": DIGEST})


def test_several_users_may_deliver_to_the_relay():
    settings = relay_settings(RELAY_USERS=f" one:{HASH} ,two:{HASH},")
    assert settings.users == {"one": DIGEST, "two": DIGEST}


@pytest.mark.parametrize(
    "users", ["ons", "ons:private", "ons:", f":{HASH}", f"ons:{HASH},two:private", "ons:sha256$private", "ons:$2b$04$private"]
)
def test_users_without_a_hash_or_a_name_are_refused(users):
    name, reason = refusal(lambda environ: relay_settings(**environ), {"RELAY_USERS": users})
    assert (name, reason) == ("RELAY_USERS", EXPECTED_USERS)


@pytest.mark.parametrize("url", ["http://localhost:8080/x", "https://host/x?y=z", "https://[::1]:8443/x", f" {URL}\n"])
def test_the_url_of_spaceone_may_be_of_http_or_https(url):
    assert relay_settings(SPACEONE_WEBHOOK_URL=url).url == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "private",
        "ftp://private/x",
        "https://",
        "https:///private",
        "https://private:port/x",
        "https://private:65536/x",
        "https://private/\x00",
        "https://private/한",
        "https://[private/x",
    ],
)
def test_what_is_no_url_of_a_webhook_is_refused(url):
    name, reason = refusal(relay.from_environment, {"SPACEONE_WEBHOOK_URL": url})
    assert (name, reason) == ("SPACEONE_WEBHOOK_URL", "the URL of a webhook in SpaceONE expected")


@pytest.mark.parametrize("environ", [{"RELAY_FORMAT": "private"}, {"RELAY_PORT": "private"}])
def test_a_bad_format_or_port_of_the_relay_is_named(environ):
    ((variable, _),) = environ.items()
    assert refusal(lambda more: relay_settings(**more), environ)[0] == variable


def test_a_private_authority_can_be_named(tmp_path):
    file = tmp_path / "authority.pem"
    file.write_bytes(pem(certificate(rsa_key(), ca=True)))
    (authority,) = relay_settings(RELAY_CA_FILE=str(file)).tls.get_ca_certs()
    assert authority["subject"] == ((("commonName", "test authority"),),)


@pytest.mark.parametrize("content", [None, "private"])
def test_a_file_of_authorities_that_cannot_be_read_is_refused(tmp_path, content):
    file = tmp_path / "private.pem"
    if content:
        file.write_text(content)
    name, reason = refusal(lambda environ: relay_settings(**environ), {"RELAY_CA_FILE": str(file)})
    assert (name, reason) == ("RELAY_CA_FILE", "a readable file of PEM certificates expected")


def test_the_version_is_the_one_of_the_file_version_when_run_from_the_repository(request):
    written = (request.config.rootpath / "src/VERSION").read_text(encoding="utf-8").strip()
    assert plugin.version() == written
    assert plugin.NAME == "plugin-oci-ons-mon-webhook"
