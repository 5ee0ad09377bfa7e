"""The fields of the form, or a sample of the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dateutil.parser import isoparse

from plugin.setting.option import SCHEMA, SETTINGS, Language
from preview.gallery import Sample
from preview.spaceone import Condition

SWITCH = "to"  # the name of the buttons that choose another language
OPTION = "option."  # before an option's name in the name of its field
NO_CONDITION = Condition("", "eq", "")


@dataclass(frozen=True)
class Form:
    """The fields of the form; options are texts by name, without empty ones."""

    language: Language = Language.ENGLISH
    text: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    arrival: str = ""
    condition: Condition = NO_CONDITION

    @property
    def values(self) -> dict[str, Any]:
        """The webhook's options, as SpaceONE would pass them; the language is the page's unless one is chosen."""
        values = {name: SETTINGS[name].decode(text) for name, text in self.options.items()}
        return values if self.language is Language.ENGLISH else {"language": self.language.value, **values}

    @property
    def arrived_at(self) -> datetime | None:
        """The time of arrival: now if empty, None if invalid."""
        if not self.arrival:
            return datetime.now(UTC)
        try:
            at = isoparse(self.arrival)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def submitted(fields: Mapping[str, str]) -> Form:
    """Return the form of the fields that a browser sent."""
    options = {name: fields.get(f"{OPTION}{name}", "").strip() for name in SCHEMA["properties"]}
    return Form(
        language=language(fields.get(SWITCH) or fields.get("language", "")),
        text=fields.get("message", "").replace("\r\n", "\n"),
        options={name: text for name, text in options.items() if text},
        arrival=fields.get("arrival", "").strip(),
        condition=Condition(*(fields.get(name, "").strip() for name in ("key", "operator", "value"))),
    )


def of_sample(sample: Sample, language: Language) -> Form:
    """Return the form filled in with a sample."""
    return Form(language, sample.text, {name: _written(value) for name, value in sample.options.items()}, sample.arrival)


def language(word: str) -> Language:
    """Return the language, by default English."""
    return Language(word) if word in list(Language) else Language.ENGLISH


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
