"""An upper bound on the share of wrong links, from images on which the ladder can be put to the test.

Many images have two witnesses: the FOAN in the file name and, apart from it, a serial number, a picture in a report, a
data bar, a tag or a folder. Such an image is a test. The ladder decides anew by the file name's FOAN alone; if that
leads to a FOAN of the reports which no second witness confirms, the name alone would have made a wrong link. Images
with one witness are where such a mistake goes unnoticed: they are exposed.

If having a second witness does not depend on being wrongly named, the tested images are a random draw from tested and
exposed ones together, and the number of failures among them is hypergeometric. The bound is the largest number of wrong
ones among the exposed that leaves as few failures as were seen a probability above 5 %. Which slips are frequent, and
where they lead, plays no part. For many exposed images this is the exact (Clopper-Pearson) bound of a proportion;
without any failure it is the rule of three, 3 in ``n_tested``.

Where a whole series was named at once, its images are one chance of a slip, not many. So series are counted as well,
and the larger of both bounds holds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from scipy.stats import hypergeom

from data_contracts.vocabulary import MatchingMode, MatchReason, MatchStatus
from fractocurate.matching.by_picture import instances_shown
from fractocurate.matching.company import Company
from fractocurate.matching.evidence import Decision, ImageEvidence, Instance
from fractocurate.matching.index import InstanceIndex, witnesses_of
from fractocurate.matching.ladder import decide
from fractocurate.matching.marks import marks_of
from fractocurate.matching.name_readings import NameReading, TextReading
from fractocurate.matching.names import NameParser
from fractocurate.matching.statements import Statements, statements_of
from fractocurate.profile import Profile

CONFIDENCE = 0.95

METHOD = (
    "Images with two witnesses are decided anew by the FOAN of the file name alone; those that this would link against "
    "the second witness (serial number, picture in a report, data bar, tag, folder) are failures. The bound on the "
    "images with one witness is that of the hypergeometric distribution, one-sided, 95 %; images and series (one "
    "spelling in one folder) are counted, and the larger bound holds. A failure that times, running numbers or the "
    "folder's other images would have stopped (out_of_series) counts as one: where these exist, the bound is on the "
    "safe side."
)
NOT_COVERED = (
    "links by a folder's name alone: if it is wrong, so is all that lies in it",
    "two witnesses that are wrong alike, such as a name copied from another part, serial number and all",
    "the instance within the right FOAN: a serial number mistyped into that of a sibling",
    "what a report itself states wrongly",
    "names with one witness, if they are wrong more often than names with two",
    "a serial number, a data bar or a picture alone, if it is wrong more often than a name",
)
"""What no comparison of witnesses can see."""


@dataclass(frozen=True)
class WrongLinkBound:
    """The bound and what it rests on; counts are image files."""

    n_links: int
    n_confirmed: int
    """Links with two witnesses."""
    n_one_witness: int
    """Links with one witness that is no folder."""
    n_by_folder: int
    """Links by a folder's name alone: not covered."""
    n_alone: int
    """Of those with one witness: neither a linked image of the same folder nor a frame near in time stands beside."""
    max_wrong_alone: int
    """Upper bound on the wrong ones among these: here nothing but the rarity of slips keeps a link right."""
    n_out_of_series: int
    """Images whose link was stopped by what stands beside them: no links, and the bound is not lowered for them."""
    n_tested: int
    """Images with a FOAN in the file name and a second witness, linked or not."""
    n_failed: int
    """Tested images that their name alone would have linked wrongly."""
    max_wrong_by_image: int
    """Upper bound on the wrong links among those with one witness, if names were typed one by one."""
    max_wrong_by_series: int
    """The same, if series were named at once; the largest of them are taken to be the wrong ones."""
    max_wrong: int
    """The larger of both."""
    max_share: float | None
    """Of the links that are covered; None if there are none."""
    failed: tuple[str, ...]
    """Paths of the failures."""
    one_witness_of: Mapping[str, int]
    """FOAN -> links to it with one witness that is no folder."""


