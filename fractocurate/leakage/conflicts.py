"""What the pairs betray: one field under two labels or under two FOANs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import PairKind
from fractocurate.leakage.groups import belongs_together
from fractocurate.leakage.pairs import FilePair, ImageFile, likeness


@dataclass(frozen=True, slots=True)
class LabelConflict:
    """Two files that show one field, of which at most one can be labelled rightly."""

    path_a: str
    path_b: str
    kind: PairKind
    ssim: float
    classes: tuple[str, str]
    """Of a and of b."""
    foans: tuple[str | None, str | None]

    @property
    def is_of_class(self) -> bool:
        """Whether the labels differ, not only the FOANs."""
        return self.classes[0] != self.classes[1]


def find_conflicts(
    files: Sequence[ImageFile], pairs: Iterable[FilePair], cluster_ssim: float
) -> tuple[LabelConflict, ...]:
    """List pairs that show one field and disagree on class or FOAN; different classes first, then the likest."""
    by_path = {file.path: file for file in files}
    conflicts = [
        LabelConflict(
            pair.path_a,
            pair.path_b,
            pair.kind,
            likeness(pair),
            (by_path[pair.path_a].defect_class, by_path[pair.path_b].defect_class),
            (by_path[pair.path_a].foan, by_path[pair.path_b].foan),
        )
        for pair in pairs
        if belongs_together(pair, cluster_ssim) and (not pair.same_class or pair.same_foan is False)
    ]
    return tuple(sorted(conflicts, key=lambda c: (not c.is_of_class, -c.ssim, c.path_a, c.path_b)))
