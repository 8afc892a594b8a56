"""File and folder names as people give them: mostly right, often careless, sometimes useless."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from fractocurate.demo.plan import FramePlan

# Shares of the ways in which a name identifies its specimen.
NAME_NOISES: tuple[tuple[str, float], ...] = (
    ("exact", 0.30),
    ("case", 0.09),
    ("separators", 0.13),
    ("no_prefix", 0.07),
    ("folder_only", 0.11),
    ("serial_only", 0.07),
    ("substituted_digit", 0.05),
    ("dropped_character", 0.04),
    ("look_alike", 0.06),
    ("umlaut", 0.06),
    ("meaningless", 0.02),
)
ROOMS = ("REM Keller", "sem_lab2", "Prüffeld Süd", "from USB")
UMLAUT_WORDS = ("Übersicht", "Bruchfläche", "größer", "Außenkante")


@dataclass(frozen=True, slots=True)
class NamePlan:
    """Where a frame is filed, and what that path tells."""

    path: str
    """Relative to the image root, with ``/``."""
    name_noise: str
    evidence: str
    """What identifies the specimen: ``foan``, ``folder``, ``serial``, these with ``+serial``, or ``none``."""


class Namer:
    """Draws names and keeps them unique, also where case and Unicode form do not count."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: set[str] = set()
        self._counter = 100

    def name(self, frame: FramePlan) -> NamePlan:
        """Draw folder and file name of one frame."""
        noises = [noise for noise, _ in NAME_NOISES]
        shares = np.array([share for _, share in NAME_NOISES])
        noise = str(self._rng.choice(noises, p=shares / shares.sum()))
        if noise == "umlaut" and frame.instance.n_siblings > 1:
            noise = "exact"
        instance = frame.instance
        folder = self._folder(frame, noise)
        magnification = self._magnification_text(frame.magnification)
        running = f"{frame.running_number:02d}"
        foan = self._spell(instance.foan, noise)
        # Parts of one FOAN can only be told apart by the serial number; some people forget it all the same.
        with_serial = noise == "substituted_digit" or self._rng.random() < (0.88 if instance.n_siblings > 1 else 0.35)
        serial = self._spell_serial(instance.serial_number, noise) if with_serial else ""
        joiner = str(self._rng.choice(["_", "_", "-", " "])) if noise != "exact" else "_"
        evidence = "foan+serial" if serial else "foan"
        if noise == "meaningless":
            self._counter += 1
            stem, evidence = str(self._rng.choice(["IMG_0", "Bild", "scan", "test"])) + str(self._counter), "none"
        elif noise == "folder_only":
            parts = [serial if instance.n_siblings > 1 else "", magnification, running]
            stem = joiner.join(part for part in parts if part)
            evidence = "folder+serial" if parts[0] else "folder"
        elif noise == "serial_only":
            stem, evidence = joiner.join([instance.serial_number, magnification, running]), "serial"
        else:
            parts = [foan, serial, magnification, running]
            if noise == "umlaut":
                parts.insert(1, self._unicode_form(str(self._rng.choice(UMLAUT_WORDS))))
            stem = joiner.join(part for part in parts if part)
        if noise == "case" and self._rng.random() < 0.5:
            stem = stem.lower()
        suffix = self._suffix(frame.file_format, noise)
        return NamePlan(self._unique(f"{folder}/{stem}", suffix), noise, evidence)

    def copy_of(self, path: str, suffix: str, marker: str = " (2)") -> str:
        """A name beside ``path``, as a file manager or a person would call the copy."""
        stem = path.rsplit(".", 1)[0]
        return self._unique(stem + marker, suffix)

    def take(self, path: str) -> str:
        """Reserve a name chosen elsewhere."""
        stem, suffix = path.rsplit(".", 1)
        return self._unique(stem, suffix)

    def _unique(self, stem: str, suffix: str) -> str:
        candidate, n = f"{stem}.{suffix}", 1
        while _key(candidate.rsplit(".", 1)[0]) in self._taken:
            n += 1
            candidate = f"{stem}_{n}.{suffix}"
        # Without the suffix: a sidecar shares its frame's stem.
        self._taken.add(_key(candidate.rsplit(".", 1)[0]))
        return candidate

    def _folder(self, frame: FramePlan, noise: str) -> str:
        year = str(frame.instance.year)
        if noise == "folder_only" or (noise == "exact" and self._rng.random() < 0.6):
            spelled = frame.instance.foan if self._rng.random() < 0.7 else frame.instance.foan.replace("-", "_")
            return f"{year}/{spelled}"
        if noise in {"serial_only", "meaningless"}:
            return str(self._rng.choice(["_unsorted", "from USB"]))
        return f"{year}/{self._unicode_form(str(self._rng.choice(ROOMS)))}"

    def _spell(self, foan: str, noise: str) -> str:
        prefix, year, number = foan.split("-")
        place = int(self._rng.integers(0, 4))
        other = (int(number[place]) + int(self._rng.integers(1, 10))) % 10
        forms = {
            "case": (foan.lower(), f"Fa-{year}-{number}"),
            "separators": (
                f"{prefix}{year}{number}",
                f"{prefix}_{year}_{number}",
                f"{prefix} {year} {number}",
                f"{prefix}{year}-{number}",
                f"{prefix}.{year}.{number}",
            ),
            "no_prefix": (f"{year}-{number}",),
            "substituted_digit": (f"{prefix}-{year}-{number[:place]}{other}{number[place + 1 :]}",),
            # A digit of the year or a letter of the prefix: a short running number could be any of ten.
            "dropped_character": (f"{prefix}-{year[:2]}{year[3]}-{number}", f"{prefix[0]}-{year}-{number}"),
            "look_alike": (f"{prefix}-{_look_alike(year)}-{number}",),
        }
        return str(self._rng.choice(forms.get(noise, (foan,))))

    def _spell_serial(self, serial: str, noise: str) -> str:
        """As it should be, or without its batch digit: enough to tell the parts of one FOAN apart."""
        if noise in {"exact", "substituted_digit"} or self._rng.random() < 0.7:
            return serial
        return serial.split("-")[1]

    def _magnification_text(self, magnification: int) -> str:
        thousands = f"{magnification // 1000}k" if magnification >= 1000 else str(magnification)
        return str(self._rng.choice([f"{magnification}x", f"x{magnification}", f"{thousands}x", f"{magnification}"]))

    def _unicode_form(self, text: str) -> str:
        return unicodedata.normalize("NFD" if self._rng.random() < 0.5 else "NFC", text)

    def _suffix(self, file_format: str, noise: str) -> str:
        spellings = {"tif": ["tif", "tif", "TIF", "tiff"], "jpg": ["jpg", "jpg", "JPG", "jpeg"], "png": ["png"]}
        return file_format if noise == "exact" else str(self._rng.choice(spellings[file_format]))


def expectation(frame: FramePlan, evidence: str) -> str:
    """What a careful person would do with the frame: ``match``, ``foan_only``, ``unmatched`` or ``bar_only``."""
    if not frame.instance.has_report:
        return "unmatched"
    if evidence == "none":
        readable_bar = frame.microscope.foan_in_bar and frame.instance.n_siblings == 1
        return "bar_only" if readable_bar else "unmatched"
    if evidence in {"foan+serial", "folder+serial", "serial"} or frame.instance.n_siblings == 1:
        return "match"
    return "foan_only"


def _look_alike(digits: str) -> str:
    """The first 0 as a letter O, otherwise the first 1 as a small l."""
    return digits.replace("0", "O", 1) if "0" in digits else digits.replace("1", "l", 1)


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
