"""Raw frames -> what curation knows of them, without a catalog: the entry point ``fracto.frame_reader``."""

import hashlib
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data_contracts.errors import BadInputError
from data_contracts.frames import FrameReading
from data_contracts.records import Failure, MicrographReading, Reading
from data_contracts.schema import MINIMUM_NAME_CONFIDENCE
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.discovery import IMAGE_SUFFIXES, SIDECAR_SUFFIXES, FoundFile, discover, sidecars_of
from fractocurate.matching.name_readings import TextReading
from fractocurate.matching.names import NameParser
from fractocurate.micrographs.magnification import parse_magnification_from_name
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings, micrograph_settings
from fractocurate.profile import Profile, load_profile
from fractocurate.stages.match_inputs import IDENTIFYING_FIELDS
from fractocurate.workers import Task, WorkerPool


@dataclass(frozen=True, slots=True)
class _Found:
    """One image file and the sidecars beside it."""

    path: Path
    name: str
    """The file with the folders that may say something about it: those from the argument down, or just its own."""
    sidecars: tuple[Path, ...]


def read_frames(
    paths: Sequence[Path], profile: Mapping[str, Any] | None, jobs: int, on_read: Callable[[int, int], None]
) -> list[FrameReading | Failure]:
    """Read raw frames as ``fracto ingest`` does; see ``data_contracts.frames.FrameReader``."""
    site = _profile(profile)
    found: list[_Found | Failure] = []
    for path in paths:
        found += _in_folder(path, site) if path.is_dir() else [_file(path)]
    if not found:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise BadInputError(f"{', '.join(map(str, paths))}: no image there ({suffixes}); check the path")
    settings = micrograph_settings(site)
    tasks = [
        Task(str(index), str(item.path), Stage.MICROGRAPHS, _read, (item, settings, site))
        for index, item in enumerate(found)
        if isinstance(item, _Found)
    ]
    results: dict[int, FrameReading | Failure] = {i: f for i, f in enumerate(found) if isinstance(f, Failure)}
    with WorkerPool(min(jobs, len(tasks))) as pool:
        for task, result in pool.run(tasks):
            results[int(task.key)] = result
            on_read(len(results), len(found))
    return [results[index] for index in range(len(found))]


def _profile(given: Mapping[str, Any] | None) -> Profile:
    if given is None:
        return load_profile(None)
    try:
        return Profile.model_validate(given)
    except ValidationError as error:
        raise BadInputError(
            f"the profile that the catalog keeps is of another Fracto ({error.error_count()} problems, first: "
            f"{error.errors()[0]['msg']}); run `fracto ingest` once more"
        ) from error


def _in_folder(folder: Path, site: Profile) -> list[_Found | Failure]:
    kinds = {"image": IMAGE_SUFFIXES, "sidecar": SIDECAR_SUFFIXES}
    discovery = discover(folder, kinds, Stage.MICROGRAPHS, {}, site.ignore)
    images = discovery.of_kind("image")
    owned = sidecars_of(images, discovery.of_kind("sidecar"))
    readable = [
        _Found(
            folder / image.path,
            f"{folder.resolve().name}/{image.path}",
            tuple(folder / sidecar.path for sidecar in owned[image.path]),
        )
        for image in images
        if image.sha256 is not None
    ]
    failures = [Failure(str(folder / f.item), f.stage, f.reason, f.detail) for f in discovery.failures]
    return [*readable, *failures]


def _file(path: Path) -> _Found | Failure:
    """A file that was named is tried whatever its suffix."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        beside = sorted(p.name for p in path.parent.iterdir() if p.suffix.lower() in SIDECAR_SUFFIXES)
    except OSError as error:
        return Failure(str(path), Stage.MICROGRAPHS, FailureReason.UNREADABLE, f"cannot be read: {error.strerror}")
    if not is_file:  # opening a named pipe would wait for ever
        detail = "not a file but a pipe, a socket or a device"
        return Failure(str(path), Stage.MICROGRAPHS, FailureReason.UNREADABLE, detail)
    candidates = [FoundFile("sidecar", name, 0, 0, None) for name in beside if name != path.name]
    owned = sidecars_of([FoundFile("image", path.name, 0, 0, None)], candidates)[path.name]
    name = f"{path.resolve().parent.name}/{path.name}"
    return _Found(path, name, tuple(path.parent / sidecar.path for sidecar in owned))


def _read(found: _Found, settings: MicrographSettings, site: Profile) -> FrameReading | Failure:
    """One frame; runs in a worker."""
    reading = read_micrograph(found.path, str(found.path), found.sidecars, settings)
    if isinstance(reading, Failure):
        return reading
    with found.path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    foan, doubts = _foan(_texts(found.name, reading, NameParser(site)))
    issues = [*reading.issues, *doubts]
    if reading.leftover:
        issues.append(f"the crop may still hold print: {reading.leftover}")
    if reading.is_blank:
        issues.append("the crop shows nothing")
    magnification, source = reading.magnification, reading.magnification_source
    named = parse_magnification_from_name(found.path.name)
    if magnification is None and named is not None and named.confidence >= MINIMUM_NAME_CONFIDENCE:
        magnification, source = float(named.value or 0), named.method
    return FrameReading(
        found.path,
        sha256,
        reading.pixel_sha256,
        reading.crop_box,
        reading.masks,
        magnification,
        source,
        reading.pixel_size_nm,
        reading.pixel_size_source,
        foan,
        tuple(issues),
    )


def _texts(name: str, reading: MicrographReading, parser: NameParser) -> list[tuple[TextReading, bool]]:
    """Each text that may name the component, and whether a FOAN without its prefix counts in it."""
    names = parser.parse(name)
    said = [parser.read(_text_of(r)) for r in reading.readings if r.field in IDENTIFYING_FIELDS]
    return [(text, True) for text in (names.file, *names.folders)] + [(text, False) for text in said]


def _text_of(reading: Reading) -> str:
    """What a tag holds may be encoded: its value is the text. A bar is given as it was printed."""
    return reading.raw if reading.field == "bar_text" else reading.value or reading.raw


def _foan(texts: Sequence[tuple[TextReading, bool]]) -> tuple[str | None, list[str]]:
    """The one FOAN that all texts agree on: two different ones are none, and a doubt."""
    stated: dict[str, str] = {}
    for text, bare_counts in texts:
        prefixed = [f for f in text.foans if f.prefixed]
        bare = [f for f in text.foans if bare_counts and not f.may_be_date]
        stated |= {f.value: f.raw for f in prefixed or bare}
    if len(stated) > 1:
        return None, [f"names several FOANs: {', '.join(sorted(stated))}"]
    return next(iter(stated), None), []
