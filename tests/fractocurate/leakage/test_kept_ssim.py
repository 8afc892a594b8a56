"""SSIM that was computed once is not computed again, and nothing that happens to its file makes a value wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fractocurate.leakage.fingerprints import Fingerprint, GreyFrame, fingerprint
from fractocurate.leakage.kept_ssim import KeptSsim
from fractocurate.leakage.pairs import find_similar_pairs, ssim_of_thumbnails


@pytest.fixture
def prints(texture: Callable[..., GreyFrame]) -> dict[str, Fingerprint]:
    """A frame, three copies of it in other grey levels, and a stranger."""
    frames = {f"{n}": texture(1) // (n + 1) for n in range(4)} | {"stranger": texture(2)}
    return {name: fingerprint(frame) for name, frame in frames.items()}


def _paired(prints: dict[str, Fingerprint], path: Path) -> int:
    """Pairs with kept values are those without; returns how many values were computed."""
    kept = KeptSsim(path)
    assert find_similar_pairs(prints, ssim_of=kept) == find_similar_pairs(prints)
    kept.save()
    return kept.n_computed


def test_only_new_pairs_are_computed(prints: dict[str, Fingerprint], tmp_path: Path) -> None:
    """When an image is added, and when one goes; what nobody asks for any more is forgotten."""
    path = tmp_path / "a.cache" / "pairs.ssim"
    fewer = {name: prints[name] for name in prints if name != "3"}
    assert [_paired(fewer, path), _paired(prints, path), _paired(prints, path)] == [3, 3, 0]
    assert [_paired(fewer, path), _paired(prints, path)] == [0, 3]


def test_the_file_may_be_deleted_damaged_or_of_another_version(prints: dict[str, Fingerprint], tmp_path: Path) -> None:
    """Then all is computed anew; an unfinished draft is of no influence."""
    path = tmp_path / "pairs.ssim"
    assert _paired(prints, path) == 6
    content = path.read_bytes()
    for damaged in (b"", content[:-1], content[:50], content[:60] + b"?" + content[61:], b"x" * len(content)):
        path.write_bytes(damaged)
        assert _paired(prints, path) == 6
        assert path.read_bytes() == content
    path.with_suffix(".draft").write_bytes(b"half")
    assert _paired(prints, path) == 0
    path.unlink()
    assert _paired(prints, path) == 6


def test_a_changed_picture_is_another_picture(prints: dict[str, Fingerprint], tmp_path: Path) -> None:
    """Values are filed under contents, not under names."""
    path = tmp_path / "pairs.ssim"
    _paired(prints, path)
    swapped = prints | {"0": prints["stranger"], "stranger": prints["0"]}
    assert _paired(swapped, path) <= 3  # the same pictures, some in the other order
    assert KeptSsim(path)(prints["1"], prints["2"]) == ssim_of_thumbnails(prints["1"], prints["2"])
