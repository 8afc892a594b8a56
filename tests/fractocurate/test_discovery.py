"""Walking an archive as file servers really are: deep, linked in circles, half closed, and oddly spelt."""

import contextlib
import hashlib
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.errors import BadInputError
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate import discovery
from fractocurate.discovery import IMAGE_SUFFIXES, SIDECAR_SUFFIXES, Discovery, FoundFile, discover, sidecars_of

_KINDS = {"image": IMAGE_SUFFIXES, "sidecar": SIDECAR_SUFFIXES}
Unprivileged = Callable[[], contextlib.AbstractContextManager[None]]


def _make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    return root


def _discover(root: Path, known: Discovery | None = None, ignore: tuple[str, ...] = ()) -> Discovery:
    return discover(root, _KINDS, Stage.MICROGRAPHS, {f.path: f for f in known.files} if known else {}, ignore)


def _paths(found: Discovery) -> list[str]:
    return [f.path for f in found.files]


def test_files_are_found_in_nested_folders_and_known_by_their_bytes(tmp_path: Path) -> None:
    """Suffixes in any case count; the rest is counted and left alone; the order is that of the paths."""
    found = _discover(_make(tmp_path, "b/c/d/2.TIFF", "a.tif", "b/note.docx", "b/2.txt", "README"))
    assert [(f.kind, f.path) for f in found.files] == [
        ("image", "a.tif"), ("sidecar", "b/2.txt"), ("image", "b/c/d/2.TIFF")
    ]  # fmt: skip
    assert all(f.sha256 == hashlib.sha256(f.path.encode()).hexdigest() for f in found.files)
    assert all(f.size_bytes == len(f.path) and f.modified_ns > 0 for f in found.files)
    assert (found.n_other, found.failures) == (2, ())


def test_shadows_that_macos_leaves_are_no_files(tmp_path: Path) -> None:
    """``._a.tif`` holds no picture; it is neither read nor a failure."""
    found = _discover(_make(tmp_path, "._a.tif", "a.tif", "._x/b.tif"))
    assert (_paths(found), found.failures, found.n_other) == (["a.tif"], (), 0)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("old/*", ["a.tif", "b/old/3.tif", "new/1.tif"]),
        ("**/old/**", ["a.tif", "new/1.tif", "old/2.tif"]),
        ("*.tif", []),
        ("OLD/*", ["a.tif", "b/old/3.tif", "new/1.tif", "old/2.tif"]),
    ],
)
def test_ignored_patterns_leave_files_out(pattern: str, left: list[str], tmp_path: Path) -> None:
    """Patterns are compared with the whole relative path, case and all."""
    root = _make(tmp_path, "a.tif", "old/2.tif", "b/old/3.tif", "new/1.tif")
    found = _discover(root, ignore=(pattern,))
    assert (_paths(found), found.failures) == (left, ())


def test_names_with_spaces_umlauts_and_line_ends_are_kept_as_they_are(tmp_path: Path) -> None:
    """The path in the catalog is the path on the disk: two spellings of an umlaut are two files."""
    names = [unicodedata.normalize(form, "ä b.tif") for form in ("NFC", "NFD")] + ["c\nd.tif", " e .tif", "f\t.tif"]
    found = _discover(_make(tmp_path, *names))
    assert sorted(_paths(found)) == sorted(names)
    assert found.failures == ()


def test_name_that_is_no_text_is_a_failure_that_can_be_printed(tmp_path: Path) -> None:
    """A name in another encoding cannot be recorded; the others are not lost for its sake."""
    _make(tmp_path, "a.tif", os.fsdecode(b"b\xe4.tif"), os.fsdecode(b"\xff/c.tif"))
    found = _discover(tmp_path)
    assert _paths(found) == ["a.tif"]
    assert {(f.item, f.reason) for f in found.failures} == {
        ("b\\xe4.tif", FailureReason.UNREADABLE), ("\\xff/c.tif", FailureReason.UNREADABLE)
    }  # fmt: skip
    assert all("rename" in f.detail for f in found.failures)


def test_links_in_circles_are_walked_once(tmp_path: Path) -> None:
    """A link to a folder above, and one to itself, end; a link to a file or to another folder is followed."""
    _make(tmp_path, "root/a/1.tif", "elsewhere/2.tif")
    root = tmp_path / "root"
    (root / "a" / "up").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "self").symlink_to("self")
    (root / "me.tif").symlink_to("me.tif")
    (root / "link.tif").symlink_to(root / "a" / "1.tif")
    found = _discover(root)
    assert _paths(found) == ["a/1.tif", "link.tif", "out/2.tif"]
    assert [f.item for f in found.failures] == ["me.tif"]


def test_dangling_link_is_a_failure(tmp_path: Path) -> None:
    """What a link promised and did not keep is listed."""
    (tmp_path / "gone.tif").symlink_to("nowhere.tif")
    found = _discover(tmp_path)
    assert found.files == ()
    assert [(f.item, f.reason) for f in found.failures] == [("gone.tif", FailureReason.UNREADABLE)]
    assert "No such file" in found.failures[0].detail


def test_pipe_is_a_failure_and_never_waited_for(tmp_path: Path) -> None:
    """To open a pipe would wait for ever."""
    os.mkfifo(tmp_path / "a.tif")
    found = _discover(tmp_path)
    assert found.files == ()
    assert [(f.item, f.reason) for f in found.failures] == [("a.tif", FailureReason.UNREADABLE)]


