"""The audit says how many crops are clean, and which equal pictures contradict each other."""

from collections.abc import Callable
from typing import Any

from data_contracts.catalog import Catalog
from fractocurate.stages.frame_audit import audit_frames, state_frames
from fractocurate.stages.settled import settled

Plot = Any


def test_clean_crops_are_counted_with_their_interval(plot: Plot, grains: Callable[..., Any]) -> None:
    """Four frames, one with print left: 75 %, and the interval of four trials is wide."""
    for number in range(4):
        plot.add_image(f"{number}.png", grains(number), leftover="5 strokes in a row" if number == 2 else "")
    with Catalog.open(plot.write()) as catalog:
        audit = audit_frames(catalog)
    assert (audit.n_checked, audit.n_clean, audit.not_clean) == (4, 3, ("2.png",))
    assert audit.low < 0.4
    assert audit.high > 0.9
    assert "3 of 4" in state_frames(audit)
    assert "75.0%" in state_frames(audit)


def test_equal_pictures_with_other_labels_are_named(plot: Plot, grains: Callable[..., Any]) -> None:
    """Same pixels in other files, linked to another class."""
    for path, defect_class in (("a.png", "green_body"), ("b.png", "material"), ("c.png", "material")):
        plot.add_image(path, grains(ord(path[0])), pixel_sha256=("1" if path < "c" else "2") * 64)
        plot.match(path, plot.add_instance(f"F-{path}", None, defect_class))
    with Catalog.open(plot.write()) as catalog:
        audit = audit_frames(catalog)
    assert audit.n_same_pixels >= 1
    (conflict,) = audit.conflicts
    assert "a.png (green_body), b.png (material)" in conflict


def test_a_frame_with_print_left_labels_nothing_until_a_person_looks(plot: Plot, grains: Callable[..., Any]) -> None:
    """Matched by its name, but in review with the reason, and the link that waits in the evidence."""
    from data_contracts.vocabulary import MatchMethod, MatchStatus  # noqa: PLC0415 - as above
    from fractocurate.matching.evidence import Decision  # noqa: PLC0415 - used by this test alone

    plot.add_image("a.png", grains(1), leftover="5 strokes in a row")
    plot.add_image("b.png", grains(2))
    with Catalog.open(plot.write()) as catalog:
        decisions = [
            Decision(p, MatchStatus.MATCHED, None, "i", "F-1", MatchMethod.EXACT, 1.0, None, "exact", "", "by name")
            for p in ("a.png", "b.png")
        ]
        first, second = settled(catalog, decisions)
    assert (str(first.status), str(first.reason), first.instance_id) == ("review", "print_left_in_crop", None)
    assert "by name" in first.evidence
    assert second.status is MatchStatus.MATCHED
