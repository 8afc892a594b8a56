"""What the pictures in reports say about an image, and how that weighs against its names.

A report shows the picture itself: no typing error touches that. So it links an image whose name says nothing, and
decides where names leave several instances open. But a report may also show a sister part for comparison; so where a
name clearly says something else, neither wins, and a person looks.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from data_contracts.slips import one_slip_apart
from data_contracts.vocabulary import MatchMethod, MatchReason
from fractocurate.matching.evidence import Instance, PictureEvidence, ShownIn
from fractocurate.matching.index import InstanceIndex
from fractocurate.matching.verdict import Verdict

Within = Callable[[str, list[Instance], MatchMethod, str, float | None], Verdict]
"""FOAN, its instances, method, rule and similarity -> verdict: chooses among the instances by serial number and tag."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The instances among whose pictures an image is shown."""

    instances: tuple[Instance, ...]
    """Empty if no report shows it, or if several do and agree on none."""
    places: tuple[str, ...]
    """Where the pictures stand, for a person."""

    @property
    def foans(self) -> tuple[str, ...]:
        """Their FOANs, sorted."""
        return tuple(sorted({instance.foan for instance in self.instances}))

    def evidence_for(self, instance: Instance) -> PictureEvidence:
        """How these pictures relate to an instance."""
        if not self.instances:
            return PictureEvidence.NONE
        return PictureEvidence.SHOWN if instance in self.instances else PictureEvidence.ELSEWHERE

    def sentence(self) -> str:
        """For a person; empty if no report shows it."""
        if not self.places:
            return ""
        pictures = ", ".join(self.places)
        if not self.instances:
            return f"shown in {pictures}, which agree on no part"
        return f"shown in {pictures}, of {' or '.join(self.foans)}"


def instances_shown(shown_in: Sequence[ShownIn], index: InstanceIndex) -> Shown:
    """The instances that all pictures which show an image agree on.

    A caption that names a FOAN or a serial number narrows the instances of its report down; one that names a part of
    another report speaks for that part. Pictures that fit no instance in force say nothing.
    """
    sets = [found for shown in shown_in if (found := _instances_of(shown, index))]
    common = [i for i in sets[0] if all(i in other for other in sets[1:])] if sets else []
    return Shown(tuple(common), tuple(shown.place or shown.figure_id for shown in shown_in))


def weigh_pictures(
    verdict: Verdict,
    shown: Shown,
    stated: Collection[str],
    plausible: Collection[str],
    key_of: Callable[[str], str],
    is_attested: Callable[[str], bool],
    within: Within,
) -> Verdict:
    """The verdict on an image's names in the light of the pictures that show it.

    Args:
        verdict: by names, bar, tags and serial numbers alone.
        shown: where reports show the image.
        stated: valid FOANs that its witnesses state.
        plausible: FOANs that its malformed readings may stand for, ``stated`` included.
        key_of: comparable form of a FOAN.
        is_attested: whether something other than this very file states a FOAN.
        within: chooses among instances of a FOAN.
    """
    if not shown.instances:
        return verdict
    if verdict.chosen in shown.instances:
        return replace(verdict, rule=f"{verdict.rule} + picture")
    foan = None if verdict.chosen else _open_foan(shown, plausible, key_of, is_attested)
    if foan is not None:
        method, rule = _how(foan, stated, plausible)
        similarity = 1.0 if foan in stated else verdict.similarity
        return within(foan, [i for i in shown.instances if i.foan == foan], method, rule, similarity)
    if verdict.chosen is None and not plausible:
        return verdict
    guard = f"the name says otherwise than the report of {' or '.join(shown.foans)} that shows the picture"
    return Verdict(None, None, None, "", None, MatchReason.CONTRADICTION, guard)


def _open_foan(
    shown: Shown, plausible: Collection[str], key_of: Callable[[str], str], is_attested: Callable[[str], bool]
) -> str | None:
    """The FOAN that the pictures decide for, where the names left it open; None if they contradict each other."""
    named = [foan for foan in shown.foans if foan in plausible]
    if named or len(shown.foans) > 1:
        return named[0] if len(named) == 1 else None
    foan = shown.foans[0]
    if not plausible:
        return foan
    slips = [said for said in plausible if one_slip_apart(key_of(said), key_of(foan)) and not is_attested(said)]
    return foan if len(slips) == len(plausible) == 1 else None


def _how(foan: str, stated: Collection[str], plausible: Collection[str]) -> tuple[MatchMethod, str]:
    if foan in stated:
        return MatchMethod.EXACT, "picture and name"
    if foan in plausible:
        return MatchMethod.FUZZY, "picture and name"
    return (MatchMethod.FUZZY, "picture and a FOAN one slip away") if plausible else (MatchMethod.PICTURE, "picture")


def _instances_of(shown: ShownIn, index: InstanceIndex) -> list[Instance]:
    of_report = index.of_report.get(shown.report_id, [])
    found = of_report
    if shown.foan is not None:
        found = [i for i in of_report if i.foan == shown.foan] or index.of_foan.get(shown.foan, [])
    if shown.serial_number is not None:
        serial = index.key_of_serial(shown.serial_number)
        found = [i for i in found if index.serial_key(i) == serial]
    return found
