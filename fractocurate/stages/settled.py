"""What no rule of matching may overrule: decisions of people, and that a file without a picture labels nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import Decision


def settled(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """What no rule may overrule: the decisions of people, and that a file without a picture labels nothing."""
    empty = catalog.query(
        "SELECT path FROM dataset WHERE crop_right_px <= crop_left_px OR crop_bottom_px <= crop_top_px",
    )
    bare = set(empty["path"])
    return [
        _overruled(d, MatchStatus.UNMATCHED, MatchReason.NO_PICTURE, None, d.foan, "the file is a data bar alone")
        if d.path in bare
        else d
        for d in _with_human_decisions(catalog, _without_print_left(catalog, decisions))
    ]


def _without_print_left(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """A frame in whose crop print was found labels nothing until a person has looked."""
    left = dict(
        catalog.query(
            "SELECT d.path, m.leftover FROM dataset d JOIN micrographs m USING (micrograph_id) WHERE m.leftover <> ''"
        ).iter_rows()
    )
    return [
        replace(
            d,
            status=MatchStatus.REVIEW,
            reason=MatchReason.PRINT_LEFT,
            instance_id=None,
            method=None,
            evidence=f"the crop may still hold print: {left[d.path]}; it would be linked: {d.evidence}",
        )
        if d.path in left and d.status is MatchStatus.MATCHED
        else d
        for d in decisions
    ]


def _with_human_decisions(catalog: Catalog, decisions: Sequence[Decision]) -> list[Decision]:
    """The latest decision of a person on a picture overrules every rule."""
    latest = {row["sha256"]: row for row in catalog.read("label_decisions").sort("decision_id").iter_rows(named=True)}
    if not latest:
        return list(decisions)
    sha_of = dict(catalog.query("SELECT path, sha256 FROM files WHERE kind = 'image'").iter_rows())
    current = current_instances(catalog)
    return [
        decided(decision, latest[sha_of[decision.path]], current) if sha_of[decision.path] in latest else decision
        for decision in decisions
    ]


def current_instances(catalog: Catalog) -> pl.DataFrame:
    """The instances in force that a person may have meant: id, FOAN, serial number."""
    return catalog.query(
        "SELECT instance_id, foan, serial_number FROM fracture_instances WHERE superseded_by IS NULL "
        "ORDER BY instance_id",
    )


def decided(decision: Decision, human: Mapping[str, object], current: pl.DataFrame) -> Decision:
    """What a person's decision makes of one; in review if the reports no longer have just one such instance."""
    said = f"{human['reviewer']} on {human['decided_at']}: {human['note']}"
    if human["action"] == "exclude":
        return _overruled(decision, MatchStatus.UNMATCHED, MatchReason.EXCLUDED, None, None, said)
    fitting = current.filter(pl.col("foan") == human["foan"])
    if human["serial_number"] is not None:
        fitting = fitting.filter(pl.col("serial_number") == human["serial_number"])
    if fitting.height != 1:
        foan = str(human["foan"])
        gone = f"{said}; but the reports now have {fitting.height} such instances"
        return _overruled(decision, MatchStatus.REVIEW, MatchReason.AMBIGUOUS_INSTANCE, None, foan, gone)
    return _overruled(decision, MatchStatus.MATCHED, None, fitting["instance_id"][0], str(human["foan"]), said)


def _overruled(
    decision: Decision,
    status: MatchStatus,
    reason: MatchReason | None,
    instance_id: str | None,
    foan: str | None,
    evidence: str,
) -> Decision:
    method = MatchMethod.REVIEWED if status is MatchStatus.MATCHED else None
    rule = "" if reason is MatchReason.NO_PICTURE else "reviewed"
    return Decision(decision.path, status, reason, instance_id, foan, method, None, None, rule, "", evidence)
