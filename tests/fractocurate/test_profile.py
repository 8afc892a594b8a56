"""A site's profile: defaults, what it adds and replaces, and every mistake in it at once."""

from pathlib import Path

import pytest

from data_contracts.errors import BadInputError
from data_contracts.vocabulary import DefectClass, MatchingMode
from fractocurate.profile import Profile, load_profile


def _load(tmp_path: Path, text: str) -> Profile:
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return load_profile(path)


def test_defaults_stand_without_a_profile_and_under_an_empty_one(tmp_path: Path) -> None:
    """Every setting has a default."""
    default = load_profile(None)
    assert default.matching.mode is MatchingMode.GUARDED
    assert default.foan.grammar.is_valid("FOAN-2020-0001")
    assert set(default.vocabulary.defect_classes) == set(DefectClass)
    assert _load(tmp_path, "") == _load(tmp_path, "{}") == _load(tmp_path, "# nothing\n") == default


def test_mappings_merge_and_lists_replace(tmp_path: Path) -> None:
    """What a profile does not name keeps its default."""
    default = load_profile(None)
    profile = _load(tmp_path, "foan: {aliases: [BR]}\nocr: {languages: [fra]}\nmatching: {mode: paper}\n")
    assert profile.foan.aliases == ("BR",)
    assert profile.foan.pattern == default.foan.pattern
    assert (profile.ocr.languages, profile.ocr.dpi) == (("fra",), default.ocr.dpi)
    assert profile.matching == default.matching.model_copy(update={"mode": MatchingMode.PAPER})


def test_words_of_the_vocabulary_are_added(tmp_path: Path) -> None:
    """A site's own words come first, the built-in ones stay, none stands twice."""
    default = load_profile(None)
    profile = _load(
        tmp_path,
        "vocabulary:\n  defect_classes: {material: [Fremdphase, pore, material]}\n  revision_words: [Neuausgabe]\n"
        "  columns: {foan: [Akte]}\n  sub_types: {dendrite: [dendrite]}\n",
    )
    material = profile.vocabulary.defect_classes[DefectClass.MATERIAL]
    assert material[:3] == ("Fremdphase", "pore", "material")
    assert set(default.vocabulary.defect_classes[DefectClass.MATERIAL]) < set(material)
    assert len(set(material)) == len(material)
    assert profile.vocabulary.revision_words[0] == "Neuausgabe"
    assert profile.vocabulary.columns["foan"][0] == "Akte"
    assert set(default.vocabulary.sub_types) < set(profile.vocabulary.sub_types)
    assert profile.vocabulary.defect_classes[DefectClass.UNKNOWN] == default.vocabulary.defect_classes["unknown"]


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("fonn: {pattern: x}", ["fonn: Extra inputs are not permitted"]),
        ("foan: {patern: x}", ["foan.patern: Extra inputs"]),
        ("foan: {pattern: FOAN}", ["foan.pattern: 'FOAN' has no field"]),
        ("foan: {pattern: 'FOAN-{jahr}'}", ["foan.pattern: ", "fields are {year}"]),
        ("foan: {pattern: 'FOAN-{number'}", ["foan.pattern: "]),
        ("foan: {years: [1900, 2049]}", ["foan.years: first and last year"]),
        ("foan: {years: [2049, 1990]}", ["foan.years: first and last year"]),
        ("matching: {threshold: 1.5, mode: bold}", ["matching.threshold: ", "matching.mode: ", "2 problem(s)"]),
        (
            "ocr: {dpi: 10, timeout_s: 0}\nmax_megapixels: -1",
            ["ocr.dpi", "ocr.timeout_s", "max_megapixels", "3 problem"],
        ),
        ("vocabulary: {defect_classes: {gremlin: [x]}}", ["vocabulary.defect_classes"]),
        ("vocabulary: {columns: {fone: [x]}}", ["vocabulary.columns: no such column: fone; there are foan, serial"]),
        ("vocabulary: {columns: {foan: Akte}}", ["vocabulary.columns.foan"]),
        ("vocabulary: nothing", ["vocabulary: "]),
        ("labels: {file_name: 3}", ["labels.file_name"]),
        ("1: x", ["1 problem"]),
    ],
)
def test_all_problems_are_listed_by_their_place(text: str, complaints: list[str], tmp_path: Path) -> None:
    """A misspelt setting is never silently left out, and nobody corrects mistakes one by one."""
    with pytest.raises(BadInputError) as caught:
        _load(tmp_path, text)
    for complaint in (*complaints, "site.yaml: the profile has"):
        assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "text", ["foan: [", "a: b: c", "\tx: 1", "- a\n- b", "just words", "!!python/object:os.system {}"]
)
def test_what_is_no_mapping_in_yaml_is_refused(text: str, tmp_path: Path) -> None:
    """Torn YAML, lists, texts and anything that would run code."""
    with pytest.raises(BadInputError, match=r"site\.yaml: (not a YAML file|a profile is a mapping)"):
        _load(tmp_path, text)


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, a folder, or in another encoding."""
    with pytest.raises(BadInputError, match="cannot read the profile: No such file"):
        load_profile(tmp_path / "no.yaml")
    with pytest.raises(BadInputError, match="cannot read the profile: Is a directory"):
        load_profile(tmp_path)
    (tmp_path / "site.yaml").write_bytes("site: Müller".encode("cp1252"))
    with pytest.raises(BadInputError, match="not a YAML file"):
        load_profile(tmp_path / "site.yaml")


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("foan: {aliases: [BR]}", "foan"),
        ("serial_number: {pattern: '{number:9}'}", "serial_number"),
        ("vocabulary: {revision_words: [neu]}", "vocabulary"),
        ("ocr: {dpi: 200}", "ocr"),
        ("matching: {margin: 0.1}", "matching"),
        ("max_megapixels: 1", "max_megapixels"),
    ],
)
def test_fingerprint_changes_with_its_own_sections_only(text: str, section: str, tmp_path: Path) -> None:
    """Work becomes pending when, and only when, a setting that it rests on has changed."""
    default, changed = load_profile(None), _load(tmp_path, text)
    sections = (
        "foan",
        "serial_number",
        "vocabulary",
        "ocr",
        "matching",
        "max_megapixels",
        "labels",
        "ignore",
        "nominal_magnifications",
    )
    assert {s for s in sections if default.fingerprint(s) != changed.fingerprint(s)} == {section}
    assert default.fingerprint() != changed.fingerprint()
    assert default.fingerprint("foan", "ocr") == load_profile(None).fingerprint("ocr", "foan")
