"""Layouts of forms, templates and laboratory systems, drawn as pages: what each says, and what it must not say."""

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.records import InstanceReading
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret

Read = Callable[..., list[InstanceReading]]


@pytest.fixture(scope="module")
def read(page_of: Callable[..., Any], profile: Profile) -> Read:
    """Instances of drawn pages."""

    def read(*drawings: str, confidence: float | None = None) -> list[InstanceReading]:
        pages = [page_of(drawing, number, confidence) for number, drawing in enumerate(drawings, start=1)]
        return list(interpret(pages, profile).instances)

    return read


def said(instance: InstanceReading) -> tuple[object, ...]:
    """What identifies and labels a part, and its load."""
    return (
        instance.foan,
        instance.serial_number,
        instance.defect_class.value,
        instance.sub_type,
        instance.fracture_load_kn,
    )


PART = ("FOAN-2021-0117", "512345", "hard_machining", "grinding_crack", 61.2)

ANSWERED = """
FOAN:            FOAN-2021-0117
Serial no.:      512345
Fracture load:   61.2 kN
Sub-type:        grinding crack
Cause:
  green body defect:      no
  grinding damage:        {grinding}
  material defect:        {material}
"""


def test_of_causes_that_are_answered_the_one_with_yes_counts(read: Read) -> None:
    """In English and German."""
    (instance,) = read(ANSWERED.format(grinding="yes", material="no"))
    assert said(instance) == PART
    assert (instance.issues, instance.defect_class_raw) == ((), "grinding damage")
    (instance,) = read(ANSWERED.format(grinding="ja", material="nein"))
    assert said(instance) == PART


CROSSED = """
FOAN:            FOAN-2021-0117
Serial no.:      512345
Fracture load:   61.2 kN
Sub-type:        grinding crack

Cause of failure          Yes      No
Green body defect                  X
Grinding damage           {grinding}
Material defect                    X
"""


def test_a_cross_below_yes_answers_with_yes(read: Read) -> None:
    """A list in which none is answered with yes is for a person."""
    (instance,) = read(CROSSED.format(grinding=" X"))
    assert (said(instance), instance.issues) == (PART, ())
    (instance,) = read(CROSSED.format(grinding="         X"))
    assert instance.issues


@pytest.mark.parametrize(("grinding", "material"), [("yes", "yes"), ("no", "no")])
def test_two_answers_or_none_are_for_a_person(read: Read, grinding: str, material: str) -> None:
    """Neither may be chosen."""
    (instance,) = read(ANSWERED.format(grinding=grinding, material=material))
    assert instance.defect_class.value == "unknown"
    assert any("defect class" in issue for issue in instance.issues)


NUMBERED = """
Findings

Part 1 / 2
1.1 Serial no.
512345
1.2 FOAN
FOAN-2021-0117
1.3 Cause of fracture
grinding damage
1.4 Sub-type
grinding crack
1.5 Fracture load [kN]
61.2

Part 2 / 2
2.1 Serial no.
512346
2.2 FOAN
FOAN-2021-0118
2.3 Cause of fracture
material defect
2.4 Sub-type
large pore
2.5 Fracture load [kN]
{load}
"""


def test_labels_with_numbers_stand_above_their_values(read: Read) -> None:
    """As templates have them; the heading "Findings" is no label of what stands below it."""
    assert [said(i) for i in read(NUMBERED.format(load="58.9"))] == [
        PART,
        ("FOAN-2021-0118", "512346", "material", "pore", 58.9),
    ]


def test_the_invitation_of_a_template_is_no_value(read: Read) -> None:
    """Nobody has filled the field in: there is no load, and nothing to be doubted."""
    for invitation in ("Click or tap here to enter text.", "Klicken oder tippen Sie hier, um Text einzugeben."):
        _, second = read(NUMBERED.format(load=invitation))
        assert (second.fracture_load_kn, second.remarks) == (None, ())


