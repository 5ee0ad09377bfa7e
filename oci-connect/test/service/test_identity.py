"""Who asks OCI, as Oracle's own command line finds it: profiles, their kinds, and what the environment says before them."""

import base64
import json
import time

import pytest

from standin.oci import COMPARTMENT

KEY_ID = "ocid1.tenancy.oc1..aaaa/ocid1.user.oc1..aaaa/" + ":".join(["00"] * 16)
TENANCY = "tenancy=ocid1.tenancy.oc1..aaaa\nfingerprint=" + ":".join(["00"] * 16) + "\n"
USER = "user=ocid1.user.oc1..aaaa\n"


def token(ends_in=3600):
    claims = json.dumps({"exp": time.time() + ends_in}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"


@pytest.fixture
def home(identity, tmp_path):
    """Write the files of a home directory; return the environment that has it."""

    def write(ends_in=3600, **files):
        (tmp_path / ".oci").mkdir(exist_ok=True)
        (tmp_path / "token").write_text(token(ends_in))
        key = f"key_file={identity[0].parent / 'key.pem'}\n"
        for name, text in files.items():
            path = tmp_path / ".oci/config" if name == "default" else tmp_path / name
            path.write_text(text.replace("KEY", key).replace("TOKEN", f"security_token_file={tmp_path / 'token'}\n"))
            path.chmod(0o600)
        return {"HOME": str(tmp_path)}

    return write


@pytest.fixture
def ask(connect, oci):
    """Run status without --config; return its result, and the key by which OCI was asked."""
    seen = []
    oci.on_headers = lambda headers: seen.append(headers["Authorization"].partition('keyId="')[2].partition('"')[0])

    def run(*words, status=4, **environment):
        seen.clear()
        result = connect.result("status", *words, status=status, config=None, **environment)
        return result, (seen or [""])[0]

    return run


def region(result):
    return result["topics"][0]["region"]


API_KEY = f"[DEFAULT]\n{USER}{TENANCY}KEYregion=us-phoenix-1\n"


def test_a_profile_with_a_key_is_the_default(ask, home):
    result, key = ask(**home(default=API_KEY))
    assert key == KEY_ID and region(result) == "us-phoenix-1"


@pytest.mark.parametrize(
    "config",
    [
        f"[DEFAULT]\n{TENANCY}KEYTOKENregion=us-phoenix-1\n",
        f"{API_KEY}[MINE]\n{TENANCY}KEYTOKENregion=us-phoenix-1\n",  # inherits the user of DEFAULT
    ],
)
def test_a_session_of_oci_session_authenticate_is_found_by_its_token(ask, home, config):
    _, key = ask(**home(default=config), OCI_CLI_PROFILE="MINE" if "MINE" in config else "DEFAULT")
    assert key == f"ST${token()}" or key.startswith("ST$e30.")


def test_a_profile_with_a_user_of_its_own_is_no_session_though_default_is(ask, home):
    config = f"[DEFAULT]\n{TENANCY}KEYTOKENregion=us-phoenix-1\n[MINE]\n{USER}"
    assert ask("--profile", "MINE", **home(default=config))[1] == KEY_ID


@pytest.mark.parametrize(("auth", "start"), [("api_key", KEY_ID), ("security_token", "ST$")])
def test_auth_decides_where_a_profile_has_both(ask, home, auth, start):
    environment = home(default=API_KEY + "TOKEN")
    assert ask("--auth", auth, **environment)[1].startswith(start)
    assert ask(**environment, OCI_CLI_AUTH=auth)[1].startswith(start)
    other = "api_key" if auth == "security_token" else "security_token"
    assert ask("--auth", auth, **environment, OCI_CLI_AUTH=other)[1].startswith(start)  # the option counts before


def test_a_session_that_has_ended_says_how_to_renew_it(ask, home, oci):
    result, _ = ask("--auth", "security_token", status=2, **home(-1, default=API_KEY + "TOKEN"))
    assert "run `oci session authenticate` again" in result["error"]["message"] and not oci.asked


def test_cloud_shell_is_told_to_be_elsewhere_and_its_token_missing(ask, home):
    shell = f"[us-phoenix-1]\n{TENANCY}region=us-phoenix-1\ndelegation_token_file=/nowhere/token\n"
    environment = {**home(shell=shell), "OCI_CLI_AUTH": "instance_obo_user", "OCI_CLI_PROFILE": "us-phoenix-1"}
    file = environment["HOME"] + "/shell"
    result, _ = ask(status=2, **environment, OCI_CLI_CONFIG_FILE=file)
    assert "delegation_token_file (the file cannot be read)" in result["error"]["message"]


def test_an_unknown_kind_in_the_environment_is_refused(ask, home):
    result, _ = ask(status=2, **home(default=API_KEY), OCI_CLI_AUTH="security_tokn")
    assert "OCI_CLI_AUTH: unknown value 'security_tokn'; did you mean security_token?" in result["error"]["message"]


SEOUL, TOKYO = API_KEY.replace("us-phoenix-1", "ap-seoul-1"), API_KEY.replace("us-phoenix-1", "ap-tokyo-1")


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        ((), {}, "us-phoenix-1"),
        ((), {"OCI_CLI_CONFIG_FILE": "seoul"}, "ap-seoul-1"),
        ((), {"OCI_CONFIG_FILE": "tokyo"}, "us-phoenix-1"),  # the SDK's, where the default file is missing
        (("--config", "tokyo"), {"OCI_CLI_CONFIG_FILE": "seoul"}, "ap-tokyo-1"),
        ((), {"OCI_CLI_PROFILE": "OTHER"}, "eu-frankfurt-1"),
        ((), {"OCI_CONFIG_PROFILE": "OTHER"}, "eu-frankfurt-1"),
        (("--profile", "DEFAULT"), {"OCI_CLI_PROFILE": "OTHER"}, "us-phoenix-1"),
        ((), {"OCI_CLI_REGION": "ap-osaka-1"}, "ap-osaka-1"),
        ((), {"OCI_REGION": "ap-osaka-1"}, "us-phoenix-1"),  # where the profile names none
        (("--region", "uk-london-1"), {"OCI_CLI_REGION": "ap-osaka-1"}, "uk-london-1"),
    ],
)
def test_options_count_before_variables_and_these_before_the_profile(ask, home, words, environment, expected):
    other = "[OTHER]\nregion=eu-frankfurt-1\n"
    known = home(default=API_KEY + other, seoul=SEOUL, tokyo=TOKYO)
    place = {name: f"{known['HOME']}/{name}" for name in ("seoul", "tokyo")}
    given = {name: place.get(value, value) for name, value in environment.items()}
    result, _ = ask(*(place.get(word, word) for word in words), **known, **given)
    assert region(result) == expected


