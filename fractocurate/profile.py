"""A site's grammar, vocabulary, columns and languages: one YAML file, checked before any work starts.

Everything has a default, so a profile states only what its site does differently. ``profiles/default.yaml`` holds
the defaults with comments and is the best place to start from.
"""

import hashlib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from data_contracts.errors import BadInputError
from data_contracts.identifiers import Grammar
from data_contracts.vocabulary import DefectClass, MatchingMode


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IdentifierSettings(_Section):
    """How one kind of identifier is written at the site."""

    pattern: str
    """See ``data_contracts.identifiers``, e.g. ``FA-{year}-{number:4}``."""
    aliases: tuple[str, ...] = ()
    """Other spellings of the prefix, e.g. ``[FOAN, FOA]``."""
    labels: tuple[str, ...] = ()
    """Words that announce it in running text and in names, e.g. ``[SN, Serial no.]``."""
    years: tuple[int, int] = (1990, 2049)
    """First and last year that ``{year}`` accepts; shorter than a century, so that two digits are enough."""

    @cached_property
    def grammar(self) -> Grammar:
        """The grammar itself."""
        return Grammar(self.pattern, self.aliases, *self.years)

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        Grammar(pattern)
        return pattern

    @field_validator("years")
    @classmethod
    def _is_a_range_of_years(cls, years: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= years[1] - years[0] < 100:
            raise ValueError(f"first and last year, at most a century: [1990, 2049], not {list(years)}")
        return years


class VocabularySettings(_Section):
    """Words of the site's reports and what they mean. Compared without case, accents' form, and punctuation."""

    columns: dict[str, tuple[str, ...]]
    """Name of a column of ``fracture_instances`` -> headers and keys that announce it."""
    defect_classes: dict[DefectClass, tuple[str, ...]]
    sub_types: dict[str, tuple[str, ...]]
    cause_phrases: tuple[str, ...]
    """What announces a cause in a sentence, beside the words for the column: ``caused by``."""
    revision_words: tuple[str, ...]
    """Words that call a report a revision of an earlier one."""

    @field_validator("columns")
    @classmethod
    def _knows_its_columns(cls, columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        known = _defaults()["vocabulary"]["columns"]
        if unknown := sorted(set(columns) - set(known)):
            raise ValueError(f"no such column: {', '.join(unknown)}; there are {', '.join(known)}")
        return columns


class LabelColumns(_Section):
    """Columns of a table of labels (``fracto ingest --labels``). The first name that the table has is taken."""

    file_name: tuple[str, ...]
    defect_class: tuple[str, ...]
    magnification: tuple[str, ...]
    foan: tuple[str, ...]
    serial_number: tuple[str, ...]
    sub_type: tuple[str, ...]
    fracture_load_kn: tuple[str, ...]


class MatchingSettings(_Section):
    """The ladder from names to fracture instances (Schmid et al., section 2.2)."""

    mode: MatchingMode = MatchingMode.GUARDED
    threshold: Annotated[float, Field(ge=0.5, le=1.0)] = 0.9
    """Smallest Levenshtein similarity of a fuzzy match, on the normalised FOAN."""
    margin: Annotated[float, Field(ge=0.0, le=0.5)] = 0.05
    """Guarded: how much better the best fuzzy candidate must be than the runner-up."""
    min_witnesses: Annotated[int, Field(ge=1, le=2)] = 1
    """Guarded: witnesses that a link needs. 2: a FOAN that the file name, the folder, the serial number, the bar, a tag
    or a picture in a report states alone links nothing and goes to review."""
    partial_serial_digits: Annotated[int, Field(ge=3)] = 4
    """Shortest part of a serial number that may break a tie."""


class OcrSettings(_Section):
    """How Tesseract is called."""

    languages: tuple[str, ...] = ("eng", "deu")
    """Tesseract's language codes for reports; each needs its language pack."""
    data_bar_languages: tuple[str, ...] = ("eng",)
    """The same for data bars, which hold numbers and abbreviations; each further language costs as much time again."""
    dpi: Annotated[int, Field(ge=100, le=600)] = 300
    """Resolution at which report pages without a text layer are rendered."""
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    """Longest time for one page or one data bar."""


class Profile(_Section):
    """All settings of one site."""

    site: str = "default"
    foan: IdentifierSettings
    serial_number: IdentifierSettings
    vocabulary: VocabularySettings
    labels: LabelColumns
    matching: MatchingSettings = MatchingSettings()
    ocr: OcrSettings = OcrSettings()
    ignore: tuple[str, ...] = ()
    """Glob patterns of archive paths to leave out, e.g. ``**/old/**``."""
    nominal_magnifications: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Steps to which a magnification that was read is snapped if it is near one, e.g. ``[50, 100, 250]``. Instruments
    print 51 where the operator chose 50; without steps the printed value stays."""
    max_megapixels: Annotated[float, Field(gt=0)] = 400.0
    """Images that claim to be larger are refused before decoding."""

    def fingerprint(self, *sections: str) -> str:
        """Hash of the named sections, or of all: a change of it makes the work that rests on them pending."""
        content = self.model_dump_json(include=set(sections) or None)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def load_profile(path: Path | None) -> Profile:
    """Read a profile, laid over the defaults; mappings merge, lists replace.

    Synonyms under ``vocabulary`` are the exception: a site's words are added to the built-in ones.

    Raises:
        BadInputError: the file is missing, no YAML, or breaks a rule; all problems are listed at once.
    """
    defaults = _defaults()
    if path is None:
        return Profile.model_validate(defaults)
    try:
        given = yaml.safe_load(path.read_text("utf-8")) or {}
    except OSError as error:
        raise BadInputError(f"{path}: cannot read the profile: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: not a YAML file: {error}") from error
    if not isinstance(given, dict):
        raise BadInputError(f"{path}: a profile is a mapping such as 'foan: {{pattern: FA-{{year}}-{{number:4}}}}'")
    try:
        return Profile.model_validate(_merge(defaults, given))
    except ValidationError as error:
        problems = "\n".join(
            f"  {'.'.join(map(str, e['loc'])) or 'profile'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise BadInputError(f"{path}: the profile has {error.error_count()} problem(s):\n{problems}") from error


def _defaults() -> dict[str, Any]:
    text = (resources.files("fractocurate") / "profiles/default.yaml").read_text("utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


def _merge(base: dict[str, object], given: dict[str, object], *, add_lists: bool = False) -> dict[str, object]:
    merged = dict(base)
    for key, value in given.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(old, value, add_lists=add_lists or key == "vocabulary")
        elif add_lists and isinstance(old, list) and isinstance(value, list):
            merged[key] = [*value, *(v for v in old if v not in value)]
        else:
            merged[key] = value
    return merged
