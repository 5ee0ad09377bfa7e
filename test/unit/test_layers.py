"""The packages of the plugin: which may import which, and which alone do I/O."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("plugin/**/*.py")
}
PURE = sorted(name for name in MODULES if name.startswith(("plugin.ons", "plugin.model", "plugin.setting.option")))
PURE_LIBRARIES = {
    "__future__", "base64", "collections", "collections.abc", "contextlib", "cryptography", "cryptography.exceptions",
    "cryptography.hazmat.primitives", "cryptography.hazmat.primitives.asymmetric", "dataclasses", "datetime",
    "dateutil.parser", "enum", "functools", "itertools", "hashlib", "html", "importlib", "json", "jsonschema", "math", "re", "typing",
}  # fmt: skip
PURE_PLACES = ("plugin.error", "plugin.model", "plugin.ons", "plugin.setting")
PACKAGES = {  # package -> the packages it may import
    "error": set(),
    "model": set(),
    "setting": {"error"},
    "ons": {"error", "model", "setting"},
    "observe": {"error", "model", "ons", "setting"},
    "connector": {"error", "model", "observe", "ons", "setting"},
    "manager": {"connector", "error", "model", "observe", "ons", "setting"},
    "service": {"manager", "model", "ons"},
    "interface": {"error", "manager", "model", "observe", "ons", "service", "setting"},
    "loop": {"observe"},
    "server": {"error", "interface", "loop", "observe", "setting"},
    "app": {"connector", "error", "interface", "manager", "observe", "ons", "server", "service", "setting"},
    "relay": {"connector", "error", "interface", "loop", "manager", "observe", "ons", "setting"},
    "main": {"app"},
    "__main__": {"app"},
}
OUTBOUND = {"httpx", "redis", "requests", "socket", "urllib.request"}
READS_ENVIRONMENT = {"plugin", "plugin.app", "plugin.relay.__main__"}


def tree(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(module):
    """Yield the names of the modules that a module imports, `from package import module` as the module."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            submodules = {f"{node.module}.{name.name}" for name in node.names} & MODULES.keys()
            yield from submodules or {node.module}


def package(module):
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_only_what_is_pure(module):
    assert {name for name in imported(module) if name not in PURE_LIBRARIES and not name.startswith(PURE_PLACES)} == set()


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_asks_for_no_time(module):
    called = {node.attr for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}
    assert called.isdisjoint({"now", "utcnow", "today", "environ", "open"})


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_package_imports_only_those_below_it(module):
    if package(module):
        packages = {package(name) for name in imported(module) if name in MODULES} - {"", package(module)}
        assert packages <= PACKAGES[package(module)]


def test_there_is_no_circle_of_imports():
    graph = {module: {name for name in imported(module) if name in MODULES and name != module} for module in MODULES}
    order = tuple(TopologicalSorter(graph).static_order())
    assert order[-1] in {"plugin.main", "plugin.__main__", "plugin.relay.__main__"}


def test_only_app_and_relay_read_the_environment():
    readers = {
        m for m in MODULES if any(isinstance(n, ast.Attribute) and n.attr in {"environ", "getenv"} for n in ast.walk(tree(m)))
    }
    assert readers == READS_ENVIRONMENT


def test_only_connectors_and_the_relays_delivery_call_out():
    outbound = {module for module in MODULES if OUTBOUND & set(imported(module))} - {"plugin.interface.http"}  # it only listens
    assert outbound <= {"plugin.connector.ons_connector", "plugin.connector.redis_memory", "plugin.relay.delivery"}


def test_the_struct_reader_does_not_import_the_ons_reader():
    assert not {name for name in imported("plugin.interface.grpc.struct") if name.startswith("plugin.ons")}
