"""Read the pages of the documentation: their headings, tables, code blocks and the commands in them."""

from __future__ import annotations

import re
from pathlib import Path

from plugin_process import ROOT

DOCS = ROOT / "docs"
README, KOREAN_README = ROOT / "README.md", ROOT / "README.ko.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
KOREAN = sorted((DOCS / "ko").glob("*.md"))
TRANSLATED = [(english if (english := DOCS / "en" / page.name).exists() else DOCS / page.name, page) for page in KOREAN]


def both(name: str) -> list[Path]:
    """Return a guide's page in English and in Korean."""
    return [DOCS / language / f"{name}.md" for language in ("en", "ko")]


GUIDES, OPERATOR_GUIDES = both("GUIDE"), both("OPERATOR")
SOURCES, ALERTS, TROUBLESHOOTING = both("sources"), both("alerts"), both("troubleshooting")
USER_GUIDES = [*GUIDES, *SOURCES, *ALERTS, *TROUBLESHOOTING, *both("spacectl")]
COMMANDS = ("bin/", "IMAGE=", "SPACEONE_WEBHOOK_URL=", "docker ", "helm ", "kubectl ", "oci ", "spacectl ")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def without_code(page: Path) -> str:
    """Return the text of a page without its code blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(page: Path, first_header: str) -> list[list[str]]:
    """Return the rows of the tables whose first column has this header: cells without their outer spaces."""
    rows, wanted = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        wanted = bool(cells) and (wanted or cells[0] == first_header)
        if wanted and cells[0] != first_header and set(cells[0]) != {"-"}:
            rows.append(cells)
    assert rows, f"{name(page)} has no table of {first_header}"
    return rows


def code(cell: str) -> str:
    """Return the first word in code style of a cell, else the first word."""
    return (re.match(r"`([^`]+)`", cell) or re.match(r"(\w+)", cell))[1]


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def typed(page: Path) -> list[str]:
    """Return the commands in a page's code blocks, without comments."""
    lines = page.read_text(encoding="utf-8").splitlines()
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [line for line in stripped if line.startswith(COMMANDS)]
