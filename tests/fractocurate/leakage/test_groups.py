"""What may not straddle two folds."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.vocabulary import PairKind, SplitStrategy
from fractocurate.leakage.groups import group_files
from fractocurate.leakage.pairs import FilePair, ImageFile


def near(path_a: str, path_b: str, ssim: float = 0.9) -> FilePair:
    """A near-duplicate pair."""
    return FilePair(path_a, path_b, PairKind.NEAR_DUPLICATE, 5, ssim, 1.0, same_foan=None, same_class=True)


def parts(group_of: dict[str, str]) -> set[frozenset[str]]:
    """The groups without their names."""
    members = defaultdict(set)
    for path, group in group_of.items():
        members[group].add(path)
    return {frozenset(paths) for paths in members.values()}


def test_by_image_every_file_stands_alone(image_file: Callable[..., ImageFile]) -> None:
    """The paper's split knows no groups, not even copies."""
    files = [image_file("a", micrograph_id="m"), image_file("b", micrograph_id="m")]
    assert group_files(files, SplitStrategy.IMAGE) == {"a": "a", "b": "b"}


def test_by_foan_images_of_a_component_stay_together(image_file: Callable[..., ImageFile]) -> None:
    """FOAN decides; files without one stay with copies of their own bytes only."""
    files = [
        image_file("a", "F-1"),
        image_file("b", "F-1"),
        image_file("c", "F-2"),
        image_file("d", None, micrograph_id="m"),
        image_file("e", None, micrograph_id="m"),
        image_file("f", None),
    ]
    groups = group_files(files, SplitStrategy.FOAN, pairs=[near("a", "c")])
    assert parts(groups) == {frozenset("ab"), frozenset("c"), frozenset("de"), frozenset("f")}
    assert groups["a"] == "foan:F-1"


def test_clusters_join_foans_through_pairs_and_same_bytes(image_file: Callable[..., ImageFile]) -> None:
    """A near-duplicate or a copy under another FOAN welds both FOANs together, through any number of steps."""
    files = [
        image_file("a", "F-3"),
        image_file("b", "F-3"),
        image_file("c", "F-2"),
        image_file("d", "F-2", micrograph_id="m"),
        image_file("e", "F-1", micrograph_id="m"),
        image_file("g", None),
        image_file("h", "F-9"),
    ]
    groups = group_files(files, SplitStrategy.CLUSTER, pairs=[near("b", "c"), near("e", "g"), near("g", "not listed")])
    assert parts(groups) == {frozenset("abcdeg"), frozenset("h")}
    assert groups["g"] == "foan:F-1"


def test_the_threshold_of_a_cluster_is_inclusive(image_file: Callable[..., ImageFile]) -> None:
    """Pairs at exactly the threshold stay together; leakage at that threshold is then zero by construction."""
    files = [image_file("a", "F-1"), image_file("b", "F-2")]
    at_threshold = group_files(files, SplitStrategy.CLUSTER, pairs=[near("a", "b", 0.80)], cluster_ssim=0.80)
    assert at_threshold == {"a": "foan:F-1", "b": "foan:F-1"}
    below = group_files(files, SplitStrategy.CLUSTER, pairs=[near("a", "b", 0.79)], cluster_ssim=0.80)
    assert below == {"a": "foan:F-1", "b": "foan:F-2"}


def flooded(n_files: int, links: Iterable[tuple[int, int]]) -> set[frozenset[str]]:
    """Connected components by plain flooding."""
    component = {index: {index} for index in range(n_files)}
    for a, b in links:
        merged = component[a] | component[b]
        for member in merged:
            component[member] = merged
    return {frozenset(str(member) for member in members) for members in component.values()}


@given(st.integers(1, 15), st.data())
def test_clusters_are_the_connected_components(n_files: int, data: st.DataObject) -> None:
    """Whatever the links, clusters are what flooding finds, and their names do not depend on the order of rows."""
    ends = st.integers(0, n_files - 1)
    links = data.draw(st.lists(st.tuples(ends, ends).filter(lambda link: link[0] != link[1]), max_size=15))
    files = [ImageFile(str(index), f"m{index}", f"F-{index}", "material") for index in range(n_files)]
    pairs = [near(str(a), str(b)) for a, b in links]
    groups = group_files(files, SplitStrategy.CLUSTER, pairs=pairs)
    assert parts(groups) == flooded(n_files, links)
    shuffled = data.draw(st.permutations(files))
    assert group_files(shuffled, SplitStrategy.CLUSTER, pairs=reversed(pairs)) == groups
