"""The expert's form goes out and comes back; agreement between raters as published tables and scikit-learn have it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.validation import validate
from fractotrain.attribution.agreement import agreements, kappa, share_agreeing
from fractotrain.attribution.expert_answers import import_answers, read_answers
from fractotrain.attribution.expert_form import write_form
from fractotrain.attribution.explain import explain, plan_explanation
from fractotrain.attribution.methods import Method
from fractotrain.attribution.questions import QUESTIONS
from fractotrain.attribution.record import record_explanations
from fractotrain.attribution.subjects import Choice

MORPHOLOGY, PLAUSIBLE, WRONG_REASON = QUESTIONS


@pytest.fixture
def form(trained_catalog: Any, tmp_path: Path) -> Path:
    """The form of one FOAN: three images, one method."""
    plan = plan_explanation(
        trained_catalog.catalog, Choice(foan="F-1-2"), (Method.ROLLOUT,), output=tmp_path / "session"
    )
    explained = explain(plan)
    record_explanations(plan, explained)
    return write_form(plan, explained, tmp_path / "session")


def fill(form: Path, name: str, answers: Sequence[tuple[str, str, str]], delimiter: str = ",") -> Path:
    """A copy of the form with these answers, one triple a row."""
    with form.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    for row, triple in zip(rows, answers, strict=True):
        row |= dict(zip(QUESTIONS, triple, strict=True))
    file = form.with_name(f"{name}.csv")
    with file.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_form_has_a_row_per_image_and_names_a_sheet_that_is_there(form: Path) -> None:
    """Facts are filled in, questions are empty and explained beside the form."""
    with form.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3
    assert all((form.parent / row["sheet"]).is_file() for row in rows)
    assert all(row[question] == "" for row in rows for question in QUESTIONS)
    assert {row["truth"] for row in rows} == {"hard_machining"}
    how_to = (form.parent / "how_to_fill.txt").read_text()
    assert all(question in how_to for question in QUESTIONS.values())


def test_answers_come_back_append_only(form: Path, trained_catalog: Any) -> None:
    """The same form twice adds nothing; another answer is a further row, and the latest one counts."""
    first = fill(form, "first", [("yes", "Yes ", "nein"), ("ja", "?", ""), ("no", "n", "")], delimiter=";")
    second = fill(form, "second", [("yes", "yes", "no"), ("no", "unsure", ""), ("no", "no", "")])
    with Catalog.open(trained_catalog.catalog) as catalog:
        imported = import_answers(catalog, read_answers(first), "Anna")
        assert (imported.n_new, imported.n_unchanged, imported.n_blank) == (7, 0, 2)
        assert import_answers(catalog, read_answers(first), "Anna").n_new == 0
        assert import_answers(catalog, read_answers(second), "Anna").n_new == 1
        rows = catalog.read("decisions")
        assert list(rows["decision_id"]) == list(range(1, 9))
        assert set(rows["action"]) == {"answer"}
        assert set(rows["answer"]) == {"yes", "no", "unsure"}
        assert validate(catalog) == []


def test_raters_are_compared_on_what_all_answered(form: Path, trained_catalog: Any) -> None:
    """Two raters: Cohen's kappa of the common images; one rater alone has none."""
    anna = fill(form, "anna", [("yes", "yes", "no"), ("no", "yes", ""), ("no", "no", "")])
    ben = fill(form, "ben", [("yes", "no", "no"), ("no", "yes", "no"), ("yes", "no", "")])
    with Catalog.open(trained_catalog.catalog) as catalog:
        import_answers(catalog, read_answers(anna), "Anna")
        alone = {a.question: a for a in agreements(catalog)}
        assert alone[MORPHOLOGY].kappa is None
        import_answers(catalog, read_answers(ben), "Ben")
        found = {a.question: a for a in agreements(catalog)}
    assert found[MORPHOLOGY].raters == ("Anna", "Ben")
    assert found[MORPHOLOGY].n_images == 3
    assert found[MORPHOLOGY].share_agreeing == pytest.approx(2 / 3)
    assert found[MORPHOLOGY].kappa == pytest.approx(cohen_kappa_score(["yes", "no", "no"], ["yes", "no", "yes"]))
    assert found[MORPHOLOGY].counts == {"yes": 3, "no": 3}
    assert found[MORPHOLOGY].kappa_low is None  # three pictures are too few
    assert found[WRONG_REASON].n_images == 1
    assert found[WRONG_REASON].kappa is None  # both said no: chance alone would agree as well


