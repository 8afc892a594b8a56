"""What holds for every archive, whichever rung decides."""

import csv
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.vocabulary import DefectClass, MatchingMode, MatchMethod, MatchStatus, ReadingMethod
from fractocurate.matching.evidence import Decisions, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile

MakeInstance = Callable[..., Instance]

_NUMBERS = st.sampled_from(["0417", "0418", "0471", "0533", "417", "04177", "0900", "O418"])
_NAMES = st.builds(
    "{}{}{}{}{}.tif".format,
    st.sampled_from(["", "FOAN-2021-0417/", "FOAN-2021-0533/B1/", "from USB/"]),
    st.sampled_from(["FOAN-2021-", "foa21_", "FAON 2021 ", "2021_"]).flatmap(lambda p: _NUMBERS.map(p.__add__))
    | st.just("image 3"),
    st.sampled_from(["", " SN123456", "_#3456", " 130002", "_SN999999", " 130001 x500"]),
    st.sampled_from(["", "_B1", "_B2", " 10000"]),
    st.sampled_from(["", " (2)"]),
)
_ARCHIVES = st.lists(
    st.tuples(_NAMES, st.sampled_from(["a", "b", "c", "d", "e", "f"])), max_size=8, unique_by=lambda t: t[0]
)
_INSTANCES = [
    ("FOAN-2021-0417", "123456", ""),
    ("FOAN-2021-0471", "123470", ""),
    ("FOAN-2021-0533", "130001", "B1"),
    ("FOAN-2021-0533", "130002", "B2"),
]


def _images(profile: Profile, archive: list[tuple[str, str]]) -> list[ImageEvidence]:
    parser = NameParser(profile)
    return [ImageEvidence(path, sha256, parser.parse(path)) for path, sha256 in archive]


@given(archive=_ARCHIVES, seed=st.integers(0, 99), mode=st.sampled_from(list(MatchingMode)))
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_rows_plays_no_part(
    profile: Profile, instance: MakeInstance, archive: list[tuple[str, str]], seed: int, mode: MatchingMode
) -> None:
    """Shuffled images and instances give the same decisions and candidates."""
    images, instances = _images(profile, archive), [instance(*row) for row in _INSTANCES]
    expected = decide(images, instances, profile, mode)
    generator = random.Random(seed)  # noqa: S311 - shuffles rows, not keys
    generator.shuffle(images)
    generator.shuffle(instances)
    assert decide(images, instances, profile, mode) == expected


@given(archive=_ARCHIVES, mode=st.sampled_from(list(MatchingMode)))
@settings(max_examples=150, deadline=None)
def test_decisions_and_candidates_agree(
    profile: Profile, instance: MakeInstance, archive: list[tuple[str, str]], mode: MatchingMode
) -> None:
    """Every image has one decision; a link has one accepted candidate, the first; everything else has a reason."""
    instances = {i.instance_id: i for i in (instance(*row) for row in _INSTANCES)}
    outcome = decide(_images(profile, archive), list(instances.values()), profile, mode)
    assert [d.path for d in outcome.decisions] == sorted(path for path, _ in archive)
    for decision in outcome.decisions:
        candidates = [c for c in outcome.candidates if c.path == decision.path]
        assert [c.rank for c in candidates] == list(range(1, len(candidates) + 1))
        accepted = [c.instance_id for c in candidates if c.accepted]
        if decision.status is MatchStatus.MATCHED:
            assert accepted == [decision.instance_id] == [candidates[0].instance_id]
            assert decision.instance_id in instances
            assert decision.foan == instances[decision.instance_id or ""].foan
            assert decision.reason is None
            assert decision.method is not None
        else:
            assert accepted == []
            assert decision.instance_id is None
            assert decision.reason is not None
            assert (decision.status is MatchStatus.UNMATCHED) or decision.guard


@given(archive=_ARCHIVES)
@settings(max_examples=150, deadline=None)
def test_a_valid_reading_is_overruled_only_by_two_witnesses(
    profile: Profile, instance: MakeInstance, archive: list[tuple[str, str]]
) -> None:
    """A guarded link to another FOAN than the name's own valid one rests on the full serial number of the part."""
    instances = {i.instance_id: i for i in (instance(*row) for row in _INSTANCES)}
    images = {image.path: image for image in _images(profile, archive)}
    for decision in decide(list(images.values()), list(instances.values()), profile).decisions:
        name = images[decision.path].name.file
        own = {f.value for f in name.foans if f.prefixed}
        if decision.status is MatchStatus.MATCHED and own and decision.foan not in own:
            serial = instances[decision.instance_id or ""].serial_number
            assert serial in {s.key for s in name.serials if s.full}