def bound_wrong_links(
    images: Sequence[ImageEvidence], instances: Sequence[Instance], profile: Profile, guarded: Iterable[Decision]
) -> WrongLinkBound:
    """Bound the share of wrong links among the decisions of the guarded ladder on ``images``."""
    guarded = tuple(guarded)
    company = Company(images, guarded, lambda _: frozenset())
    index, parser = InstanceIndex(instances, profile), NameParser(profile)
    said = {image.path: _statements(image, parser, index) for image in images}
    foan_of = {d.path: d.foan or "" for d in guarded if d.status is MatchStatus.MATCHED}
    tested = [path for path, s in said.items() if s.is_named and s.second]
    confirmed = {path for path, foan in foan_of.items() if said[path].n_witnesses_for(foan, index) > 1}
    by_folder = {
        path
        for path, foan in foan_of.items()
        if not said[path].is_named and said[path].second == said[path].folder != set()
    } - confirmed
    one_witness = foan_of.keys() - confirmed - by_folder
    # Images that were not linked stood the test, too: from a FOAN without a report a slip leads to one with a report.
    exposed = one_witness | {path for path, s in said.items() if s.is_named and not s.second}
    reported = {instance.foan for instance in instances}
    by_name = decide([_name_alone(image) for image in images], instances, profile, MatchingMode.GUARDED)
    alone = {decision.path: decision.foan for decision in by_name.decisions}
    failed = [path for path in tested if alone[path] in reported and alone[path] not in said[path].second]
    by_image = min(max_hidden(len(failed), len(tested), len(exposed)), len(one_witness))
    by_series = _by_series(said, foan_of, failed, tested, one_witness, exposed)
    max_wrong = max(by_image, by_series)
    n_alone = sum(company.is_alone(path) for path in one_witness)
    n_covered = len(foan_of) - len(by_folder)
    return WrongLinkBound(
        n_links=len(foan_of),
        n_confirmed=len(confirmed),
        n_one_witness=len(one_witness),
        n_by_folder=len(by_folder),
        n_alone=n_alone,
        max_wrong_alone=min(max_hidden(len(failed), len(tested), n_alone), max_wrong),
        n_out_of_series=sum(d.reason is MatchReason.OUT_OF_SERIES for d in guarded),
        n_tested=len(tested),
        n_failed=len(failed),
        max_wrong_by_image=by_image,
        max_wrong_by_series=by_series,
        max_wrong=max_wrong,
        max_share=max_wrong / n_covered if n_covered else None,
        failed=tuple(sorted(failed)),
        one_witness_of=Counter(foan_of[path] for path in one_witness),
    )


def max_hidden(n_failed: int, n_tested: int, n_untested: int) -> int:
    """The largest number of failures among the untested that a random choice of the tested ones leaves plausible.

    Args:
        n_failed: failures among the tested.
        n_tested: how many were drawn at random to be tested.
        n_untested: how many were not.

    Returns:
        The largest h with P(at most ``n_failed`` of ``n_failed + h`` failures are drawn) > 5 %: a one-sided 95 %
        prediction bound.
    """
    low, high = 0, n_untested
    while low < high:
        middle = (low + high + 1) // 2
        plausible = hypergeom.cdf(n_failed, n_tested + n_untested, n_failed + middle, n_tested) > 1 - CONFIDENCE
        low, high = (middle, high) if plausible else (low, middle - 1)
    return low


def _by_series(
    said: dict[str, Statements],
    foan_of: dict[str, str],
    failed: Iterable[str],
    tested: Iterable[str],
    links: Iterable[str],
    exposed: Iterable[str],
) -> int:
    """The bound with series as units: as many images as the largest series hold that may be wrong."""

    def series(path: str) -> tuple[object, ...]:
        return (PurePosixPath(path).parent, said[path].name, foan_of.get(path))

    n_hidden = max_hidden(*(len(set(map(series, paths))) for paths in (failed, tested, exposed)))
    return sum(n for _, n in Counter(map(series, links)).most_common(n_hidden))


def _statements(image: ImageEvidence, parser: NameParser, index: InstanceIndex) -> Statements:
    witnesses = witnesses_of(image, parser)
    return statements_of(witnesses, marks_of(image, witnesses, index), instances_shown(image.shown_in, index), index)


def _name_alone(image: ImageEvidence) -> ImageEvidence:
    """The image as if nothing but the FOAN of its file name were known; copies do not tell of each other either."""
    own = image.name.file
    text = TextReading(own.text, own.foans, own.malformed)
    return ImageEvidence(image.path, image.path, NameReading(text, ()))
