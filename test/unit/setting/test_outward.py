"""The environment variables that outward calls go by."""

import pytest

from plugin.connector.ons_connector import can_call
from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import outward
from standin.certificates import certificate, pem, rsa_key


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "http://:3128"),
        ("HTTPS_PROXY", "http://proxy:port"),
        ("https_proxy", "proxy:99999"),
        ("ALL_PROXY", "ftp://proxy"),
        ("http_proxy", "socks5://proxy:1080"),
        ("HTTPS_PROXY", "http://pro xy:3128"),
        ("HTTPS_PROXY", "http://a..b:3128"),
        ("HTTPS_PROXY", f"http://{'a' * 70}:3128"),
        ("HTTPS_PROXY", "http://proxy:0"),
        ("HTTPS_PROXY", "http://pro\x01xy:3128"),
        ("NO_PROXY", "localhost,fd00::/8"),
        ("no_proxy", "[::1"),
        ("SSL_CERT_DIR", "/nowhere"),
        ("SSL_CERT_DIR", "/proc/self:/nowhere"),
        ("SSL_CERT_FILE", "/"),
        ("SSL_CERT_FILE", "/nowhere"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_what_would_make_every_call_fail_is_refused_by_name(variable, value, monkeypatch):
    monkeypatch.setenv(variable, value)  # the HTTP client reads NO_PROXY itself
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        outward.check({variable: value}, can_call)
    assert caught.value.name == variable and value not in caught.value.message


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://user:word@proxy", "proxy:3128", "http://[::1]:3128", ""])
def test_proxies_and_authorities_that_can_be_used_are_accepted(proxy, tmp_path):
    authority = tmp_path / "ca.pem"
    key = rsa_key()
    authority.write_bytes(pem(certificate(key, ca=True)))
    outward.check({"HTTPS_PROXY": proxy, "SSL_CERT_FILE": str(authority), "SSL_CERT_DIR": str(tmp_path)}, can_call)
    authority.rename(tmp_path / "0123abcd.0")  # as `openssl rehash` names it
    outward.check({"SSL_CERT_DIR": f"/nowhere:{tmp_path}"}, can_call)


@pytest.mark.parametrize("hosts", ["*", "localhost,127.0.0.1,10.0.0.0/8,.svc,.cluster.local", "::1", "a b", "host:80"])
def test_exceptions_that_can_be_read_are_accepted(hosts, monkeypatch):
    monkeypatch.setenv("NO_PROXY", hosts)
    outward.check({"NO_PROXY": hosts}, can_call)