def test_the_variables_of_the_sdk_count_last(ask, home):
    environment = home(tokyo=TOKYO.replace("region=ap-tokyo-1\n", ""))
    file = environment["HOME"] + "/tokyo"
    result, _ = ask(**environment, OCI_CONFIG_FILE=file, OCI_REGION="ap-osaka-1")
    assert region(result) == "ap-osaka-1"


def test_fields_of_the_environment_count_before_the_profile_and_need_none(ask, home, identity):
    fields = {"OCI_CLI_USER": "ocid1.user.oc1..bbbb", "OCI_CLI_TENANCY": "ocid1.tenancy.oc1..aaaa"}
    fields |= {"OCI_CLI_FINGERPRINT": ":".join(["11"] * 16), "OCI_CLI_KEY_FILE": str(identity[0].parent / "key.pem")}
    expected = "ocid1.tenancy.oc1..aaaa/ocid1.user.oc1..bbbb/" + ":".join(["11"] * 16)
    assert ask(**home(default=API_KEY), **fields)[1] == expected
    assert ask(**home(), **fields, OCI_CLI_REGION="ap-seoul-1", OCI_CLI_CONFIG_FILE="/nowhere")[1] == expected
    content = {"OCI_CLI_KEY_CONTENT": (identity[0].parent / "key.pem").read_text()}
    assert ask(**home(default=API_KEY.replace("KEY", "")), **content)[1] == KEY_ID


def test_a_compartment_is_asked_for_and_no_profile_is_read_without_one(connect, oci):
    result = connect.result("status", status=2, compartment=None, OCI_CLI_CONFIG_FILE="/nowhere")
    assert "--compartment" in result["error"]["message"] and COMPARTMENT not in str(result)
