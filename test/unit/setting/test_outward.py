"""The environment variables that outward calls go by."""

import pytest

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
        ("SSL_CERT_FILE", "/nowhere"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_what_would_make_every_call_fail_is_refused_by_name(variable, value):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        outward.check({variable: value})
    assert caught.value.name == variable and value not in caught.value.message


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://user:word@proxy", "proxy:3128", "http://[::1]:3128", ""])
def test_proxies_and_authorities_that_can_be_used_are_accepted(proxy, tmp_path):
    authority = tmp_path / "ca.pem"
    key = rsa_key()
    authority.write_bytes(pem(certificate(key, ca=True)))
    outward.check({"HTTPS_PROXY": proxy, "SSL_CERT_FILE": str(authority), "SSL_CERT_DIR": str(tmp_path)})