def test_forms_that_cannot_be_understood_are_refused(form: Path, trained_catalog: Any, tmp_path: Path) -> None:
    """Every wrong cell is named; so is a table that is no form, a form of another catalog, and an empty one."""
    wrong = fill(form, "wrong", [("perhaps", "yes", "no"), ("no", "2", ""), ("", "", "")])
    with pytest.raises(BadInputError, match=r"(?s)row 2, coincides.*'perhaps'.*row 3, mechanistically.*'2'"):
        read_answers(wrong)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInputError, match="lacks the column run_id"):
        read_answers(tmp_path / "other.csv")
    with Catalog.open(trained_catalog.catalog) as catalog:
        rows = read_answers(fill(form, "good", [("yes", "yes", "no")] * 3))
        with pytest.raises(BadInputError, match="train-0, a run that this catalog does not have"):
            import_answers(catalog, [row | {"run_id": "train-0"} for row in rows], "Anna")
        with pytest.raises(UsageError, match="holds no answer"):
            import_answers(catalog, read_answers(form), "Anna")
        with pytest.raises(UsageError, match="say who answered"):
            import_answers(catalog, rows, " ")


def _spoilt_by_a_spreadsheet(form: Path, how: str) -> Path:
    """The filled form as Excel and its kin save it."""
    with form.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream))
    rows = [[*row[:-1], "zu dunkel,\nund schräg" if number == 1 else row[-1]] for number, row in enumerate(rows)]
    file = form.with_name(f"{how}.csv")
    if how == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell or None for cell in row])
        book.save(file.with_suffix(".xlsx"))
        return file.with_suffix(".xlsx")
    if how == "renamed":
        rows[0] = [name.replace("_", " ").title() if name in QUESTIONS else name for name in rows[0]][::-1]
        rows[0][1] = QUESTIONS[WRONG_REASON]  # as the form's how-to asks it
        rows[1:] = [row[::-1] for row in rows[1:]]
    if how == "empty rows":
        rows = [rows[0], *[line for row in rows[1:] for line in (row, [""] * len(row), [])]]
    written = io.StringIO(newline="")
    if how == "windows":
        written.write("sep=;\r\n")
    delimiter = {"windows": ";", "unicode text": "\t"}.get(how, ",")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    encoding = {"windows": "cp1252", "unicode text": "utf-16"}.get(how, "utf-8")
    file.write_bytes(written.getvalue().encode(encoding))
    return file


@pytest.mark.parametrize("how", ["xlsx", "windows", "unicode text", "renamed", "empty rows"])
def test_forms_are_read_as_spreadsheets_leave_them(how: str, tmp_path: Path) -> None:
    """Other separators, encodings, orders and names of columns, notes over two lines, empty rows: the same answers."""
    form = tmp_path / "form.csv"
    facts = ["run_id", "method", "image", "sha256"]
    with form.open("w", newline="", encoding="utf-8-sig") as stream:
        csv.writer(stream).writerows(
            [
                [*facts, "probability", *QUESTIONS, "note"],
                ["train-1", "rollout", "größe/a.tif", "ab" * 32, "0,91", "Ja", "no.", "?", ""],
                ["train-1", "rollout", "größe/b.tif", "cd" * 32, "0,55", "", "unsicher", "N", ""],
            ]
        )
    first, second = read_answers(_spoilt_by_a_spreadsheet(form, how))
    assert [first[question] for question in QUESTIONS] == ["yes", "no", "unsure"]
    assert [second[question] for question in QUESTIONS] == ["", "unsure", "no"]
    assert (first["image"], second["sha256"]) == ("größe/a.tif", "cd" * 32)
    assert first["note"].replace("\r", "") == "zu dunkel,\nund schräg"


