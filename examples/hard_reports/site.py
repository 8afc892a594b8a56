"""A site: grammar of its numbers, its language and words, and the profile that its data engineer wrote."""

from dataclasses import dataclass, field

import numpy as np
import yaml


@dataclass(frozen=True)
class Site:
    """One laboratory."""

    name: str
    title: str
    languages: tuple[str, ...]
    """Languages of its reports: ``en``, ``de``, ``mixed``; drawn with equal chances."""
    foan_pattern: str
    serial_pattern: str
    report_number: str
    """Template with ``{year}`` and ``{number}``."""
    years: tuple[int, int]
    first_number: int
    first_serial: int
    aliases: tuple[str, ...] = ()
    foan_labels: tuple[str, ...] = ()
    serial_labels: tuple[str, ...] = ()
    columns: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """Own words by language and field; only the profile knows them."""
    causes: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    sub_types: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    sub_types_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Sub-types of its own, by defect class."""
    phrases: dict[str, dict[str, str]] = field(default_factory=dict)
    """Headings and fixed texts of its own, by language and name as in ``words.PHRASES``."""
    serial_letters: str = "ABHKMTX"
    held_out: bool = False
    has_broken_files: bool = False

    def foan(self, number: int, year: int) -> str:
        """The canonical FOAN of a running number."""
        return _fill(self.foan_pattern, number, year, "K")

    def serial(self, number: int) -> str:
        """The canonical serial number of a running number."""
        letters = self.serial_letters[number // 1000 % len(self.serial_letters) :] + self.serial_letters
        return _fill(self.serial_pattern, number, 0, letters)

    def profile_yaml(self) -> str:
        """``site.yaml``, as written from docs/profile.md in ten minutes."""
        foan: dict[str, object] = {"pattern": self.foan_pattern, "years": list(self.years)}
        if self.aliases:
            foan["aliases"] = list(self.aliases)
        else:
            foan["aliases"] = []
        if self.foan_labels:
            foan["labels"] = list(self.foan_labels)
        serial: dict[str, object] = {"pattern": self.serial_pattern}
        if self.serial_labels:
            serial["labels"] = list(self.serial_labels)
        vocabulary = {
            "columns": _both_languages(self.columns),
            "defect_classes": _both_languages(self.causes),
            "sub_types": _both_languages(self.sub_types),
        }
        profile: dict[str, object] = {"site": self.title, "foan": foan, "serial_number": serial}
        words = {name: entries for name, entries in vocabulary.items() if entries}
        if words:
            profile["vocabulary"] = words
        return yaml.safe_dump(profile, allow_unicode=True, sort_keys=False, width=110)


def _both_languages(words: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for entries in words.values():
        for name, listed in entries.items():
            merged.setdefault(name, []).extend(w for w in listed if w not in merged.get(name, []))
    return merged


def _fill(pattern: str, number: int, year: int, letters: str) -> str:
    """Write a running number into a pattern, its last digits into the last field and so on towards the front."""
    parts: list[str] = []
    rest = pattern
    while "{" in rest:
        before, _, behind = rest.partition("{")
        inside, _, rest = behind.partition("}")
        parts += [before, "{" + inside]
    parts.append(rest)
    left = number
    for k in range(len(parts) - 1, -1, -1):
        if not parts[k].startswith("{"):
            continue
        kind, _, width_text = parts[k][1:].partition(":")
        if kind == "year":
            parts[k] = str(year)
        elif kind == "number":
            width = int(width_text.split(".")[-1])
            parts[k] = f"{left % 10**width:0{width}d}"
            left //= 10**width
        else:
            parts[k] = letters[: int(width_text)]
    return "".join(parts)


def draw_year(rng: np.random.Generator, site: Site) -> int:
    """A year in which the site wrote the report at hand."""
    return int(rng.integers(max(site.years[0], 2014), min(site.years[1], 2025)))
