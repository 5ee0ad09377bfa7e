"""HTML as a tree whose serializer escapes all texts and attributes (against XSS)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

Child: TypeAlias = "Element | str | Iterable[Child] | None"


def h(tag: str, *children: Child, **attributes: str | bool | None) -> Element:
    """Return an element.

    In names of attributes a final underscore is dropped, and others become hyphens. True is an attribute without a value, False
    and None are omitted.
    """
    element = Element(tag)
    for name, value in attributes.items():
        if value not in (None, False):
            element.set(name.rstrip("_").replace("_", "-"), "" if value is True else str(value))
    _append(element, children)
    return element


def write(page: Element) -> bytes:
    """Return the document."""
    return b"<!doctype html>\n" + tostring(page, encoding="unicode", method="html").encode("utf-8", "replace")


def _append(element: Element, child: Child) -> None:
    if isinstance(child, str):
        if len(element):
            element[-1].tail = (element[-1].tail or "") + child
        else:
            element.text = (element.text or "") + child
    elif isinstance(child, Element):
        element.append(child)
    elif child is not None:
        for each in child:
            _append(element, each)
