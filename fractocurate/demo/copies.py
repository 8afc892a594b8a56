"""Planted near-duplicates: the same frame once more, in the ways in which archives come to hold it twice."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from fractocurate.demo.data_bars import DrawnFrame
from fractocurate.demo.frames import Exposure, draw, encode
from fractocurate.demo.naming import NamePlan, Namer
from fractocurate.demo.plan import FramePlan

COPY_KINDS: tuple[tuple[str, int], ...] = (
    ("same_bytes", 3),
    ("same_bytes_elsewhere", 1),
    ("same_bytes_other_foan", 1),
    ("same_pixels", 2),
    ("reencoded", 4),
    ("shifted", 4),
    ("reacquired", 4),
)
"""Kinds and their number in an archive of usual size. All ``same_bytes...`` count as the pair kind ``same_bytes``."""


@dataclass(frozen=True, slots=True)
class WrittenFrame:
    """A frame as it lies in the archive."""

    plan: FramePlan
    drawn: DrawnFrame
    name: NamePlan
    content: bytes


@dataclass(frozen=True, slots=True)
class PlantedCopy:
    """A copy and where it came from."""

    source: WrittenFrame
    copy: WrittenFrame
    kind: str
    """One of the pair kinds."""
    misfiled: bool = False
    """The copy carries the FOAN of another specimen."""


def plant_copies(rng: np.random.Generator, namer: Namer, sources: list[WrittenFrame]) -> Iterator[PlantedCopy]:
    """Draw distinct sources and copy them; small archives get at most one copy for every four frames."""
    kinds = [kind for round_ in range(4) for kind, count in COPY_KINDS if round_ < count]
    kinds = kinds[: max(4, len(sources) // 4)]
    picked = [sources[int(k)] for k in rng.permutation(len(sources))]
    for kind in kinds:
        suited = [s for s in picked if kind != "same_pixels" or s.plan.file_format != "jpg"]
        if not suited:
            continue
        source = suited[0]
        picked.remove(source)
        yield _plant(rng, namer, kind, source, sources)


def _plant(
    rng: np.random.Generator, namer: Namer, kind: str, source: WrittenFrame, sources: list[WrittenFrame]
) -> PlantedCopy:
    path, plan, instance = source.name.path, source.plan, source.plan.instance
    suffix = path.rsplit(".", 1)[1]
    if kind == "same_bytes":
        name = replace(source.name, path=namer.copy_of(path, suffix), name_noise="copy")
        return PlantedCopy(source, replace(source, name=name), "same_bytes")
    if kind == "same_bytes_elsewhere":
        path = namer.take(f"_unsorted/{instance.serial_number} {plan.magnification}x.{suffix}")
        return PlantedCopy(source, replace(source, name=NamePlan(path, "serial_only", "serial")), "same_bytes")
    if kind == "same_bytes_other_foan":
        others = [s.plan.instance for s in sources if s.plan.instance.foan != instance.foan]
        other = others[int(rng.integers(len(others)))]
        path = namer.take(f"{other.year}/{other.foan}_{other.serial_number}_{plan.magnification}x_31.{suffix}")
        name = NamePlan(path, "misfiled", "foan+serial")
        return PlantedCopy(source, replace(source, name=name), "same_bytes", misfiled=True)
    if kind == "same_pixels":
        other_format = "png" if plan.file_format == "tif" else "tif"
        name = replace(source.name, path=namer.copy_of(path, other_format, "_export"), name_noise="copy")
        content = encode(source.drawn.pixels, other_format)
        return PlantedCopy(source, replace(source, name=name, content=content), "same_pixels")
    if kind == "reencoded":
        buffer = io.BytesIO()
        Image.fromarray(source.drawn.pixels).save(buffer, "JPEG", quality=int(rng.integers(55, 80)))
        name = replace(source.name, path=namer.copy_of(path, "jpg", " - Kopie"), name_noise="copy")
        return PlantedCopy(source, replace(source, name=name, content=buffer.getvalue()), "reencoded")
    view = plan.view
    exposure = Exposure(int(rng.integers(1, 2**31)), float(rng.uniform(0.9, 1.05)), float(rng.uniform(-10, 10)))
    if kind == "shifted":
        step_um = view.width_px * view.pixel_size_um * float(rng.uniform(0.03, 0.06))
        view = replace(view, centre_x_um=view.centre_x_um + step_um, centre_y_um=view.centre_y_um + 0.5 * step_um)
    again = replace(plan, view=view, running_number=plan.running_number + 20, noise_seed=plan.noise_seed + 1)
    name = namer.name(again)
    drawn = draw(again, exposure, label=instance.foan if plan.microscope.foan_in_bar else "")
    return PlantedCopy(source, WrittenFrame(again, drawn, name, encode(drawn.pixels, again.file_format)), kind)
