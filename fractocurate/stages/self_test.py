"""The audit's test of itself: copies are planted in a sample of the archive's images and searched like new ones."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.ledger import Work, finished, input_hash, outcome_row
from data_contracts.masks import MaskBox
from data_contracts.pixels import PixelError, decode_crop
from data_contracts.records import Failure
from data_contracts.vocabulary import Stage
from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.pairs import SimilarPair
from fractocurate.leakage.planted import Planted, plant_copies
from fractocurate.leakage.self_test import SELF_TEST_KINDS, SelfTestResult, measure_recall
from fractocurate.leakage.settings import AuditSettings
from fractocurate.leakage.verification import AuditedFrame
from fractocurate.progress import Progress
from fractocurate.stages.audit_rows import self_test_of, self_test_row
from fractocurate.stages.fingerprinting import CroppedFile
from fractocurate.workers import Task, WorkerPool

SELF_TEST_VERSION = 4
MAX_DISTRACTORS = 400
"""Other frames of the archive among which copies are searched; more of them would cost more than they tell."""

_GROWTH = 1.5
"""Factor by which an archive grows or shrinks before it is tested again."""


def read_planted(
    path: Path, item: str, box: MaskBox, masks: tuple[MaskBox, ...], name: str, pixel_size_nm: float | None
) -> list[Planted] | Failure:
    """Copies of one frame; runs in a worker."""
    try:
        return list(plant_copies(decode_crop(path, box, masks), name, pixel_size_nm))
    except PixelError as error:
        return Failure(item, Stage.SELF_TEST, error.reason, error.detail)


def run_self_test(
    catalog: Catalog,
    settings: AuditSettings,
    files: Sequence[CroppedFile],
    fingerprints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    pairs: Sequence[SimilarPair],
    images_root: Path,
    pool: WorkerPool,
    progress: Progress,
) -> tuple[SelfTestResult, ...]:
    """Plant, search, and store what was found; nothing is done again before the archive has grown by half.

    It measures the audit on this kind of pictures, which some more of them do not change, and costs what some hundred
    new images cost.
    """
    # Ids are hashes of the bytes: the smallest are a random sample, and the same one at every run.
    usable = [f for f in files if f.micrograph_id in frames and not fingerprints[f.micrograph_id].is_featureless]
    sample, others = usable[: settings.self_test_images], usable[:MAX_DISTRACTORS]
    work = Work(Stage.SELF_TEST, SELF_TEST_VERSION, input_hash([str(settings.max_hamming)])[:16])
    key = input_hash(["size of sample and archive", str(len(sample)), str(round(math.log(len(usable) or 1, _GROWTH)))])
    if not sample:
        results: tuple[SelfTestResult, ...] = ()
    elif key in finished(catalog.read("ledger"), work):
        stored = [self_test_of(row) for row in catalog.read("self_test").iter_rows(named=True)]
        return tuple(sorted(stored, key=lambda result: SELF_TEST_KINDS.index(result.kind)))
    else:
        planted = _planted(sample, images_root, pool, progress)
        foan_of = dict(catalog.query("SELECT micrograph_id, foan FROM dataset WHERE foan IS NOT NULL").rows())
        among = {f.micrograph_id for f in others} | planted.keys()
        progress.start("self-test", 1)
        results = measure_recall(
            {i: fingerprints[i] for i in among},
            {i: frames[i] for i in among},
            planted,
            foan_of,
            pairs,
            max_hamming=settings.max_hamming,
        )
        progress.advance()
    with catalog.transaction():
        stale = catalog.query("SELECT input_sha256 FROM ledger WHERE stage = ?", [Stage.SELF_TEST])["input_sha256"]
        catalog.delete("ledger", "input_sha256", list(stale), stage=str(Stage.SELF_TEST))
        catalog.replace("self_test", [self_test_row(result) for result in results])
        if results:
            catalog.append("ledger", [outcome_row(work, key, None)])
    return results


def _planted(
    sample: Sequence[CroppedFile], images_root: Path, pool: WorkerPool, progress: Progress
) -> dict[str, list[Planted]]:
    """Copies by micrograph id; an image that cannot be read any more is left out, the fingerprints report it."""
    tasks: list[Task[list[Planted]]] = [
        Task(
            f.micrograph_id,
            f.path,
            Stage.SELF_TEST,
            read_planted,
            (images_root / f.path, f.path, f.box, f.masks, f.micrograph_id, f.pixel_size_nm),
        )
        for f in sample
    ]
    progress.start("planted copies", len(tasks))
    planted: dict[str, list[Planted]] = {}
    for task, outcome in pool.run(tasks):
        if isinstance(outcome, Failure):
            progress.say(f"{outcome.item}: {outcome.reason}: {outcome.detail}")
        else:
            planted[task.key] = outcome
        progress.advance()
    return dict(sorted(planted.items()))
