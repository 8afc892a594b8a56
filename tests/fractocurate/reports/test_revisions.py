"""Which report replaces which."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.vocabulary import DefectClass
from fractocurate.reports.revisions import PartReading, ReportSummary, find_superseded

GREEN, HARD = DefectClass.GREEN_BODY, DefectClass.HARD_MACHINING


def report(
    item: str,
    date: str,
    *parts: tuple[str, str, DefectClass],
    revision: bool = False,
    number: str = "",
    supersedes: str = "",
    sha256: str = "",
) -> ReportSummary:
    """A report in one line."""
    readings = tuple(PartReading(foan, serial, "", c) for foan, serial, c in parts)
    return ReportSummary(item, sha256 or item, number, date, revision, supersedes, readings)


def test_a_revision_supersedes_only_the_parts_that_it_covers() -> None:
    """The older report keeps its other parts."""
    old = report("old.pdf", "2020-05-14", ("F1", "1", GREEN), ("F1", "2", GREEN), ("F2", "3", GREEN))
    new = report("new.pdf", "2020-10-20", ("F1", "1", HARD), ("F1", "2", GREEN), revision=True)
    superseded, contradictions = find_superseded([new, old])
    assert [(s.item, s.by_item, s.foan, s.serial_number) for s in superseded] == [
        ("old.pdf", "new.pdf", "F1", "1"),
        ("old.pdf", "new.pdf", "F1", "2"),
    ]
    assert contradictions == ()


def test_a_named_report_is_superseded_whatever_the_dates_say() -> None:
    """A number, or a date, after "replaces" decides."""
    old = report("a.pdf", "2021-03-01", ("F1", "1", GREEN), number="LB-12")
    new = report("b.pdf", "", ("F1", "1", HARD), revision=True, supersedes="LB 12")
    assert [s.item for s in find_superseded([old, new])[0]] == ["a.pdf"]
    dated = report("c.pdf", "", ("F1", "1", HARD), supersedes="1.3.2021")
    assert [s.item for s in find_superseded([old, dated])[0]] == ["a.pdf"]


def test_later_is_not_enough() -> None:
    """Two reports that disagree and do not say which counts contradict each other: both are flagged."""
    a = report("a.pdf", "2020-01-01", ("F1", "1", GREEN))
    b = report("b.pdf", "2021-01-01", ("F1", "1", HARD))
    superseded, contradictions = find_superseded([a, b])
    assert superseded == ()
    assert [(c.item, c.other_item) for c in contradictions] == [("a.pdf", "b.pdf"), ("b.pdf", "a.pdf")]
    assert "green_body" in contradictions[0].issue


def test_reports_that_agree_or_are_copies_are_left_alone() -> None:
    """Same cause, or same bytes: nothing to decide."""
    a = report("a.pdf", "2020-01-01", ("F1", "1", GREEN), sha256="x")
    copy = report("copy.pdf", "2020-01-01", ("F1", "1", GREEN), sha256="x", revision=True)
    agreeing = report("c.pdf", "2021-01-01", ("F1", "1", GREEN))
    assert find_superseded([a, copy, agreeing]) == ((), ())


def test_an_older_revision_does_not_replace_a_newer_report() -> None:
    """Revision B of last year says nothing about this year's report."""
    revised = report("a.pdf", "2020-01-01", ("F1", "1", GREEN), revision=True)
    newer = report("b.pdf", "2021-01-01", ("F1", "1", GREEN))
    assert find_superseded([revised, newer])[0] == ()


@given(st.data())
def test_the_order_of_reports_does_not_matter(data: st.DataObject) -> None:
    """The same set of reports gives the same answer, and nothing supersedes itself."""
    reports = [
        report(
            f"{k}.pdf",
            data.draw(st.sampled_from(["", "2020-01-01", "2021-01-01"])),
            (data.draw(st.sampled_from(["F1", "F2"])), "1", data.draw(st.sampled_from([GREEN, HARD]))),
            revision=data.draw(st.booleans()),
        )
        for k in range(data.draw(st.integers(0, 5)))
    ]
    shuffled = data.draw(st.permutations(reports))
    superseded, contradictions = find_superseded(reports)
    assert find_superseded(shuffled) == (superseded, contradictions)
    assert all(s.item != s.by_item for s in superseded)
    assert len({(s.item, s.by_item) for s in superseded} & {(s.by_item, s.item) for s in superseded}) == 0