def test_a_system_prints_unit_and_standard_beside_the_result(read: Read) -> None:
    """The unit belongs to the load, the standard to nothing."""
    (instance,) = read("""
Order item 1
Parameter         Result               Unit      Method
FOAN              FOAN-2021-0117
Serial no.        512345
Fracture load     61 200               N         DIN EN 843-1
Cause             grinding damage                DIN EN 843-6
Sub-type          grinding crack                 ISO 18756
""")
    assert said(instance) == PART
    assert (instance.issues, instance.remarks) == ((), ())


def test_a_rule_of_dashes_parts_header_and_rows_without_being_a_word(read: Read) -> None:
    """The unit in the header above it is understood."""
    (instance,) = read("""
FOAN              Serial no.   Fracture load [kN]   Cause             Sub-type
---------------   ----------   ------------------   ---------------   --------------
FOAN-2021-0117    512345       61.2                 grinding damage   grinding crack
""")
    assert said(instance) == PART
    assert instance.remarks == ()


def test_values_beside_each_other_go_on_below(read: Read) -> None:
    """What hangs below a value of either part is the rest of it, and parts no block."""
    first, second = read("""
FOAN:            FOAN-2021-0117        FOAN:            FOAN-2021-0117
Serial no.:      512345                Serial no.:      512346
Cause:           grinding damage       Cause:           green body defect
Sub-type:        grinding              Sub-type:        green machining
                 crack                                  mark
Fracture load:   61.2 kN               Fracture load:   58.9 kN
""")
    assert said(first) == PART
    assert said(second)[1:] == ("512346", "green_body", "green_machining_mark", 58.9)


def test_a_legend_below_a_table_is_none_of_its_rows(read: Read) -> None:
    """Its entries explain the codes."""
    first, second = read("""
FOAN              Serial no.   Cause   Sub-type
FOAN-2021-0117    512345       1       grinding crack
FOAN-2021-0117    512346       2       large pore
Key:
1 - grinding damage
2 - material defect
""")
    assert (first.defect_class.value, second.defect_class.value) == ("hard_machining", "material")


def test_a_part_whose_cause_was_missed_is_for_a_person(read: Read) -> None:
    """Number, FOAN and load of a part without a cause: it must not be lost without a word."""
    lost, kept = read("""
FOAN:            FOAN-2021-0117
Serial no.:      512345
Fracture load:   61.2 kN

FOAN:            FOAN-2021-0117
Serial no.:      512346
Fracture load:   58.9 kN
Cause:           material defect
""")
    assert (lost.serial_number, lost.issues) == ("512345", ("defect class not stated",))
    assert kept.issues == ()


def test_a_caption_states_no_cause(read: Read) -> None:
    """It names a part and an origin; the cause stands elsewhere and is not contradicted."""
    (instance,) = read("""
The part with serial number 512345 (FOAN-2021-0117) broke at 61.2 kN. Root cause: grinding damage
(grinding crack).

Fig. 1: FOAN-2021-0117, S/N 512345, detail of the origin, 250x
""")
    assert said(instance) == PART
    assert instance.issues == ()


def test_a_cause_at_the_beginning_of_a_line_belongs_to_its_sentence(read: Read) -> None:
    """The line looks like a key and its value, but the sentence above names part, FOAN and load."""
    (instance,) = read("""
the examination is finished. The part serial no. 512345 (FOAN FOAN-2021-0117) broke at 61.2 kN.
Root cause: grinding damage (grinding crack).
""")
    assert said(instance) == PART


def test_a_foan_in_another_column_than_its_own_is_doubted(read: Read) -> None:
    """The header of the first column was not read as what it is; the one above the table must not label the rows."""
    (instance,) = read("""
FOAN:  FOAN-2021-0190

Specimen          Serial no.   Cause
FOAN-2021-0117    512345       grinding damage
""")
    assert instance.foan != "FOAN-2021-0190" or any("another FOAN in the row" in i for i in instance.issues)


