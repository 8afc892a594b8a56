"""Every rule of the catalog, broken once on purpose, is found with the rows that break it; a sound catalog has none."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from data_contracts.catalog import Catalog
from data_contracts.tables import TABLES, key_columns, polars_schema
from data_contracts.validation import _REFERENCES, RULES, Violation, check_table, validate

Plot = Any
BlankRow = Callable[..., dict[str, object]]
Found = list[tuple[str, str, tuple[str, ...]]]


def _broken_values() -> list[tuple[str, str, object]]:
    """For every check of every column: a value that breaks it."""
    found: list[tuple[str, str, object]] = []
    for table, model in TABLES.items():
        schema = polars_schema(model)
        for name, column in model.to_schema().columns.items():
            if not column.nullable:
                found.append((table, name, None))
            for check in column.checks:
                for key, bound in (check.statistics or {}).items():
                    wrong = {
                        "allowed_values": 45 if schema[name] == pl.Int64() else "no such word",
                        "pattern": "NOT a hash",
                    }.get(key)
                    if wrong is None:
                        by = 1 if key == "max_value" else -1
                        wrong = schema[name].to_python()(bound + by)
                    found.append((table, name, wrong))
    return found


@pytest.mark.parametrize(("table", "column", "wrong"), _broken_values())
def test_value_outside_its_contract_is_found_by_key(
    table: str, column: str, wrong: object, blank_row: BlankRow
) -> None:
    """The violation names table, column and the keys of exactly the bad rows."""
    good, bad = blank_row(table), blank_row(table)
    keys = key_columns(TABLES[table])
    for name in keys:  # tell the two rows apart, as far as the contract of the key allows it
        if name != column and polars_schema(TABLES[table])[name] == pl.String() and set(str(good[name])) <= {"0"}:
            bad[name] = str(good[name]).replace("0", "1") or "other"
    bad[column] = wrong
    frame = pl.DataFrame([good, bad], schema=polars_schema(TABLES[table]), orient="row")
    of_column = [v for v in check_table(table, frame) if v.rule.startswith(f"{column}:")]
    assert of_column, f"no violation of {column}"
    assert of_column[0].table == table
    assert of_column[0].ids == (" ".join(str(bad[name]) for name in keys),)
    assert of_column[0].n_rows == 1


@pytest.mark.parametrize("table", TABLES)
def test_row_with_a_key_that_another_has_is_found_by_that_key(table: str, blank_row: BlankRow) -> None:
    """Two rows of one key are a violation of the table."""
    row = blank_row(table)
    frame = pl.DataFrame([row, row], schema=polars_schema(TABLES[table]), orient="row")
    key = " ".join(str(row[name]) for name in key_columns(TABLES[table]))
    found = check_table(table, frame)
    assert found
    assert any(key in violation.ids for violation in found)


@pytest.mark.parametrize("table", TABLES)
def test_missing_extra_and_mistyped_columns_are_found(table: str, blank_row: BlankRow) -> None:
    """A table that somebody altered is a violation, not a crash."""
    frame = pl.DataFrame([blank_row(table)], schema=polars_schema(TABLES[table]), orient="row")
    first = frame.columns[0]
    assert check_table(table, frame) == []
    assert check_table(table, frame.drop(first))
    assert check_table(table, frame.with_columns(surplus=pl.lit(1)))
    assert check_table(table, frame.with_columns(pl.lit(None, pl.Duration()).alias(first)))


def test_all_bad_rows_are_counted_and_twenty_named(blank_row: BlankRow) -> None:
    """A broken stage does not flood the screen, and its size is told."""
    rows = [blank_row("failures", item=f"{n:02d}", reason="bad luck") for n in range(50)]
    (violation,) = check_table("failures", pl.DataFrame(rows, schema=polars_schema(TABLES["failures"]), orient="row"))
    assert violation.n_rows == 50
    assert violation.ids == tuple(f"reports {n:02d}" for n in range(20))


def test_sound_catalog_has_no_violation(sound: Plot) -> None:
    """Rows in every table, every rule looked at, nothing found."""
    assert all(sound.rows[table] for table in TABLES)
    with Catalog.open_read_only(sound.write()) as catalog:
        assert validate(catalog) == []


def test_empty_catalog_has_no_violation(empty_catalog: Any) -> None:
    """Before the first ingest all rules hold."""
    with Catalog.open_read_only(empty_catalog) as catalog:
        assert validate(catalog) == []


def _found(catalog: Catalog) -> Found:
    return [(v.table, v.rule, v.ids) for v in validate(catalog)]


@pytest.mark.parametrize(("table", "column", "target", "target_column"), _REFERENCES)
def test_reference_to_a_row_that_is_not_there_is_found(
    table: str, column: str, target: str, target_column: str, sound_catalog: Catalog
) -> None:
    """The violation names the row and what it points to."""
    keys = key_columns(TABLES[table])
    row = sound_catalog.read(table).row(0, named=True)
    sound_catalog.update(table, {k: row[k] for k in keys if row[k] is not None}, {column: "9" * 16})
    key = " ".join("9" * 16 if name == column else str(row[name]) for name in keys)
    assert (table, f"{column} -> {target}.{target_column}", (f"{key} {'9' * 16}",)) in _found(sound_catalog)


@pytest.mark.parametrize(
    ("decision_id", "values"), [(1, {"question": "right_for_wrong_reason"}), (2, {"run_id": None}), (2, {"foan": "F"})]
)
def test_half_a_decision_and_half_an_answer_is_found(
    decision_id: int, values: dict[str, Any], sound_catalog: Catalog
) -> None:
    """A label must not hang on a row that is about a heat-map, nor an answer about no question."""
    sound_catalog.update("decisions", {"decision_id": decision_id}, values)
    assert ("decisions", "answers_are_whole", (str(decision_id),)) in _found(sound_catalog)


def _matched(catalog: Catalog, path: str) -> dict[str, Any]:
    return catalog.query("SELECT * FROM matches WHERE path = ?", [path]).row(0, named=True)


def _match_is_about_no_file(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "b/3.png"}, {"path": "gone.png"})


def _candidate_is_about_no_file(catalog: Catalog) -> None:
    catalog.update("match_candidates", {"path": "a/1.png"}, {"path": "gone.png"})


def _file_stands_twice(catalog: Catalog) -> None:
    catalog.append("matches", [_matched(catalog, "b/3.png")])


def _no_reason(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "b/3.png"}, {"reason": None})


def _neither_read_nor_failed(catalog: Catalog) -> None:
    catalog.delete("failures", "item", ["broken.png"])


def _unmatched_without_reason(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "b/3.png"}, {"reason": None})


def _undecided(catalog: Catalog) -> None:
    catalog.delete("matches", "path", ["b/3.png"])


def _matched_to_nothing(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "a/2.png"}, {"instance_id": None})


def _matched_by_no_method(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "a/2.png"}, {"method": None})


def _loose_instance(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "b/3.png"}, {"instance_id": _matched(catalog, "a/1.png")["instance_id"]})


def _torn_picture(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "a/2.png"}, {"micrograph_id": _matched(catalog, "a/1.png")["micrograph_id"]})


def _superseded_label(catalog: Catalog) -> None:
    catalog.update("fracture_instances", {"foan": "F-2"}, {"superseded_by": "a" * 16})


def _label_in_review(catalog: Catalog) -> None:
    catalog.update("fracture_instances", {"foan": "F-2"}, {"in_review": True})


def _first_frame(catalog: Catalog, **values: int) -> None:
    path = catalog.query("SELECT sha256 FROM files WHERE path = 'a/1.png'").item()
    catalog.update("micrographs", {"sha256": path}, values)


def _crop_outside(catalog: Catalog) -> None:
    _first_frame(catalog, crop_right_px=97)


def _bar_inside_out(catalog: Catalog) -> None:
    _first_frame(catalog, data_bar_top_px=80)


def _crop_holds_bar(catalog: Catalog) -> None:
    _first_frame(catalog, crop_bottom_px=80)


def _mask_leaves_crop(catalog: Catalog) -> None:
    frame = catalog.query("SELECT micrograph_id FROM overlay_masks")["micrograph_id"][0]
    catalog.update("overlay_masks", {"micrograph_id": frame}, {"bottom_px": 79})


def _nothing_but_a_bar(catalog: Catalog) -> None:
    _first_frame(catalog, crop_bottom_px=0)


def _group_torn(catalog: Catalog) -> None:
    catalog.update("folds", {"path": "a/2.png"}, {"group_id": "F-1"})


def _no_such_fold(catalog: Catalog) -> None:
    catalog.update("folds", {"path": "a/2.png"}, {"fold": 2})


def _foan_torn(catalog: Catalog) -> None:
    catalog.update("matches", {"path": "a/2.png"}, {"foan": "F-1"})


_FRAME_1, _FRAME_3, _SPLIT = "{a/1.png}", "{b/3.png}", "d" * 16
_PLANTED: list[tuple[Callable[[Catalog], None], str, str, str]] = [
    (_match_is_about_no_file, "matches", "path -> files.path", "gone.png"),
    (_candidate_is_about_no_file, "match_candidates", "path -> files.path", "gone.png"),
    (_file_stands_twice, "dataset", "one_row_per_file", "b/3.png"),
    (_no_reason, "dataset", "reason_given", "b/3.png"),
    (_neither_read_nor_failed, "dataset", "every_image_read", "broken.png"),
    (_unmatched_without_reason, "dataset", "reason_given", "b/3.png"),
    (_undecided, "matches", "every_micrograph_decided", "b/3.png"),
    (_matched_to_nothing, "matches", "matched_has_instance", "a/2.png"),
    (_matched_by_no_method, "matches", "matched_has_instance", "a/2.png"),
    (_loose_instance, "matches", "only_matched_has_instance", "b/3.png"),
    (_torn_picture, "matches", "one_instance_per_micrograph", _FRAME_1),
    (_superseded_label, "matches", "instance_fit_for_labels", "a/2.png"),
    (_label_in_review, "matches", "instance_fit_for_labels", "a/2.png"),
    (_crop_outside, "micrographs", "crop_inside_frame", _FRAME_1),
    (_bar_inside_out, "micrographs", "data_bar_inside_frame", _FRAME_1),
    (_crop_holds_bar, "micrographs", "crop_without_bar", _FRAME_1),
    (_mask_leaves_crop, "overlay_masks", "mask_inside_crop", f"{_FRAME_3} 1"),
    (_nothing_but_a_bar, "matches", "matched_has_picture", "a/1.png"),
    (_group_torn, "folds", "group_in_one_fold", f"{_SPLIT} F-1"),
    (_no_such_fold, "folds", "fold_in_range", f"{_SPLIT} a/2.png"),
    (_foan_torn, "folds", "foan_in_one_fold", f"{_SPLIT} F-1"),
]


@pytest.mark.parametrize(("break_it", "table", "rule", "row"), _PLANTED)
def test_broken_rule_between_tables_is_found_with_its_row(
    break_it: Callable[[Catalog], None], table: str, rule: str, row: str, sound_catalog: Catalog
) -> None:
    """One thing is broken on purpose; the rule about it names the row."""
    for name, path in ((_FRAME_1, "a/1.png"), (_FRAME_3, "b/3.png")):
        row = row.replace(name, str(_matched(sound_catalog, path)["micrograph_id"]))
    break_it(sound_catalog)
    assert (table, rule, (row,)) in _found(sound_catalog)


def test_every_rule_is_broken_by_some_test(empty_catalog: Any) -> None:
    """A rule that is added later must be planted here, too: each yields only rules that the tests above know."""
    with Catalog.open_read_only(empty_catalog) as catalog:
        frames = {name: catalog.read(name) for name in TABLES}
        dataset = catalog.read("dataset")
    assert [violation for rule in RULES for violation in rule(frames, dataset)] == []
    assert {rule.__name__ for rule in RULES} == {
        "references",
        "files_exist",
        "every_image_accounted_for",
        "one_instance_per_matched_micrograph",
        "labels_can_be_used",
        "matched_have_a_picture",
        "boxes_inside",
        "folds_do_not_straddle",
        "answers_are_whole",
    }, "plant a violation of the new rule above"


def test_label_that_a_person_decided_on_may_rest_on_a_doubtful_instance(sound_catalog: Catalog) -> None:
    """The guard is for the rules' own decisions."""
    _label_in_review(sound_catalog)
    sound_catalog.update("matches", {"path": "a/2.png"}, {"method": "reviewed"})
    assert validate(sound_catalog) == []


def test_folds_that_outlive_a_file_are_stale_not_wrong(sound_catalog: Catalog) -> None:
    """An archive that lost a file needs a new audit, not a repair."""
    sound_catalog.append("folds", [sound_catalog.read("folds").row(0, named=True) | {"path": "gone.png"}])
    assert validate(sound_catalog) == []


def test_all_violations_come_at_once(sound_catalog: Catalog) -> None:
    """Nothing hides behind the first one; tables come before the rules between them."""
    _no_reason(sound_catalog)
    _crop_outside(sound_catalog)
    sound_catalog.update("runs", {"run_id": "train-1"}, {"outcome": "exploded"})
    found: list[Violation] = validate(sound_catalog)
    assert [v.table for v in found] == ["runs", "dataset", "micrographs"]
