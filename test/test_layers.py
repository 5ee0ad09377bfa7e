"""The core is pure: it imports no network, clock, logger or server."""

import ast
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent.parent / "src/plugin"
PURE = sorted([*PLUGIN.glob("ons/*.py"), *PLUGIN.glob("model/*.py")])
ALLOWED = {
    "__future__", "base64", "binascii", "collections.abc", "cryptography", "cryptography.exceptions",
    "cryptography.hazmat.primitives", "cryptography.hazmat.primitives.asymmetric", "dataclasses", "datetime",
    "dateutil.parser", "enum", "functools", "itertools", "hashlib", "html", "json", "re", "typing",
}  # fmt: skip
OURS = ("plugin.error", "plugin.model", "plugin.ons", "plugin.option")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_pure_module_imports_only_what_is_pure(path):
    assert {name for name in imported(path) if name not in ALLOWED and not name.startswith(OURS)} == set()


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_pure_module_asks_for_no_time(path):
    called = {node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)}
    assert called.isdisjoint({"now", "utcnow", "today", "environ", "open"})
