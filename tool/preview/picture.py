"""Make the screenshots of the documentation with Chromium."""

from __future__ import annotations

from plugin_process import ROOT
from preview.chromium import Chromium
from preview.server import served

PICTURES = {  # file -> the sample in it, and the language
    "docs/alert.png": ("alarm/firing_compute", "en"),
    "docs/alert-ko.png": ("alarm/firing_compute_korean", "ko"),
}
CUT = ".info tbody tr:nth-child(4)"  # the table goes on
WIDTH, SCALE = 640, 1.2  # CSS pixels; a picture has SCALE times as many
MARGIN = 8


def draw_all() -> None:
    """Write each picture."""
    with served() as address, Chromium() as browser:
        browser.resize(WIDTH, 1000, SCALE)
        for file, (case, language) in PICTURES.items():
            browser.open(f"{address}/?case={case}&language={language}")
            (ROOT / file).write_bytes(browser.picture(".alert", until=CUT, margin=MARGIN))
            print(file)
