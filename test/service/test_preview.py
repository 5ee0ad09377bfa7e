"""bin/preview as a process, and its page in a real Chromium: in both languages, on a phone and on a desk, by keyboard."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from corpus.cases import FIXTURES
from plugin_process import ROOT, free_port
from preview.chromium import Chromium
from preview.phrases import PHRASES
from preview.picture import PICTURES
from preview.server import served

PHONE, DESK = 400, 1400  # CSS pixels
FIRING = (FIXTURES / "alarm/firing_compute.json").read_text("utf-8")
HELPERS = """
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = getComputedStyle(each).backgroundColor;
    if (!colour.endsWith(", 0)")) return colour;
  }
  return "rgb(255, 255, 255)";
};
const contrast = (element) => {
  const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
const withText = () => [...document.body.querySelectorAll("*")].filter((each) => isShown(each) &&
  [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
"""


@pytest.fixture(scope="module")
def page():
    """The address of the page."""
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with Chromium() as chromium:
        yield chromium


@pytest.fixture(params=["en", "ko"])
def language(request):
    return request.param


@pytest.fixture(params=[PHONE, DESK])
def width(request, browser):
    browser.resize(request.param, 900)
    return request.param


def focus(browser, selector):
    """Press Tab until an element has the focus; each that has it on the way can be seen to."""
    for _ in range(80):
        browser.press("Tab")
        outline, found = browser.run(
            "const each = document.activeElement, style = getComputedStyle(each);"
            f"return [style.outlineStyle + style.outlineWidth, each.matches({json.dumps(selector)})]"
        )
        assert outline == "solid3px"
        if found:
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def submit(browser, key="Enter"):
    with browser.loading():
        browser.press(key)


@pytest.mark.parametrize("case", ["", "alarm/firing_compute", "alarm/separate_warning_korean", "refused/foreign"])
def test_the_page_is_readable(browser, page, width, language, case):
    browser.open(f"{page}/?language={language}&case={case}")
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.run("return document.scrollingElement.scrollWidth") == width
    faint = browser.run(HELPERS + "return withText().filter((each) => contrast(each) < 4.5).map((each) => each.outerHTML)")
    assert faint == []
    small = browser.run(HELPERS + "return withText().filter((each) => parseFloat(getComputedStyle(each).fontSize) < 12).length")
    assert small == 0
    beyond = (
        "return withText().filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML)"
    )
    assert browser.run(HELPERS + beyond) == []
    nameless = "return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(e => !e.labels.length).length"
    assert browser.run(nameless) == 0
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))
    elsewhere = (
        "return performance.getEntriesByType('resource').filter((each) => !each.name.startsWith(location.origin)).length"
    )
    assert browser.run(elsewhere) == 0


def test_the_page_is_used_by_keyboard(browser, page, width, language):
    phrases = PHRASES[language]
    browser.open(f"{page}/?language={language}")
    focus(browser, "textarea")
    browser.write(FIRING)
    focus(browser, "button.main")
    submit(browser)
    assert browser.run("return document.querySelector('.alert h3').textContent") == "High CPU Usage Alert (web-server-01)"
    assert browser.run("return document.documentElement.lang") == language
    assert browser.run("return document.querySelector('textarea').value") == FIRING
    text = "const text = document.querySelector('.description');"
    lines = text + "return text.clientHeight / parseFloat(getComputedStyle(text).lineHeight)"
    assert round(browser.run(lines)) == 5
    focus(browser, "button.unfold")
    browser.press(" ")
    assert round(browser.run(lines)) > 5
    state = "const each = document.activeElement; return [each.textContent, each.getAttribute('aria-expanded')]"
    assert browser.run(state) == [phrases.fold, "true"]
    browser.press("Enter")
    assert browser.run(state) == [phrases.unfold, "false"]
    focus(browser, "#key")
    browser.write("additional_info.namespace")
    focus(browser, "#value")
    browser.write("oci_computeagent")
    submit(browser)
    assert browser.run("return document.querySelector('.tried p').textContent") == phrases.matches
    assert browser.run("return [location.hash, location.search]") == ["#rules", ""]


def test_enter_in_a_field_keeps_the_language_and_the_switch_keeps_the_message(browser, page):
    browser.resize(DESK, 900)
    browser.open(f"{page}/?language=ko&case=alarm/firing_compute_korean")
    browser.run("document.getElementById('option.account').focus()")
    browser.write("acme")
    submit(browser)
    assert browser.run("return document.documentElement.lang") == "ko"
    assert '"account": "acme"' in browser.run("return document.querySelector('.raw').textContent")
    browser.run("document.querySelector('.languages [value=en]').focus()")
    submit(browser)
    assert browser.run("return document.documentElement.lang") == "en"
    assert '"account": "acme"' in browser.run("return document.querySelector('.raw').textContent")
    assert "웹 서버" in browser.run("return document.querySelector('.alert h3').textContent")


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: json.dumps({"title": text, "body": text, text: text})])
def test_nothing_that_is_pasted_runs(browser, page, wrap):
    text = (
        "</textarea></code></script><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
        "<svg onload='window.hit = 3'><a href=javascript:window.hit=4 autofocus onfocus='window.hit = 5'>"
        "<form action=https://evil.example><input name=message></form>"
    )
    browser.open(page)
    harmless = browser.run("return document.querySelectorAll('script, img, form, svg').length")
    browser.run(f"document.querySelector('textarea').value = {json.dumps(wrap(text))}")
    with browser.loading():
        browser.run("document.querySelector('button.main').click()")
    assert text[:40] in browser.run("return document.querySelector('.alert').textContent")
    assert browser.run("return window.hit ?? null") is None
    assert browser.run("return document.querySelectorAll('script, img, form, svg').length") == harmless


def test_another_site_cannot_show_the_page_or_post_to_it(browser, page):
    content = "data:text/html," + f"<form method=post action={page}/><input name=message value=secret></form>"
    browser.open(content)
    with browser.loading():
        browser.run("document.forms[0].submit()")
    assert browser.run("return document.body.textContent.trim()") == "this form belongs to another site"
    browser.open(f"data:text/html,<iframe src={page}></iframe>")
    assert browser.run("return frames[0].length") == 0
    assert "Alert preview" not in browser.run("return document.documentElement.innerHTML")


@pytest.mark.parametrize("file", PICTURES)
def test_a_picture_of_the_documentation_is_small(file):
    content = (ROOT / file).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 100_000


def test_the_command_serves_here_alone_writes_nothing_down_and_ends_with_ctrl_c():
    port = free_port()
    address, command = f"http://127.0.0.1:{port}", [ROOT / "bin/preview", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line == f"{address}/ shows the page; Ctrl-C ends it.\n"
            for text in ('{"title": "secret"}', "secret", '{"secret": 1}', '{"title": "secret", "status": "OK"}'):
                data = {"message": text, "option.provider": "secret secret", "option.secret": "secret"}
                assert httpx.post(address, data=data, timeout=30).status_code == 200
            with socket.create_connection(("127.0.0.1", port)) as broken:
                broken.sendall(b"POST / HTTP/1.1 secret\r\nsecret\r\n\r\n")
                broken.recv(100)
            proc = Path(f"/proc/{process.pid}")
            files = [os.readlink(each) for each in (proc / "fd").iterdir()]
            listening = (proc / "net/tcp").read_text() + (proc / "net/tcp6").read_text()
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert time.monotonic() - begun < 5
    assert (process.returncode, rest) == (0, "")
    assert [file for file in files if file.startswith("/") and not file.startswith("/dev/")] == []
    assert re.findall(rf"^ *\d+: (\w+):{port:04X} \w+:0000 0A", listening, re.MULTILINE) == ["0100007F"]


def test_a_port_that_is_taken_is_said_to_be():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run([ROOT / "bin/preview", "--port", str(port)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"port {port} is taken")