def test_answers_about_nothing_known_and_contradictions_are_refused(form: Path, trained_catalog: Any) -> None:
    """A hash that a spreadsheet made a number, facts that were wiped, and one map that is answered twice."""
    rows = read_answers(fill(form, "full", [("yes", "yes", "no")] * 3))
    with Catalog.open(trained_catalog.catalog) as catalog:
        with pytest.raises(BadInputError, match="leave the columns of facts as they were"):
            import_answers(catalog, [rows[0] | {"sha256": "1,23E+63"}], "Anna")
        with pytest.raises(BadInputError, match="twice and differently"):
            import_answers(catalog, [*rows, rows[0] | {MORPHOLOGY: "no"}], "Anna")
        assert import_answers(catalog, [*rows, rows[0]], " Anna ").rater == "Anna"
    text = form.with_name("full.csv").read_text(encoding="utf-8-sig").replace(rows[0]["sha256"], "")
    form.with_name("wiped.csv").write_text(text)
    with pytest.raises(BadInputError, match="row 2: answered, but it no longer says what it is about"):
        read_answers(form.with_name("wiped.csv"))


def test_what_is_no_form_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    """Missing, empty, a broken workbook, a quote that never ends."""
    file = tmp_path / "form.csv"
    with pytest.raises(BadInputError, match="cannot be read"):
        read_answers(file)
    for content, said in (
        (b"", "lacks the column run_id"),
        (b"PK\x03\x04zip", "cannot be read"),
        (b'a,"b', "cannot be"),
    ):
        file.write_bytes(content)
        with pytest.raises(BadInputError, match=said):
            read_answers(file)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=30))
def test_kappa_of_two_raters_is_cohens(pairs: list[tuple[str, str]]) -> None:
    """As scikit-learn has it; none where chance agrees always."""
    first, second = zip(*pairs, strict=True)
    found = kappa(pairs)
    if len(set(first) | set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_of_many_raters_is_that_of_fleiss_table() -> None:
    """Ten subjects, fourteen raters, five categories: kappa 0.210, the much reprinted example of Fleiss' formula."""
    counts = (
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    )  # fmt: skip
    ratings = [[str(k) for k, n in enumerate(row) for _ in range(n)] for row in counts]
    assert kappa(ratings) == pytest.approx(0.210, abs=0.0005)
    assert share_agreeing(ratings) == pytest.approx(0.378, abs=0.0005)


def test_the_interval_of_kappa_draws_pictures(form: Path, trained_catalog: Any) -> None:
    """Pictures with several maps count once as a whole; raters who agree on all but two of twelve are not certain."""
    del form
    with Catalog.open(trained_catalog.catalog) as catalog:
        shas = catalog.query("SELECT DISTINCT sha256 FROM files WHERE kind = 'image' ORDER BY 1")["sha256"][
            :12
        ].to_list()
        run = catalog.query("SELECT run_id FROM runs")["run_id"][0]
        for rater in ("Anna", "Ben"):
            rows = [
                {"run_id": run, "method": "rollout", "sha256": sha, "image": sha, "note": "",
                 MORPHOLOGY: "yes" if i % 2 != (rater == "Ben" and i > 9) else "no", PLAUSIBLE: "yes", WRONG_REASON: ""}
                for i, sha in enumerate(shas)
            ]  # fmt: skip
            import_answers(catalog, rows, rater)
        found = {a.question: a for a in agreements(catalog, run)}
        assert not agreements(catalog, "another run")[0].raters
    assert found[MORPHOLOGY].kappa == pytest.approx(2 / 3)
    assert found[MORPHOLOGY].kappa_low is not None
    assert found[MORPHOLOGY].kappa_low < 0.5
    assert 0.8 < (found[MORPHOLOGY].kappa_high or 0) <= 1
    assert found[PLAUSIBLE].kappa_low is None  # all said yes in every draw
    of_pictures = len({row["sha256"] for row in rows})
    assert found[PLAUSIBLE].share_agreeing == found[PLAUSIBLE].share_high == 1
    assert found[PLAUSIBLE].share_low == pytest.approx(0.025 ** (1 / of_pictures))


def test_agreement_needs_the_same_raters_everywhere() -> None:
    """Gaps are for the caller to leave out, not to be guessed."""
    for ratings in ([], [["a"]], [["a", "b"], ["a", "b", "c"]]):
        with pytest.raises(ValueError, match="same two or more raters"):
            kappa(ratings)
