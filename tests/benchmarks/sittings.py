"""When the frames of parts were taken, at which magnification, and which number each bears in its part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

MAGNIFICATIONS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True)
class Practice:
    """How a laboratory works at its microscope. The shares are of a guess, not of any archive."""

    timed: float = 0.9
    """Share of sittings whose files keep the time in a tag."""
    only_days: bool = False
    """The time is that of the day: it says nothing about the order within it."""
    second_visits: float = 0.15
    """Share of parts of which some frames are taken at a later sitting, among other parts."""
    shared_stubs: float = 0.1
    """Share of sittings in which two parts that follow each other lie on one stub, frames in turn."""
    retakes: float = 0.1
    """Share of frames taken again at the same magnification."""
    jitter: float = 2.0
    """Standard deviation of a part's turn against its number, in parts."""
    parts_a_day: int = 20
    """Sittings after which the day ends at the latest."""
    report_after_days: float | None = None
    """Median time from the first visit of a part to its report; None: reports bear no date."""
    wrong_clocks: float = 0.0
    """Share of sittings at a clock that was reset to the year 2000 or is years off."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of a part."""

    part: int
    taken: str | None
    """ISO 8601; None if the file does not keep it."""
    magnification: int
    number: int
    """Within its part, from 1."""
    day: date
    """On which it was really taken."""


def take_shots(n_of_part: Sequence[int], practice: Practice, rng: np.random.Generator) -> list[Shot]:
    """Frames in the order in which they were taken.

    Args:
        n_of_part: frames of each part; parts come to the microscope about in this order.
        practice: of the laboratory.
        rng: the only source of chance.
    """
    n_parts = len(n_of_part)
    turns = np.arange(n_parts) + rng.normal(0, practice.jitter, n_parts)
    visits: list[tuple[float, list[tuple[int, int, int]]]] = []
    for part in range(n_parts):
        frames = [
            (part, magnification, k + 1) for k, magnification in enumerate(_series(n_of_part[part], practice, rng))
        ]
        if len(frames) > 1 and rng.random() < practice.second_visits:
            n_first = int(rng.integers(1, len(frames)))
            visits.append((turns[part] + float(rng.uniform(3, 300)), frames[n_first:]))
            frames = frames[:n_first]
        visits.append((float(turns[part]), frames))
    visits = sorted((turn, frames) for turn, frames in visits if frames)
    shots: list[Shot] = []
    clock, place = datetime(2005, 1, 3, 8), 0  # noqa: DTZ001 - microscopes keep local time
    n_today, faults = 0, rng.spawn(1)[0]
    while place < len(visits):
        together = [frames for _, frames in visits[place : place + 1 + (rng.random() < practice.shared_stubs)]]
        place += len(together)
        is_timed = rng.random() < practice.timed
        error = _clock_error(clock, practice, faults)
        for part, magnification, number in _in_turn(together):
            clock += timedelta(seconds=float(rng.uniform(40, 240)))
            taken = (clock + error).isoformat(timespec="seconds") if is_timed else None
            taken = taken[:10] if taken and practice.only_days else taken
            shots.append(Shot(part, taken, magnification, number, clock.date()))
        clock += timedelta(minutes=float(rng.uniform(4, 20)))
        n_today += 1
        if clock.hour >= 16 or n_today >= practice.parts_a_day:
            clock, n_today = (clock + timedelta(days=1)).replace(hour=8, minute=int(rng.integers(60))), 0
    return shots


def report_days(shots: Sequence[Shot], practice: Practice, rng: np.random.Generator) -> dict[int, date]:
    """Part -> the day on which its report is issued: some time after its first visit, before or after later ones."""
    if practice.report_after_days is None:
        return {}
    first: dict[int, date] = {}
    for shot in shots:
        first[shot.part] = min(shot.day, first.get(shot.part, shot.day))
    waits = practice.report_after_days * rng.lognormal(0, 0.7, len(first))
    return {part: day + timedelta(days=1 + int(wait)) for (part, day), wait in zip(first.items(), waits, strict=True)}


def _clock_error(clock: datetime, practice: Practice, rng: np.random.Generator) -> timedelta:
    if rng.random() >= practice.wrong_clocks:
        return timedelta(0)
    is_reset = rng.random() < 0.5
    return datetime(2000, 1, 1) - clock if is_reset else timedelta(days=365 * int(rng.integers(1, 5)))  # noqa: DTZ001 - as above


def _series(n_frames: int, practice: Practice, rng: np.random.Generator) -> list[int]:
    n_retaken = int(rng.binomial(n_frames, practice.retakes)) if n_frames > 1 else 0
    n_steps = min(max(n_frames - n_retaken, 1), len(MAGNIFICATIONS))
    steps = sorted(rng.choice(MAGNIFICATIONS, n_steps, replace=False).tolist())
    steps += [int(rng.choice(steps)) for _ in range(n_frames - n_steps)] if n_frames else []
    return sorted(steps[:n_frames])


def _in_turn(together: Sequence[list[tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    """The frames of one part, or those of two by magnification."""
    return (
        sorted((frame for frames in together for frame in frames), key=lambda f: (f[1], f[0]))
        if len(together) > 1
        else together[0]
    )
