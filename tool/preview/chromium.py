"""A headless Chromium for screenshots and tests, controlled over a pipe.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

COMMANDS = ("chromium", "google-chrome", "chromium-browser")
TIMEOUT = 30.0  # seconds for an answer
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--font-render-hinting=none",
    "--hide-scrollbars",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no network
)
KEY_CODES = {  # key -> its Windows key code, and its text
    "Tab": (9, ""),
    "Enter": (13, "\r"),
    " ": (32, " "),
}


class Chromium:
    """One page. Use it as a context manager."""

    def __init__(self) -> None:
        """Raise FileNotFoundError where there is no browser."""
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        reads, self._out = os.pipe()
        self._in, writes = os.pipe()
        flags = [*FLAGS, f"--user-data-dir={self._folder.name}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        # It reads from descriptor 3 and writes to 4.
        line = ["bash", "-c", f'exec "$@" 3<&{reads} 4>&{writes}', "bash", _command(), *flags]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(line, pass_fds=(reads, writes), stdin=quiet, stdout=quiet, stderr=quiet)
        os.close(reads)
        os.close(writes)
        self._ids, self._received, self._events = itertools.count(1), b"", list[str]()
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self.call("Page.enable")

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def resize(self, width: int, height: int, scale: float = 1.0) -> None:
        """Set the viewport in CSS pixels; `scale` is the device pixel ratio."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def open(self, url: str) -> None:
        """Open a URL, and wait until it is loaded."""
        with self.loading():
            self.call("Page.navigate", url=url)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Wait, at the end of the context, until the page is loaded."""
        self._events.clear()
        yield
        end = time.monotonic() + TIMEOUT
        while "Page.loadEventFired" not in self._events:
            self._receive(end)

    def run(self, script: str) -> Any:
        """Return the JSON value that a function body returns."""
        answer = self.call("Runtime.evaluate", expression=f"(() => {{{script}}})()", returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key of KEY_CODES."""
        code, text = KEY_CODES[key]
        stroke = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **stroke)
        self.call("Input.dispatchKeyEvent", type="keyUp", **stroke)

    def write(self, text: str) -> None:
        """Type a text into the focused element."""
        self.call("Input.insertText", text=text)

    def picture(self, selector: str = "html", *, until: str = "", margin: int = 0) -> bytes:
        """Return a PNG screenshot of an element, or of its part above another element."""
        x, y, width, height = self._box(selector)
        if until:
            height = self._box(until)[1] - y
        clip = {"x": x - margin, "y": y - margin, "width": width + 2 * margin, "height": height + margin, "scale": 1}
        clip["height"] += 0 if until else margin
        answer = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def _box(self, selector: str) -> list[float]:
        script = f"const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        found: list[float] = self.run(script + "return [box.x + scrollX, box.y + scrollY, box.width, box.height]")
        return found

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer to a call of the protocol."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + TIMEOUT
        while (answer := self._receive(end)).get("id") != number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self, end: float) -> dict[str, Any]:
        """Return the next message; keep the name of an event."""
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(self._in, 1 << 16) if ready else b""
            if not piece:
                raise TimeoutError("Chromium does not answer")
            self._received += piece
        text, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._events += filter(None, [message.get("method")])
        return message


def _command() -> str:
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    if found is None:
        raise FileNotFoundError("no Chromium")
    return found
