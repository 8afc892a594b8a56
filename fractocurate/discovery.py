"""Find the reports, images and sidecars of an archive in nested folders, and know their bytes by sha256."""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data_contracts.errors import BadInputError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage

REPORT_SUFFIXES = frozenset({".pdf"})
IMAGE_SUFFIXES = frozenset(
    {".tif", ".tiff", ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".jp2", ".webp", ".ppm", ".pgm"},
)
SIDECAR_SUFFIXES = frozenset({".txt", ".hdr", ".xml"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as it was when the folder was read."""

    kind: str
    """``report``, ``image`` or ``sidecar``."""
    path: str
    """Relative to its root, forward slashes."""
    size_bytes: int
    modified_ns: int
    sha256: str | None
    """None if the bytes could not be read."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Everything found under one root."""

    files: tuple[FoundFile, ...]
    failures: tuple[Failure, ...]
    n_other: int
    """Files of no interest here, by their suffix."""

    def of_kind(self, kind: str) -> list[FoundFile]:
        """The files of one kind, in order of their paths."""
        return [f for f in self.files if f.kind == kind]


def discover(
    root: Path,
    kinds: Mapping[str, frozenset[str]],
    stage: Stage,
    known: Mapping[str, FoundFile],
    ignore: Sequence[str] = (),
) -> Discovery:
    """Walk ``root``; symbolic links are followed, and a folder reached twice is read once.

    Args:
        root: folder to walk.
        kinds: kind of file -> its suffixes, lower case.
        stage: stage to which failures are charged.
        known: files of the last ingest by path; one whose size and time are unchanged is not hashed again.
        ignore: glob patterns of relative paths to leave out.

    Raises:
        BadInputError: the root is not a folder that can be listed.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise BadInputError(f"{root}: cannot read this folder: {error.strerror}; check the path") from error
    kind_of = {suffix: kind for kind, suffixes in kinds.items() for suffix in suffixes}
    found: list[FoundFile] = []
    failures: list[Failure] = []
    n_other = 0
    for item in _walk(root):
        if isinstance(item, Failure):
            failures.append(Failure(item.item, stage, item.reason, item.detail))
            continue
        relative = item.relative_to(root).as_posix()
        kind = kind_of.get(item.suffix.lower())
        if any(fnmatch.fnmatchcase(relative, pattern) for pattern in ignore):
            continue
        if kind is None:
            n_other += 1
            continue
        if not _is_text(relative):
            shown = os.fsencode(relative).decode("utf-8", "backslashreplace")
            detail = "the file name is not valid UTF-8; rename the file"
            failures.append(Failure(shown, stage, FailureReason.UNREADABLE, detail))
            continue
        try:
            status = item.stat()
        except OSError as error:
            failures.append(Failure(relative, stage, FailureReason.UNREADABLE, f"cannot be read: {error.strerror}"))
            continue
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            detail = "not a file but a pipe, a socket or a device"
            failures.append(Failure(relative, stage, FailureReason.UNREADABLE, detail))
            continue
        found.append(FoundFile(kind, relative, status.st_size, status.st_mtime_ns, None))
    return _hashed(root, found, failures, n_other, stage, known)


def sidecars_of(images: Sequence[FoundFile], sidecars: Sequence[FoundFile]) -> dict[str, list[FoundFile]]:
    """Sidecars by image path: same folder and name, as ``a.txt``, ``a.tif.txt`` or ``a-tif.hdr`` beside ``a.tif``."""
    by_stem: dict[tuple[PurePosixPath, str], list[FoundFile]] = {}
    for sidecar in sorted(sidecars, key=lambda f: f.path):
        path = PurePosixPath(sidecar.path)
        by_stem.setdefault((path.parent, path.stem.casefold()), []).append(sidecar)
    owned: dict[str, list[FoundFile]] = {}
    for image in images:
        path = PurePosixPath(image.path)
        stem, suffix = path.stem.casefold(), path.suffix.casefold()
        names = (stem, f"{stem}{suffix}", f"{stem}-{suffix.removeprefix('.')}")
        owned[image.path] = [s for name in dict.fromkeys(names) for s in by_stem.get((path.parent, name), [])]
    return owned


def _walk(root: Path) -> Iterator[Path | Failure]:
    """Files under ``root`` in a fixed order; folders that cannot be listed as failures."""
    seen: set[tuple[int, int]] = set()
    stack = [root]
    while stack:
        folder = stack.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            name = os.fsencode(folder.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
            yield Failure(name, Stage.MICROGRAPHS, FailureReason.UNREADABLE, f"cannot be listed: {error.strerror}")
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith("._"):  # a shadow that macOS leaves beside files on foreign disks
                continue
            if _is_folder(entry):
                folders.append(Path(entry.path))
            else:
                yield Path(entry.path)
        stack.extend(reversed(folders))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link that leads to itself, or where nobody may look: reading it will say so
        return False


def _hashed(
    root: Path,
    found: list[FoundFile],
    failures: list[Failure],
    n_other: int,
    stage: Stage,
    known: Mapping[str, FoundFile],
) -> Discovery:
    def hashed(file: FoundFile) -> FoundFile | Failure:
        old = known.get(file.path)
        if old and old.sha256 and (old.size_bytes, old.modified_ns) == (file.size_bytes, file.modified_ns):
            return FoundFile(file.kind, file.path, file.size_bytes, file.modified_ns, old.sha256)
        try:
            with (root / file.path).open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            return Failure(file.path, stage, FailureReason.UNREADABLE, f"cannot be read: {error.strerror}")
        return FoundFile(file.kind, file.path, file.size_bytes, file.modified_ns, sha256)

    files = []
    with ThreadPoolExecutor() as pool:
        for file, result in zip(found, pool.map(hashed, found), strict=True):
            if isinstance(result, Failure):
                failures.append(result)
                files.append(file)
            else:
                files.append(result)
    return Discovery(tuple(sorted(files, key=lambda f: f.path)), tuple(failures), n_other)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
