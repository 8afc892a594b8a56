"""How far the links of a catalog can be trusted: both rules side by side, collisions of FOANs, and a bound."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import MatchingMode
from fractocurate.matching.comparison import DIFFERING, ComparedImage, Difference, compare
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.index import witnesses_of
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser
from fractocurate.matching.neighbours import neighbouring_foans
from fractocurate.matching.wrong_links import WrongLinkBound, bound_wrong_links
from fractocurate.profile import Profile
from fractocurate.progress import Progress
from fractocurate.stages.match_inputs import image_evidence, instances


@dataclass(frozen=True, slots=True)
class Collision:
    """A FOAN and a valid neighbour of it: one edit or one swap turns one into the other."""

    foan: str
    n_images: int
    """Image files in whose name, folder, bar or tag it stands."""
    n_one_witness: int
    """Links to it that one witness alone makes: a slip in a name of the neighbour would stand among them unseen."""
    has_report: bool
    neighbour: str
    neighbour_n_images: int
    neighbour_has_report: bool


@dataclass(frozen=True)
class MatchingStatus:
    """What `fracto status --matching` shows."""

    n_images: int
    differences: dict[Difference, int]
    """All images by how the outcomes of paper and guarded relate; decisions of people are left out of both."""
    compared: tuple[ComparedImage, ...]
    """The images that differ."""
    n_foans: int
    """FOANs of reports, names, folders, bars and tags together."""
    n_colliding: int
    """Of these, FOANs with a neighbour that has a report: where a slip could link wrongly."""
    collisions: tuple[Collision, ...]
    """Most links at risk first."""
    n_at_risk: int
    """Links with one witness to a FOAN that has a neighbour: what a slip nobody can see may have made."""
    bound: WrongLinkBound
    n_doubts: int
    """Links that stand although the frame was taken at an odd time for its report."""


def matching_status(catalog: Catalog, progress: Progress) -> MatchingStatus:
    """Run both ladders on what the catalog knows, by the profile of its last ingest; nothing is written.

    Raises:
        UsageError: the catalog holds no ingest of reports.
    """
    profile = _last_profile(catalog)
    progress.start("matching status", 4)
    images, known = image_evidence(catalog, profile), instances(catalog)
    outcome = decide(images, known, profile, MatchingMode.GUARDED)
    guarded = outcome.decisions
    progress.advance()
    paper = decide(images, known, profile, MatchingMode.PAPER).decisions
    compared = compare(paper, guarded)
    progress.advance()
    bound = bound_wrong_links(images, known, profile, guarded)
    progress.advance()
    foans, collisions = find_collisions(images, known, profile, bound.one_witness_of)
    progress.advance()
    counts = Counter(image.difference for image in compared)
    return MatchingStatus(
        n_images=len(images),
        differences={difference: counts[difference] for difference in Difference},
        compared=tuple(image for image in compared if image.difference in DIFFERING),
        n_foans=len(foans),
        n_colliding=len({c.foan for c in collisions if c.neighbour_has_report}),
        collisions=tuple(collisions),
        n_at_risk=sum({c.foan: c.n_one_witness for c in collisions}.values()),
        bound=bound,
        n_doubts=len(outcome.doubts),
    )


def find_collisions(
    images: Iterable[ImageEvidence], known: Sequence[Instance], profile: Profile, one_witness_of: Mapping[str, int]
) -> tuple[set[str], list[Collision]]:
    """All FOANs of an archive, and each with each of its neighbours; those with most links at risk first.

    ``one_witness_of``: FOAN -> links to it with one witness.
    """
    parser = NameParser(profile)
    n_images: Counter[str] = Counter()
    for image in images:
        n_images.update({f.value for w in witnesses_of(image, parser) for f in w.text.foans if not f.may_be_date})
    reported = {instance.foan for instance in known}
    foans = reported | n_images.keys()
    collisions = [
        Collision(
            foan, n_images[foan], one_witness_of.get(foan, 0), foan in reported,
            other, n_images[other], other in reported,
        )
        for foan, others in neighbouring_foans(foans, profile.foan.grammar).items()
        for other in others
    ]  # fmt: skip
    return foans, sorted(collisions, key=lambda c: (-c.n_one_witness, c.foan, c.neighbour))


def write_lists(status: MatchingStatus, folder: Path) -> None:
    """Write ``differences.csv`` and ``collisions.csv`` to a new folder.

    Raises:
        UsageError: the folder exists already.
        BadInputError: it cannot be written.
    """
    if folder.exists():
        raise UsageError(f"{folder}: exists already; name another folder or remove it")
    differences = [difference_row(image) for image in status.compared]
    collisions = [{name: getattr(c, name) for name in Collision.__slots__} for c in status.collisions]
    try:
        folder.mkdir(parents=True)
        _write(folder / "differences.csv", list(DIFFERENCE_COLUMNS), differences)
        _write(folder / "collisions.csv", list(Collision.__slots__), collisions)
    except OSError as error:
        raise BadInputError(f"{folder}: cannot be written: {error.strerror or error}") from error


DIFFERENCE_COLUMNS = (
    "path", "difference", "paper_foan", "paper_instance_id", "paper_similarity", "guarded_status", "guarded_foan",
    "guarded_instance_id", "guarded_reason", "guarded_guard", "guarded_evidence",
)  # fmt: skip


def difference_row(image: ComparedImage) -> dict[str, object]:
    """One image on which the rules differ, flat."""
    paper, guarded = image.paper, image.guarded
    values = (
        image.path, image.difference, paper.foan, paper.instance_id, paper.similarity, guarded.status, guarded.foan,
        guarded.instance_id, guarded.reason, guarded.guard, guarded.evidence,
    )  # fmt: skip
    return dict(zip(DIFFERENCE_COLUMNS, values, strict=True))


def _write(target: Path, columns: Sequence[str], rows: Iterable[dict[str, object]]) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)


def _last_profile(catalog: Catalog) -> Profile:
    """The site's settings at the last ingest: links are judged by the grammar that made them."""
    runs = catalog.query("SELECT settings FROM runs WHERE command = 'ingest' ORDER BY started_at DESC, run_id DESC")
    settings = json.loads(runs["settings"][0]) if runs.height else {}
    if not settings.get("reports"):
        raise UsageError(f"{catalog.path}: its labels come from no reports, so there are no links by name to judge")
    return Profile.model_validate(settings["profile"])