def test_a_header_foan_that_cannot_be_read_contradicts_rows_with_another(read: Read) -> None:
    """A stamp lies over it; what is left of it is in no row. If it is, the rows are as good as before."""
    page = """
FOAN:  {foan}

FOAN              Serial no.   Cause
FOAN-2021-0117    512345       grinding damage
"""
    (instance,) = read(page.format(foan="F0 21 20348"), confidence=0.9)
    assert any("the header's cannot be read" in issue for issue in instance.issues)
    (instance,) = read(page.format(foan="F0AN 20210117x"), confidence=0.9)
    assert not any("the header's cannot be read" in issue for issue in instance.issues)


def test_a_scanned_load_far_beyond_all_others_is_remarked(read: Read) -> None:
    """Its decimal mark may be lost; a text layer loses none."""
    page = """
FOAN              Serial no.   Fracture load [kN]   Cause
FOAN-2021-0117    512345       31,2                 grinding damage
FOAN-2021-0117    512346       28,9                 grinding damage
FOAN-2021-0117    512347       375                  grinding damage
"""
    remarks = [i.remarks for i in read(page, confidence=0.96)]
    assert remarks[:2] == [(), ()]
    assert "far from those of the other fractures" in remarks[2][0]
    assert [i.remarks for i in read(page)] == [(), (), ()]


def test_tags_that_number_the_rows_are_told_by_their_place(read: Read) -> None:
    """``Pl`` between the header and P2 is P1, however unsure OCR was; a tag out of turn is left alone."""
    page = """
FOAN              Serial no.   Specimen   Cause
FOAN-2021-0117    512345       {first}         grinding damage
FOAN-2021-0117    512346       P2         material defect
"""
    assert [i.instance_tag for i in read(page.format(first="Pl"), confidence=0.85)] == ["P1", "P2"]
    assert [i.instance_tag for i in read(page.format(first="B7"), confidence=0.85)] == ["B7", "P2"]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (("A", "", "C"), ["A", "B", "C"]),
        (("", "2", "3"), ["1", "2", "3"]),
        (("", "B", "C"), ["A", "B", "C"]),
        (("4", "", "6"), ["4", "5", "6"]),
        (("", "5", "6"), ["", "5", "6"]),
        (("A", "B", ""), ["A", "B", ""]),
        (("A", "", "D"), ["A", "", "D"]),
        (("A", "", ""), ["A", "", ""]),
    ],
)
def test_a_tag_that_was_not_read_is_told_by_its_place(
    read: Read, printed: tuple[str, ...], expected: list[str]
) -> None:
    """Between others, and before them if they then begin with the first; not behind them, nor where a row may lack."""
    rows = [f"FOAN-2021-0117    51234{k}       {tag:8}   grinding damage" for k, tag in enumerate(printed)]
    page = "\n".join(["FOAN              Serial no.   Specimen   Cause", *rows])
    assert [i.instance_tag for i in read(page, confidence=0.9)] == expected


def test_a_heading_may_name_tag_and_number_of_a_part(read: Read) -> None:
    """Without a mark between key and number."""
    found = read(
        """
Analysis no.: FOAN-2021-0117

Sample 1: serial no. 512345
  Load at fracture:    61.2 kN
  Cause of fracture:   grinding damage (grinding crack)

Sample 2: serial no. 512346
  Load at fracture:    58.9 kN
  Cause of fracture:   material defect (pore)
"""
    )
    assert [said(i) for i in found] == [PART, ("FOAN-2021-0117", "512346", "material", "pore", 58.9)]
    assert not any(i.issues for i in found)


def test_a_column_for_cause_and_detail_states_both(read: Read) -> None:
    """What the class leaves of the cell is the sub-type."""
    found = read(
        """
FOAN / Serial no.            Load [kN]    Cause / Detail

FOAN-2021-0117 / 512345      61.2         grinding damage / grinding crack
FOAN-2021-0118 / 512346      58.9         material defect / pore
"""
    )
    assert [said(i) for i in found] == [PART, ("FOAN-2021-0118", "512346", "material", "pore", 58.9)]
    assert not any(i.issues or i.remarks for i in found)
