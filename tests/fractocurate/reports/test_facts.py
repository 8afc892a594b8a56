"""What reports say about themselves."""

from collections.abc import Callable

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.facts import Revision, report_date, report_number, revision
from fractocurate.reports.key_values import find_pairs
from fractocurate.reports.lines import Line
from fractocurate.reports.vocabulary import Vocabulary

LinesOf = Callable[[str], list[Line]]


@pytest.fixture(scope="module")
def revision_of(lines_of: LinesOf, profile: Profile) -> Callable[[str], Revision]:
    """What a first page says about replacing another report."""

    def read(drawing: str) -> Revision:
        lines, vocabulary = lines_of(drawing), Vocabulary(profile)
        return revision(lines, find_pairs(1, lines, vocabulary), vocabulary)

    return read


@pytest.mark.parametrize(
    ("drawing", "number", "date"),
    [
        ("Report no.: LB-0731\nDate: 3 March 2021", "LB-0731", "2021-03-03"),
        ("Bericht-Nr.: 21/077      Datum: 03.03.2021", "21/077", "2021-03-03"),
        ("Report no.: LB-0731 of the fracture laboratory\nDate: 2021-03-03", "LB-0731", "2021-03-03"),
    ],
)
def test_number_and_date_are_read_with_their_keys(
    lines_of: LinesOf, profile: Profile, drawing: str, number: str, date: str
) -> None:
    """English and German; the number alone is taken where more words follow."""
    lines = lines_of(drawing)
    pairs = find_pairs(1, lines, Vocabulary(profile))
    found_number, found_date = report_number(pairs), report_date(pairs, lines)
    assert found_number is not None
    assert found_date is not None
    assert (found_number.value, found_date.value) == (number, date)
    assert found_number.pair is not None


def test_the_only_date_of_a_page_needs_no_key(lines_of: LinesOf) -> None:
    """Two different dates without a key decide nothing."""
    one = report_date([], lines_of("Works laboratory, 3 March 2021\nprinted on 03.03.2021"))
    assert one is not None
    assert (one.value, one.pair) == ("2021-03-03", None)
    assert report_date([], lines_of("received 3 March 2021\nprinted 4 March 2021")) is None
    assert report_number([]) is None


@pytest.mark.parametrize(
    ("drawing", "supersedes"),
    [
        ("Revised report\nReport no.: LB-0732", ""),
        ("Bericht (überarbeitet)", ""),
        ("Revision: B", ""),
        ("This report replaces report LB-0700 of last year.", "LB-0700"),
        ("Dieser Bericht ersetzt den Bericht vom 01.02.2020.", "01.02.2020"),
        ("Supersedes: LB-0700 from 2020", "LB-0700"),
        ("Ersetzt Bericht-Nr.: 20/311", "20/311"),
    ],
)
def test_reports_that_replace_others_say_so(
    revision_of: Callable[[str], Revision], drawing: str, supersedes: str
) -> None:
    """In the title, in a sentence, or as a key; with the number or date of the other where it is named."""
    assert revision_of(drawing) == Revision(is_revision=True, supersedes_raw=supersedes)


@pytest.mark.parametrize(
    "drawing",
    [
        "Report no.: LB-0731",
        "Revision: 0",
        "Revision: -",
        "Report no.: LB-0731      Revision: -",
        "Report on form 17 Rev. 3 of the laboratory",
        "The valve was replaced and the corrected pressure was 7 bar.",
        "Supersedes: -",
    ],
    ids=["plain", "first issue", "no mark", "no mark beside the number", "of the form", "of the part", "nothing"],
)
def test_first_issues_and_other_revisions_do_not_count(revision_of: Callable[[str], Revision], drawing: str) -> None:
    """The revision of a template, or of a part, is not the report's."""
    assert revision_of(drawing) == Revision(is_revision=False, supersedes_raw="")
