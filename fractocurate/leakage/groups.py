"""What may not straddle two folds: the groups of files behind each split strategy."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data_contracts.vocabulary import SplitStrategy
from fractocurate.leakage.pairs import FilePair, ImageFile, likeness
from fractocurate.leakage.settings import DEFAULT_CLUSTER_SSIM


def group_files(
    files: Sequence[ImageFile],
    strategy: SplitStrategy,
    *,
    pairs: Iterable[FilePair] = (),
    cluster_ssim: float = DEFAULT_CLUSTER_SSIM,
) -> dict[str, str]:
    """Name the group of each file.

    ``image``: each file is its own group. ``foan``: files of one FOAN; where the FOAN is not known, files with the same
    bytes. ``cluster``: connected components over same FOAN, same bytes, and pairs that belong together.

    Returns:
        Group by path. A group of FOANs bears the smallest of its FOANs, any other its smallest micrograph id, so that
        names survive additions as far as groups do.
    """
    if strategy is SplitStrategy.IMAGE:
        return {file.path: file.path for file in files}
    names = {file.path: _own_group(file) for file in files}
    if strategy is SplitStrategy.FOAN:
        return names
    links = [(names[a.path], names[b.path]) for a, b in _same_bytes(files)]
    links += [
        (names[pair.path_a], names[pair.path_b])
        for pair in pairs
        if belongs_together(pair, cluster_ssim) and pair.path_a in names and pair.path_b in names
    ]
    merged = joined_names(sorted(set(names.values())), links)
    return {path: merged[name] for path, name in names.items()}


def belongs_together(pair: FilePair, cluster_ssim: float) -> bool:
    """Whether a pair shows one field: verified after alignment, or alike from ``cluster_ssim`` on without one."""
    return pair.field is not None or likeness(pair) >= cluster_ssim


def _own_group(file: ImageFile) -> str:
    return f"foan:{file.foan}" if file.foan else f"micrograph:{file.micrograph_id}"


def _same_bytes(files: Sequence[ImageFile]) -> Iterable[tuple[ImageFile, ImageFile]]:
    first_of: dict[str, ImageFile] = {}
    for file in files:
        yield first_of.setdefault(file.micrograph_id, file), file


def joined_names(names: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The smallest name of the connected component of each of the sorted names, by name."""
    position = {name: index for index, name in enumerate(names)}
    ends = np.array([(position[a], position[b]) for a, b in links], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    _, components = connected_components(graph, directed=False)
    smallest: dict[int, str] = {}
    # Sorted names: the first of a component is its smallest, and "foan:" sorts before "micrograph:".
    for name, component in zip(names, components.tolist(), strict=True):
        smallest.setdefault(component, name)
    return {name: smallest[component] for name, component in zip(names, components.tolist(), strict=True)}
