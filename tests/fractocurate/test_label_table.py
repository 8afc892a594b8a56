"""Labels from tables as laboratories keep them: what is understood, what is refused, and which file a row means."""

import unicodedata
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import BadInputError
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.label_table import LabelRow, read_label_table, resolve_files
from fractocurate.profile import Profile, load_profile

_ROWS = [["a.tif", "FOAN-2020-0001", "12345", "material", "500", "1.5"], ["ü b.tif", "", "", "green body", "", ""]]
_HEADER = ["filename", "foan", "serial", "class", "mag", "load_kn"]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """The default profile."""
    return load_profile(None)


def _csv(delimiter: str, rows: list[list[str]] | None = None) -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in [_HEADER, *(_ROWS if rows is None else rows)])


def _read(tmp_path: Path, profile: Profile, text: str) -> list[LabelRow]:
    table = tmp_path / "labels.csv"
    table.write_text(text, encoding="utf-8")
    return read_label_table(table, profile)


def _facts(rows: list[LabelRow]) -> list[tuple[object, ...]]:
    return [
        (r.row, r.file_name, r.foan, r.serial_number, r.defect_class, r.magnification, r.fracture_load_kn) for r in rows
    ]


_EXPECTED = [
    (1, "a.tif", "FOAN-2020-0001", "12345", DefectClass.MATERIAL, 500.0, 1.5),
    (2, "ü b.tif", None, None, DefectClass.GREEN_BODY, None, None),
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_is_read_whatever_its_delimiter_and_encoding(
    delimiter: str, encoding: str, tmp_path: Path, profile: Profile
) -> None:
    """What Excel and scripts write in Europe and America."""
    table = tmp_path / "labels.csv"
    table.write_bytes(_csv(delimiter).encode(encoding))
    assert _facts(read_label_table(table, profile)) == _EXPECTED


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
@pytest.mark.parametrize("typed", [False, True])
def test_excel_and_parquet_say_the_same(suffix: str, typed: bool, tmp_path: Path, profile: Profile) -> None:  # noqa: FBT001 - a parameter of the test
    """Numbers may be text or numbers with gaps; a whole serial number gets no decimal point."""
    frame = pl.DataFrame(_ROWS, schema=_HEADER, orient="row").with_columns(pl.all().replace("", None))
    if typed:
        frame = frame.with_columns(pl.col("serial", "mag", "load_kn").cast(pl.Float64))
    table = tmp_path / f"labels.{suffix}"
    if suffix == "xlsx":
        book = openpyxl.Workbook()
        for cells in (frame.columns, *frame.rows()):
            book.worksheets[0].append(cells)
        book.save(table)
    else:
        frame.write_parquet(table)
    assert _facts(read_label_table(table, profile)) == _EXPECTED


def test_table_of_the_authors_loader_works_as_it_is(tmp_path: Path, profile: Profile) -> None:
    """filename, fractureType and magnification_value are understood without a profile of one's own."""
    names = ["green_body_defect", "hard_machining_defect", "material_defect"]
    text = "filename,fractureType,magnification_value\n" + "".join(
        f"{n}.tif,{n},{50 * i}\n" for i, n in enumerate(names)
    )
    rows = _read(tmp_path, profile, text)
    assert [r.defect_class for r in rows] == [
        DefectClass.GREEN_BODY,
        DefectClass.HARD_MACHINING,
        DefectClass.MATERIAL,
    ]
    assert [r.magnification for r in rows] == [None, 50.0, 100.0]
    assert [r.issue for r in rows] == ["", "", ""]


@pytest.mark.parametrize(
    ("printed", "magnification"),
    [("500", 500), ("500x", 500), ("x500", 500), ("500 X", 500), ("5,000", 5000), ("1.5kx", 1500), ("2,5", 2.5),
     ("", None), ("high", None), ("-5", None), ("0", None), ("nan", None), ("inf", None)],
)  # fmt: skip
def test_magnification_is_read_as_people_write_it(
    printed: str, magnification: float | None, tmp_path: Path, profile: Profile
) -> None:
    """With or without sign, with thousands separators; what is no magnification is unknown."""
    (row,) = _read(tmp_path, profile, f"filename;class;mag\na.tif;material;{printed}\n")
    assert (row.magnification, row.magnification_raw) == (magnification, printed)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("filename,remark\na.tif,x\n", "has no column for defect_class (defect_class: one of fractureType"),
        ("picture,class\na.tif,material\n", "has no column for file_name"),
        ("a,b\n1,2\n", "has no column for file_name and defect_class"),
        ("filename,class\n", "the table has no rows"),
        ("", "the table has no rows"),
        ("\n\n", "the table has no rows"),
        ('filename,class\n"' + "x" * 200_000 + '",material\n', "not a table that can be read"),
    ],
)
def test_csv_that_cannot_label_is_refused_with_what_is_missing(
    text: str, complaint: str, tmp_path: Path, profile: Profile
) -> None:
    """The message says which column is looked for and where to name it."""
    with pytest.raises(BadInputError) as caught:
        _read(tmp_path, profile, text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("labels.xlsx", b"not a zip file", "not a table that can be read"),
        ("labels.xlsx", b"PK\x03\x04 torn", "not a table that can be read"),
        ("labels.parquet", b"PAR1 torn", "not a table that can be read"),
        ("labels.csv", b"filename,class\n\x81\x8d\xff,material", "not a table that can be read"),
        ("labels.docx", b"PK", "is a .csv, .xlsx or .parquet file"),
    ],
)
def test_broken_file_is_refused(name: str, content: bytes, complaint: str, tmp_path: Path, profile: Profile) -> None:
    """Torn and foreign files end the run with a sentence, not with a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_label_table(tmp_path / name, profile)
    assert complaint in str(caught.value)


def test_parquet_column_that_is_no_text_is_refused_or_left_alone(tmp_path: Path, profile: Profile) -> None:
    """Lists and bytes beside the labels never crash the run."""
    table = tmp_path / "labels.parquet"
    frame = pl.DataFrame({"filename": ["a.tif"], "class": ["material"], "boxes": [[1, 2]], "thumb": [b"\xff\x00"]})
    frame.write_parquet(table)
    assert [r.file_name for r in read_label_table(table, profile)] == ["a.tif"]


def test_missing_file_is_named(tmp_path: Path, profile: Profile) -> None:
    """The path and the reason are told."""
    with pytest.raises(BadInputError, match=r"no\.csv: cannot read the table of labels: No such file"):
        read_label_table(tmp_path / "no.csv", profile)


def test_odd_csv_is_read_as_far_as_it_goes(tmp_path: Path, profile: Profile) -> None:
    """Columns of one name, columns without one, short and long rows, blank lines, quoted line ends and delimiters."""
    text = (
        'filename,class,note,note,\n\n"a,1.tif",material\nb.tif,material,x,y,z,too,much\n,,,,\n"c\nd.tif",green body\n'
    )
    rows = _read(tmp_path, profile, text)
    assert [(r.row, r.file_name) for r in rows] == [(1, "a,1.tif"), (2, "b.tif"), (3, "c\nd.tif")]


def test_class_that_is_not_understood_is_an_issue_of_its_row(tmp_path: Path, profile: Profile) -> None:
    """The row is kept as unknown, with the text as it stood, and cannot label."""
    unclear, empty, known = _read(tmp_path, profile, "filename,class\na.tif,gremlins\nb.tif,\nc.tif,unknown\n")
    assert (unclear.defect_class, unclear.defect_class_raw) == (DefectClass.UNKNOWN, "gremlins")
    assert "class not understood: 'gremlins'" in unclear.issue
    assert "class not understood" in empty.issue
    assert (known.defect_class, known.issue) == (DefectClass.UNKNOWN, "")


@pytest.mark.parametrize(
    ("foan", "issue"),
    [("FOAN-2020-0001", ""), ("FOAN 2020 1", "breaks the site's grammar"), ("FOAN-2O20-0001", "needs a repair")],
)
def test_identifier_that_breaks_the_grammar_is_an_issue(
    foan: str, issue: str, tmp_path: Path, profile: Profile
) -> None:
    """A wrong FOAN is worse than none: what needs a repair goes to a person."""
    (row,) = _read(tmp_path, profile, f"filename,class,foan\nFOAN-2019-0009.tif,material,{foan}\n")
    assert row.foan == (None if issue else foan)
    assert row.foan_raw == foan
    assert row.foan_source is ReadingMethod.LABEL_TABLE
    assert issue in row.issue


@pytest.mark.parametrize(
    ("name", "foan"),
    [
        ("FOAN-2020-0001_a_500x.tif", "FOAN-2020-0001"),
        ("2021/foan_2020_0001.tif", "FOAN-2020-0001"),
        ("FOAN-2020-0001_FOAN-2020-0001.tif", "FOAN-2020-0001"),
        ("FOAN-2019-0009/img.tif", None),  # the folder's, not the file's
        ("2020-0001.tif", None),  # without its prefix it may be anything
        ("FOAN-2O20-0001.tif", None),  # needs a repair
        ("FOAN-2020-001.tif", None),  # a digit too few
        ("FOAN-2020-0001_FOAN-2020-0002.tif", None),
        ("FOAN-2020-0001_FOAN-2020-002.tif", None),
        ("img.tif", None),
    ],
)
def test_foan_of_the_file_name_stands_in_where_the_table_states_none(
    name: str, foan: str | None, tmp_path: Path, profile: Profile
) -> None:
    """Only a whole, prefixed and unrepaired FOAN, the only one in the name; its source is told."""
    for text in (f"filename,class\n{name},material\n", f"filename,class,foan\n{name},material,\n"):
        (row,) = _read(tmp_path, profile, text)
        assert row.foan == foan
        assert row.issue == ""
        assert row.foan_source is (ReadingMethod.FILE_NAME if foan else ReadingMethod.LABEL_TABLE)
        assert row.foan_raw in name


def _row(file_name: str) -> LabelRow:
    return LabelRow(
        1, file_name, None, "", ReadingMethod.LABEL_TABLE, None, "", DefectClass.MATERIAL, "", "", "", None, "", None,
        "", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "paths", "meant"),
    [
        ("x/a.tif", ["x/a.tif", "y/x/a.tif"], ["x/a.tif"]),
        ("a.tif", ["x/a.tif"], ["x/a.tif"]),
        ("a", ["x/a.tif"], ["x/a.tif"]),
        ("x/a", ["x/a.tif", "y/a.tif"], ["x/a.tif"]),
        ("X\\A.TIF", ["x/a.tif"], ["x/a.tif"]),
        ("./x/a.tif", ["x/a.tif"], ["x/a.tif"]),
        ("C:\\lab\\x\\a.tif", ["x/a.tif", "y/a.tif"], ["x/a.tif"]),
        ("/lab/images/a.tif", ["a.tif"], ["a.tif"]),
        ("a.tif", ["x/a.tif", "y/a.tif"], ["x/a.tif", "y/a.tif"]),
        ("a", ["a.tif", "a.jpg"], ["a.tif", "a.jpg"]),
        ("a.tif", ["x/aa.tif", "b.tif"], []),
        ("2019/a.tif", ["2020/a.tif"], []),
        ("a.tif", ["A.tif", "a.tif"], ["a.tif"]),
        ("A.TIF", ["A.tif", "a.tif"], ["A.tif", "a.tif"]),
        ("a.png", ["a.tif"], []),
        ("", ["a.tif"], []),
        ("../..", ["a.tif"], []),
    ],
)
def test_row_means_the_file_whose_path_fits_and_no_other(written: str, paths: list[str], meant: list[str]) -> None:
    """Ambiguous names give all their files; a folder that contradicts rules a file out."""
    assert sorted(resolve_files([_row(written)], paths)[1]) == sorted(meant)


def test_composed_and_decomposed_spellings_are_one_name() -> None:
    """A table from a Mac names the files of a server."""
    composed, decomposed = (unicodedata.normalize(form, "Prüfung/ä.tif") for form in ("NFC", "NFD"))
    assert resolve_files([_row(decomposed)], [composed]) == {1: [composed]}
    assert resolve_files([_row(composed)], [decomposed]) == {1: [decomposed]}


@given(st.lists(st.text("ab/. A", min_size=1, max_size=6), max_size=6, unique=True))
def test_every_path_means_itself(paths: list[str]) -> None:
    """Whatever else lies in the archive, the very path of a file is never ambiguous."""
    for path in paths:
        assert resolve_files([_row(path)], paths) == {1: [path]}
