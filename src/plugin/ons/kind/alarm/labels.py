"""Labels of the metric streams of an alarm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from plugin.ons import identifiers
from plugin.ons.kind.alarm import dimensions
from plugin.ons.kind.alarm.streams import Stream
from plugin.ons.text import MAX_LINES, shorten_middle

MAX_LABEL = 120  # characters


def label_streams(streams: Sequence[Stream]) -> list[str]:
    """Return a label for each of the first MAX_LINES streams, distinct where the streams differ.

    A label is the resource's name and the part that the metric is about (`web-01, mountPoint /data`). To equal labels, the
    differing dimensions are appended.
    """
    shown = streams[:MAX_LINES]
    by_label: dict[str, list[int]] = defaultdict(list)
    for i, stream in enumerate(shown):
        by_label[_label(stream)].append(i)
    labels = [""] * len(shown)
    for label, places in by_label.items():
        differing = dimensions.find_differing([shown[i].dimensions for i in places]) if len(places) > 1 else []
        for i in places:
            full = ", ".join(filter(None, (label, *dimensions.format_values(shown[i].dimensions, differing))))
            labels[i] = shorten_middle(full, MAX_LABEL)
    return _number_duplicates(labels, shown)


def _label(stream: Stream) -> str:
    """Return the name of a stream and its parts; without a name its parts, else its OCID."""
    known = (stream.name, stream.resource_id, stream.first.metric)
    has_name = stream.name and not identifiers.resource_type(stream.name)
    keys = dimensions.parts_of(stream.dimensions, known, stream.fixed if has_name else ())
    parts = dimensions.format_values(stream.dimensions, keys)
    if has_name:
        return ", ".join((stream.name, *parts))
    return ", ".join(parts) or identifiers.shorten_ocid(stream.name)


def _number_duplicates(labels: Sequence[str], streams: Sequence[Stream]) -> list[str]:
    """Number equal labels of different streams."""
    numbers: dict[str, dict[tuple[tuple[str, str], ...], int]] = defaultdict(dict)
    numbered = []
    for label, stream in zip(labels, streams, strict=True):
        alike = numbers[label]
        number = alike.setdefault(tuple(stream.dimensions.items()), len(alike) + 1)
        numbered.append(f"{label} #{number}" if label and number > 1 else label)
    return numbered
