"""The invented sites: grammar of numbers, language, own words, and the profile that their data engineer wrote."""

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


SITES: tuple[Site, ...] = (
    Site(
        name="nordkeramik",
        title="Nordkeramik GmbH, Werkstofflabor",
        languages=("de", "de", "en"),
        foan_pattern="FA-{year}-{number:4}",
        serial_pattern="{number:6}",
        report_number="PB {year}/{number}",
        years=(2010, 2030),
        first_number=361,
        first_serial=204_180,
        foan_labels=("FOAN", "Bruchanalyse"),
        serial_labels=("Seriennummer", "Serien-Nr.", "S/N"),
        columns={"de": {"fracture_load_kn": ("Höchstkraft",), "component_id": ("Rohling",)}},
        causes={"de": {"material": ("Gefügefehler",)}, "en": {"material": ("microstructural flaw",)}},
        sub_types={"de": {"pore": ("Großpore",)}},
        has_broken_files=True,
    ),
    Site(
        name="brookfield",
        title="Brookfield Ceramics Ltd, Failure Analysis",
        languages=("en",),
        foan_pattern="BR/{year}/{number:5}",
        serial_pattern="{letters:2}{number:6}",
        report_number="TR-{number}-{year}",
        years=(2005, 2049),
        first_number=417,
        first_serial=120_455,
        aliases=("FB",),
        foan_labels=("job", "BR no."),
        serial_labels=("S/N", "serial no."),
        columns={
            "en": {"foan": ("Job",), "fracture_load_kn": ("Proof load at break",), "sub_type": ("Origin feature",)}
        },
        causes={"en": {"material": ("foreign phase",), "hard_machining": ("abusive grinding",)}},
        sub_types={"en": {"inclusion": ("metal particle",), "needle_cluster": ("needle cluster",)}},
        sub_types_of={"material": ("needle_cluster",)},
    ),
    Site(
        name="lakeview",
        title="Lakeview Test House",
        languages=("en", "en", "mixed"),
        foan_pattern="{year}-{number:5}",
        serial_pattern="{letters:1}-{number:5}",
        report_number="LV/R/{number}",
        years=(2008, 2030),
        first_number=7_102,
        first_serial=30_764,
        foan_labels=("case no.", "FOAN"),
        serial_labels=("S/N", "serial number", "Seriennummer"),
        columns={"en": {"foan": ("Case no.",), "defect_class": ("Verdict",)}},
        causes={"en": {"green_body": ("shaping flaw",), "unknown": ("no verdict possible",)}},
    ),
    Site(
        name="kb_werk",
        title="KB Werk Süd, Prüffeld",
        languages=("de",),
        foan_pattern="KB{number:6}",
        serial_pattern="{number:4}-{number:3}",
        report_number="UB-{number}/{year}",
        years=(2000, 2040),
        first_number=218_340,
        first_serial=4_417_120,
        foan_labels=("Vorgang", "KB-Nr."),
        serial_labels=("Teilenummer", "Serien-Nr."),
        columns={
            "de": {"foan": ("Vorgang", "KB-Nr."), "serial_number": ("Teilenummer",), "sub_type": ("Erscheinungsbild",)}
        },
        causes={"de": {"hard_machining": ("Schleifbrand",), "green_body": ("Rohlingsfehler",)}},
        sub_types={"de": {"binder_residue": ("Bindernest",), "scratch": ("Spannspur",)}},
        sub_types_of={"green_body": ("binder_residue",)},
    ),
    Site(
        name="quarto",
        title="Quarto Advanced Materials",
        languages=("en", "de", "mixed"),
        foan_pattern="Q{year}.{number:3}",
        serial_pattern="P{number:2}-{number:4}",
        report_number="QAM {year}-{number}",
        years=(2012, 2029),
        first_number=118,
        first_serial=241_870,
        foan_labels=("Q number", "Q-Nummer"),
        serial_labels=("serial", "Seriennummer", "S/N"),
        columns={
            "en": {"foan": ("Q number",), "fracture_load_kn": ("Ultimate force",)},
            "de": {"foan": ("Q-Nummer",), "fracture_load_kn": ("Höchstlast",)},
        },
        sub_types={"en": {"grinding_groove": ("feed mark",)}, "de": {"grinding_groove": ("Vorschubmarke",)}},
    ),
    Site(
        name="aurum",
        title="Aurum Institute for Structural Ceramics",
        languages=("mixed", "en", "de"),
        foan_pattern="LAB.{year}.{letters:1}{number:3}",
        serial_pattern="{number:8}",
        report_number="A-{number}.{year}",
        years=(2011, 2035),
        first_number=204,
        first_serial=88_104_236,
        foan_labels=("lab no.", "Labor-Nr.", "FOAN"),
        serial_labels=("S/N", "Serien-Nr.", "serial no."),
        columns={"en": {"foan": ("Lab no.",)}, "de": {"foan": ("Labor-Nr.",), "defect_class": ("Ausgangsfehler",)}},
        causes={"en": {"green_body": ("powder defect",)}, "de": {"green_body": ("Pulverfehler",)}},
    ),
    Site(
        name="veldhoven",
        title="Veldhoven Technical Ceramics BV",
        languages=("en", "en", "mixed"),
        foan_pattern="VF{year}/{number:4}",
        serial_pattern="{letters:3}-{number:4}-{number:1}",
        report_number="R{number}",
        years=(2009, 2032),
        first_number=871,
        first_serial=52_118,
        foan_labels=("VF no.", "FOAN"),
        serial_labels=("S/N", "serial number", "Seriennummer"),
        columns={"en": {"foan": ("VF no.",), "instance_tag": ("Shard",), "defect_class": ("Attributed to",)}},
        causes={"en": {"material": ("sintering flaw",), "hard_machining": ("edge preparation damage",)}},
        sub_types={"en": {"snowflake": ("snowflake",)}},
        sub_types_of={"material": ("snowflake",)},
        serial_letters="GRTPLAB",
        held_out=True,
    ),
    Site(
        name="sternwarte",
        title="Keramiklabor Sternwarte, Abt. 4",
        languages=("de",),
        foan_pattern="{number:4}/{year}",
        serial_pattern="{letters:1}{number:7}",
        report_number="Gutachten {number}",
        years=(2010, 2030),
        first_number=1_280,
        first_serial=7_403_118,
        foan_labels=("Aktenzeichen", "Az."),
        serial_labels=("Serien-Nr.", "Fabriknummer"),
        columns={
            "de": {"foan": ("Aktenzeichen", "Az."), "serial_number": ("Fabriknummer",), "sub_type": ("Fehlerbild",)}
        },
        causes={"de": {"material": ("Sinterfehler",), "unknown": ("ohne Befund",)}},
        sub_types={"de": {"chipping": ("Muschelbruch",)}},
        serial_letters="WVUTSRN",
        held_out=True,
    ),
)
