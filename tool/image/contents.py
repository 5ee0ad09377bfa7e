"""What an image holds, read from its layers."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

# Forbidden in any layer, with the patterns of their paths.
ABSENT = {
    "pip": r".*/(pip|pip-[\d.]+[^/]*|ensurepip)(/.*)?",
    "setuptools": r".*/(setuptools|setuptools-[\d.]+[^/]*|pkg_resources)(/.*)?",
    "compiler": r".*/bin/(.*-)?(cc|gcc|g\+\+|c\+\+|clang|make|ld|as)(-[\d.]+)?",
    "tests and tools of this repository": r".*/site-packages/(plugin/(.*/)?tests?|test|conftest\.py|client\.py)(/.*)?",
    "what was copied to build it": r"(tmp|opt/build)/.+",
}
INSTALLED = re.compile(r"opt/plugin/lib/python[\d.]+/site-packages/([^/]+)-([^/-]+)\.dist-info/METADATA")
DPKG_STATUS = "var/lib/dpkg/status"
MB = 1_000_000
WIDTH = 112


def show(layers: Iterable[Path], labels: Mapping[str, str]) -> bool:
    """Print layers, size, packages and labels; return whether no layer has anything of ABSENT."""
    files: dict[str, int] = {}
    debian = 0
    for i, layer in enumerate(layers, 1):
        with tarfile.open(layer) as archive:
            members = {member.name.removeprefix("./"): member for member in archive}
            if DPKG_STATUS in members and (status := archive.extractfile(members[DPKG_STATUS])):
                debian = status.read().count(b"\nStatus: install ok installed\n")
        size = sum(member.size for member in members.values())
        print(f"  layer {i}: {size / MB:.0f} MB, {len(members)} files below /{_common(members)}")
        files |= {name: member.size for name, member in members.items()}
    print(f"  size: {sum(files.values()) / MB:.0f} MB")
    packages = sorted(f"{match[1]} {match[2]}" for name in files if (match := INSTALLED.fullmatch(name)))
    print(f"  {debian} packages of Debian; {len(packages)} Python packages:")
    _print_list(packages)
    for key, value in sorted(labels.items()):
        print(f"  {key}={value}")
    found = {what: sorted(name for name in files if re.fullmatch(path, name)) for what, path in ABSENT.items()}
    for what, names in found.items():
        print(f"  {what}: {'none' if not names else ', '.join(names[:5])}")
    return not any(found.values())


def _common(names: Iterable[str]) -> str:
    tops = {name.split("/")[0] for name in names}
    return tops.pop() if len(tops) == 1 else ""


def _print_list(words: Iterable[str]) -> None:
    line = "   "
    for word in words:
        if len(line) + len(word) > WIDTH:
            print(line)
            line = "   "
        line += f" {word},"
    print(line.rstrip(","))
