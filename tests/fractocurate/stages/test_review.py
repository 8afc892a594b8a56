"""Mirrors ``fractocurate/stages/review.py``; what decisions do to matches is in ``test_matching``."""

from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from fractocurate.stages.review import record_decision

Plot = Any


def test_decision_moves_the_mark_of_the_accepted_candidate(sound: Plot) -> None:
    """Whoever looks at the candidates right after a review sees the one that the person chose, or none."""
    first, second = (row["instance_id"] for row in sound.rows["fracture_instances"])
    sound.add("match_candidates", path="a/1.png", rank=2, instance_id=second, foan="F-2", similarity=0.5)
    with Catalog.open(sound.write()) as catalog:
        for foan, accepted in (("F-2", second), ("F-1", first), (None, None)):
            record_decision(catalog, "a/1.png", foan, None, "R", "seen")
            marked = catalog.query("SELECT instance_id FROM match_candidates WHERE path = 'a/1.png' AND accepted")
            assert list(marked["instance_id"]) == ([accepted] if accepted else [])


def test_a_data_bar_alone_cannot_be_linked(sound: Plot) -> None:
    """There is no fracture surface on it; leaving it out is allowed."""
    sound.add_image("bar.png", crop_bottom_px=0)
    sound.match("bar.png", reason="nothing_but_a_data_bar")
    with Catalog.open(sound.write()) as catalog:
        with pytest.raises(BadInputError, match="data bar alone"):
            record_decision(catalog, "bar.png", "F-1", None, "R", "seen")
        record_decision(catalog, "bar.png", None, None, "R", "no picture")
        assert catalog.read("decisions").filter(path="bar.png").height == 1
