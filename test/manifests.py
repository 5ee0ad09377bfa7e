"""Build a kustomization as `kubectl kustomize` does, as far as deploy/kubernetes asks for it.

kubectl is not everywhere, and Debian's is too old for these files; where there is one, a test compares the two.
"""

import copy
from pathlib import Path

import yaml

from plugin_process import ROOT

KUBERNETES = ROOT / "deploy/kubernetes"
KUSTOMIZATIONS = sorted(path.parent.name for path in KUBERNETES.glob("*/kustomization.yaml"))
KEYS = {"apiVersion", "kind", "namespace", "labels", "resources", "images", "patches"}


def documents(path: Path) -> list[dict]:
    """Return what is in a YAML file."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def built(name: str) -> list[dict]:
    """Return the manifests of a kustomization."""
    folder = KUBERNETES / name
    (kustomization,) = documents(folder / "kustomization.yaml")
    assert kustomization.keys() <= KEYS, "teach this stand-in first"
    found = []
    for resource in kustomization["resources"]:
        path = (folder / resource).resolve()
        found += built(path.name) if path.is_dir() else documents(path)
    for patch in kustomization.get("patches", []):
        _patch(found, documents(folder / patch["path"]), patch.get("target"))
    for document in found:
        metadata = document["metadata"]
        metadata.update({"namespace": kustomization["namespace"]} if "namespace" in kustomization else {})
        for label in kustomization.get("labels", []):
            metadata["labels"] = metadata.get("labels", {}) | label["pairs"]
        for image in kustomization.get("images", []):
            _tag(document, image["name"], image["newTag"])
    return found


def only(found: list[dict], kind: str, name: str) -> dict:
    """Return the one manifest of a kind and name."""
    (document,) = (each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return document


def _patch(found: list[dict], patch: list, target: dict | None) -> None:
    if target:  # RFC 6902
        document = only(found, target["kind"], target["name"])
        for operation in patch[0]:
            assert operation["op"] == "add"
            *way, last = operation["path"].strip("/").split("/")
            place = document
            for key in way:
                place = place[int(key)] if isinstance(place, list) else place[key]
            place[last] = operation["value"]
    else:
        document = only(found, patch[0]["kind"], patch[0]["metadata"]["name"])
        document.update(_merged(document, patch[0]))


def _merged(old: dict, new: dict) -> dict:
    """Return a strategic merge: lists of what has names are merged by name, and what is new in them comes first."""
    merged = dict(old)
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[key] = _merged(before, value)
        elif isinstance(value, list) and isinstance(before, list):
            named = {each["name"]: each for each in before}
            added = [each for each in value if each["name"] not in named]
            changed = {each["name"]: _merged(named[each["name"]], each) for each in value if each["name"] in named}
            merged[key] = added + [changed.get(each["name"], each) for each in before]
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _tag(value: object, image: str, tag: str) -> None:
    if isinstance(value, dict):
        if value.get("image") == image:
            value["image"] = f"{image}:{tag}"
        for each in value.values():
            _tag(each, image, tag)
    elif isinstance(value, list):
        for each in value:
            _tag(each, image, tag)