def test_closed_files_and_folders_are_failures_and_the_rest_is_found(
    guarded_folder: Path, unprivileged: Unprivileged
) -> None:
    """A file without permission is known to be there, without its bytes; a closed folder is listed by its path."""
    _make(guarded_folder, "open/1.tif", "closed/2.tif", "secret.tif")
    (guarded_folder / "to_closed").symlink_to(guarded_folder / "closed" / "deeper")
    (guarded_folder / "closed").chmod(0)
    (guarded_folder / "secret.tif").chmod(0)
    with unprivileged():
        found = _discover(guarded_folder)
    assert [(f.path, f.sha256 is None) for f in found.files] == [("open/1.tif", False), ("secret.tif", True)]
    assert sorted((f.item, f.stage, f.reason) for f in found.failures) == [
        ("closed", Stage.MICROGRAPHS, FailureReason.UNREADABLE),
        ("secret.tif", Stage.MICROGRAPHS, FailureReason.UNREADABLE),
    ]
    assert all("Permission denied" in f.detail for f in found.failures)


def test_root_that_cannot_be_listed_ends_the_run(
    tmp_path: Path, guarded_folder: Path, unprivileged: Unprivileged
) -> None:
    """Missing, a file, or closed: the message says which and why."""
    (tmp_path / "file").touch()
    (guarded_folder / "closed").mkdir(mode=0)
    with pytest.raises(BadInputError, match="missing: cannot read this folder: No such file"):
        _discover(tmp_path / "missing")
    with pytest.raises(BadInputError, match="Not a directory"):
        _discover(tmp_path / "file")
    with unprivileged(), pytest.raises(BadInputError, match="Permission denied"):
        _discover(guarded_folder / "closed")


def test_empty_folder_is_an_empty_archive(tmp_path: Path) -> None:
    """Nothing found is not an error here."""
    assert _discover(tmp_path) == Discovery((), (), 0)


def test_unchanged_file_is_not_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same size and time: the known hash is taken; another time, another size, or no hash so far: hashed."""
    root = _make(tmp_path, "same.tif", "touched.tif", "grown.tif", "unread.tif")
    first = _discover(root)
    known = {f.path: f for f in first.files}
    old = known["unread.tif"]
    known["unread.tif"] = FoundFile(old.kind, old.path, old.size_bytes, old.modified_ns, None)
    os.utime(root / "touched.tif", ns=(1, 1))
    (root / "grown.tif").write_bytes(b"more bytes than before")
    os.utime(root / "grown.tif", ns=(known["grown.tif"].modified_ns,) * 2)
    hashed: list[str] = []
    true_digest = hashlib.file_digest

    def counting(stream: object, name: str) -> object:
        hashed.append(Path(str(getattr(stream, "name", ""))).name)
        return true_digest(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr(discovery.hashlib, "file_digest", counting)
    second = discover(root, _KINDS, Stage.MICROGRAPHS, known)
    assert sorted(hashed) == ["grown.tif", "touched.tif", "unread.tif"]
    shas = {f.path: f.sha256 for f in second.files}
    assert shas["grown.tif"] == hashlib.sha256(b"more bytes than before").hexdigest()
    assert {p: s for p, s in shas.items() if p != "grown.tif"} == {
        f.path: f.sha256 for f in first.files if f.path != "grown.tif"
    }


def _file(kind: str, path: str) -> FoundFile:
    return FoundFile(kind, path, 1, 1, "0" * 64)


@pytest.mark.parametrize(
    ("sidecar", "owner"),
    [
        ("a.txt", "a.tif"), ("a.tif.txt", "a.tif"), ("a-tif.hdr", "a.tif"), ("A.TXT", "a.tif"), ("a.TIF.xml", "a.tif"),
        ("x/b.1.hdr", "x/b.1.tif"), ("a-jpg.hdr", None), ("b.1.hdr", None), ("x/a.txt", None), ("X/b.1.txt", None),
        ("aa.txt", None), ("a_tif.txt", None),
    ],
)  # fmt: skip
def test_sidecar_belongs_to_the_image_of_its_folder_and_name(sidecar: str, owner: str | None) -> None:
    """The ways in which microscopes name the text file beside a frame; another folder is another frame."""
    images = [_file("image", path) for path in ("a.tif", "x/b.1.tif")]
    owned = sidecars_of(images, [_file("sidecar", sidecar)])
    assert {path: [s.path for s in sidecars] for path, sidecars in owned.items()} == {
        path: [sidecar] if path == owner else [] for path in ("a.tif", "x/b.1.tif")
    }


def test_images_of_one_name_share_a_sidecar_and_an_image_may_have_several() -> None:
    """A frame that was saved twice keeps its text twice."""
    images = [_file("image", path) for path in ("a.tif", "a.jpg")]
    owned = sidecars_of(images, [_file("sidecar", path) for path in ("a.txt", "a.jpg.txt")])
    assert {path: [s.path for s in sidecars] for path, sidecars in owned.items()} == {
        "a.tif": ["a.txt"],
        "a.jpg": ["a.txt", "a.jpg.txt"],
    }