@given(archive=_ARCHIVES)
@settings(max_examples=100, deadline=None)
def test_copies_never_have_two_instances(
    profile: Profile, instance: MakeInstance, archive: list[tuple[str, str]]
) -> None:
    """Matched files with the same bytes share one instance."""
    sha_of = dict(archive)
    linked: dict[str, set[str | None]] = {}
    for decision in decide(_images(profile, archive), [instance(*row) for row in _INSTANCES], profile).decisions:
        if decision.status is MatchStatus.MATCHED:
            linked.setdefault(sha_of[decision.path], set()).add(decision.instance_id)
    assert all(len(instances) == 1 for instances in linked.values())


def test_an_empty_archive_has_no_decisions(profile: Profile, instance: MakeInstance) -> None:
    """No images, or no reports, is no error."""
    assert decide([], [instance("FOAN-2021-0417")], profile) == Decisions((), ())
    images = _images(profile, [("FOAN-2021-0417.tif", "a"), ("FOAN-2021-417.tif", "b")])
    for mode in MatchingMode:
        assert {d.status for d in decide(images, [], profile, mode).decisions} == {MatchStatus.UNMATCHED}


def test_hundreds_of_images_of_sequential_foans(profile: Profile) -> None:
    """1,500 images and 600 FOANs, of which a fifth has no report.

    The published rule links nearly all of their images to a neighbour; the
    guarded one links none of them.
    """
    generator = random.Random(3)  # noqa: S311 - draws names, not keys
    foans = [f"FOAN-20{10 + n // 200}-{n % 200 + 100:04d}" for n in range(600)]
    instances = [
        Instance(foan, foan, str(500_001 + 7 * n), "", DefectClass.MATERIAL, "r", in_review=False)
        for n, foan in enumerate(foans)
        if n % 5
    ]
    archive = []
    for n in range(1500):
        foan = generator.choice(foans)
        torn = foan.replace("-0", "-") if n % 10 == 0 else foan
        archive.append((f"{foan[5:9]}/{torn}_x500_{n}.tif", str(n)))
    truth = {path: "FOAN-" + path[:4] + "-0" + path.split("-")[2][:4].strip("_")[-3:] for path, _ in archive}
    images = _images(profile, archive)
    guarded = decide(images, instances, profile).decisions
    paper = decide(images, instances, profile, MatchingMode.PAPER).decisions
    wrong = {
        mode: sum(d.status is MatchStatus.MATCHED and d.foan != truth[d.path] for d in decisions)
        for mode, decisions in (("guarded", guarded), ("paper", paper))
    }
    assert wrong["guarded"] == 0
    assert wrong["paper"] > 200
    assert sum(d.status is MatchStatus.MATCHED for d in guarded) > 0.78 * len(archive)


@pytest.mark.shared
def test_no_wrong_link_in_the_shared_archive(profile: Profile) -> None:
    """Given perfect report tables and data bars: no wrong link, and 97 % of what a careful person could link."""
    root = Path(os.environ.get("FRACTO_SHARED", Path(__file__).resolve().parents[3] / "../shared")) / "data/archive"
    if not root.is_dir():
        pytest.skip(f"{root} is absent")
    reports = json.loads((root / "truth/reports.json").read_text("utf-8"))
    with (root / "truth/images.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if not row["status"].startswith("broken")]
    instances = [
        Instance(
            f"{r['file']}#{n}", i["foan"], i["serial"], i["instance"], DefectClass.MATERIAL, r["file"], in_review=False
        )
        for r in reports
        if r["status"] == "ok" and not r["duplicate_of"]
        for n, i in enumerate(r["instances"])
        if i["foan"] and not (r["superseded_by"] and i["foan"] in r["superseded_foans"])
    ]
    parser = NameParser(profile)
    images = [
        ImageEvidence(
            row["file"],
            row["file"],
            parser.parse(row["file"]),
            ((row["bar_label"], ReadingMethod.DATA_BAR),) if row["bar_label"] else (),
        )
        for row in rows
        if row["name_noise"] != "misnamed_copy"  # only its bytes or pixels can tell
    ]
    part_of = {i.instance_id: (i.foan, i.serial_number) for i in instances}
    decisions = {d.path: d for d in decide(images, instances, profile).decisions}
    linked = {row["file"] for row in rows if row["file"] in decisions and decisions[row["file"]].instance_id}
    wrong = [
        row["file"]
        for row in rows
        if row["file"] in linked
        and part_of[decisions[row["file"]].instance_id or ""] != (row["specimen"], row["serial"])
    ]
    assert wrong == []
    expected = {row["file"] for row in rows if row["expect"] == "match"}
    assert len(expected & linked) >= 0.97 * len(expected)
    assert {decisions[path].method for path in linked} == {MatchMethod.EXACT, MatchMethod.FUZZY, MatchMethod.SERIAL}
