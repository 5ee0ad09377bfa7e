"""The served plugin over real gRPC."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from client import Client
from corpus.cases import CASES, FIXTURES, case_name, events, load
from own import own
from plugin_process import COMMAND, ROOT, free_port, serve
from wire import field

FIRING = load(FIXTURES / "alarm/firing_compute.json")
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def refusal(call, *arguments):
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments)
    return caught.value.code(), caught.value.details()


def test_init_tells_what_the_plugin_is(client):
    metadata = client.init({})["metadata"]
    assert metadata["provider"] == "oci"
    assert metadata["supported_resource_type"] == ["inventory.CloudService"]
    assert metadata["duplicate_event_time"] == 604800
    assert set(metadata["options_schema"]["properties"]) >= {"provider"}


def test_verify_accepts_no_options_and_valid_ones(client):
    client.verify({})
    client.verify({"provider": "oracle_cloud_infrastructure"})


@pytest.mark.parametrize(
    ("options", "named"), [({"porvider": "oci"}, "porvider"), ({"provider": 7}, "provider"), ({"provider": ""}, "provider")]
)
def test_verify_refuses_an_option_by_its_name_alone(client, options, named):
    code, text = refusal(client.verify, options)
    assert code is INVALID
    assert text.startswith(f"ERROR_OPTION: The option {named} is refused: ")


def test_init_survives_any_options_for_it_is_called_before_every_parse(client):
    assert client.init({"provider": 7, "unknown": []})["metadata"]["provider"] == "oci"


def test_parse_goes_on_with_the_default_of_a_mistyped_option(client, served):
    assert client.parse(FIRING, {"provider": 7, "colour": "red"})[0]["provider"] == "oci"
    assert "The option colour is refused" in served.logged()


def test_parse_takes_the_provider_from_the_options(client):
    assert client.parse(FIRING, {"provider": "oracle"})[0]["provider"] == "oracle"


@pytest.mark.parametrize("path", [path for path in CASES if path.parent.name != "confirmation"], ids=case_name)
def test_parse_answers_as_the_golden_says(client, path):
    case, expected = own(path)
    if "error" in expected:
        code, text = refusal(client.parse, case.data, case.options)
        assert code.name == expected["error"]["status"]
        assert text == f"{expected['error']['code']}: {expected['error']['message']}"
        return
    results = [{k: v for k, v in event.items() if v not in ("", [])} for event in events(expected)]
    assert client.parse(case.data, case.options) == results


def test_what_protobuf_cannot_decode_is_refused_by_name(client):
    struct = b""
    for _ in range(100):
        value = field(5, struct)
        struct = field(1, field(1, b"a") + field(2, value))
    parse = client.channel.unary_unary("/spaceone.api.monitoring.plugin.Event/parse")
    code, text = refusal(parse, field(2, struct))
    assert code is INVALID
    assert "nested too deeply" in text


def test_what_is_larger_than_grpc_allows_is_refused(client):
    code, _ = refusal(client.parse, {"title": "x" * (4 * 1024 * 1024 + 1)})
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_body_of_almost_a_mebibyte_becomes_an_event(client):
    (event,) = client.parse({"title": "큰 메시지", "body": "<b>🔥</b> " * 80_000})
    assert 3990 < len(event["description"]) <= 4000


def test_not_a_number_is_no_reason_to_fail(client):
    (event,) = client.parse({"title": "t", "severity": float("nan"), "timestamp": float("inf")})
    assert event["severity"] == "INFO"


def test_a_hundred_levels_of_json_text_are_refused(client):
    _, text = refusal(client.parse, {"type": "Notification", "message": '{"a":' * 100 + "1" + "}" * 100})
    assert "more than 64 levels of objects and lists" in text


def test_health_answers_serving(client):
    assert client.serving()


def test_reflection_lists_the_services(client):
    database = ProtoReflectionDescriptorDatabase(client.channel)
    assert set(database.get_services()) >= {
        "spaceone.api.monitoring.plugin.Webhook",
        "spaceone.api.monitoring.plugin.Event",
        "grpc.health.v1.Health",
    }


def test_thirty_two_callers_at_once_each_get_their_own_answer(served):
    def call(number):
        with Client(served.target) as client:
            return [client.parse(FIRING | {"dedupeKey": f"{number}-{i}"})[0]["event_key"] for i in range(10)]

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(call, range(32))) == [[f"{number}-{i}" for i in range(10)] for number in range(32)]


def test_no_payload_and_no_option_reaches_the_log(client, served):
    client.parse(FIRING | {"title": "private-title"}, {"provider": "private-provider"})
    assert "alarm" in served.logged()
    assert "private" not in served.logged()


def test_an_environment_variable_sets_what_the_options_leave_open(tmp_path):
    with serve(tmp_path / "log", {"ONS_PROVIDER": "from_environment"}) as plugin, Client(plugin.target) as client:
        assert client.parse(FIRING)[0]["provider"] == "from_environment"
        assert client.parse(FIRING, {"provider": "oci"})[0]["provider"] == "oci"


def test_a_bad_environment_variable_stops_the_server_with_one_clear_line():
    environment = {"ONS_PROVIDER": "a b", "SPACEONE_PORT": str(free_port())}
    ended = subprocess.run(COMMAND, cwd=ROOT / "src", env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "ONS_PROVIDER" in ended.stderr
    assert "a b" not in ended.stderr


@pytest.mark.slow
def test_the_package_serves_wherever_it_is_installed(tmp_path):
    """`pip install` into a folder, with the requirements of this environment."""
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", site]
    source = shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))  # it builds in there
    subprocess.run([*install, source], check=True, timeout=120)
    port = free_port()
    with subprocess.Popen(COMMAND, cwd=tmp_path, env={"PYTHONPATH": str(site), "SPACEONE_PORT": str(port)}) as process:
        try:
            with Client(f"127.0.0.1:{port}") as client:
                assert client.wait()
                assert client.parse(FIRING)[0]["event_type"] == "ALERT"
        finally:
            process.terminate()
