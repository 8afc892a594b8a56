"""Frame plans to image files: detector noise, data bar, encoding, vendor metadata."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin
from scipy import ndimage

from fractocurate.demo.data_bars import BarFacts, DrawnFrame, draw_frame
from fractocurate.demo.noise import Field
from fractocurate.demo.plan import FramePlan
from fractocurate.demo.textures import render

ZEISS_TAG = 34118  # CZ_SEM, as registered for Zeiss' SmartSEM software; a text of "NAME" / "Label = value unit" lines
NOISE_GREY = 6.5


@dataclass(frozen=True, slots=True)
class Exposure:
    """How one picture of a field is taken: settings that differ when the same field is taken again."""

    noise_seed: int
    contrast: float = 1.0
    brightness: float = 0.0
    noise_grey: float = NOISE_GREY


def expose(surface_picture: Field, exposure: Exposure) -> np.ndarray:
    """Turn a rendered field into 8-bit grey: contrast stretch, beam spread, shot noise, line noise."""
    rng = np.random.default_rng(exposure.noise_seed)
    low, high = np.percentile(surface_picture, [1.0, 99.0])
    grey = 18 + 214 * (surface_picture - low) / max(float(high - low), 1e-6)
    grey = 128 + (grey - 128) * exposure.contrast + exposure.brightness
    grey = ndimage.gaussian_filter(grey.astype(np.float32), 0.6)
    grey += rng.standard_normal(grey.shape, dtype=np.float32) * exposure.noise_grey
    grey += rng.standard_normal((grey.shape[0], 1), dtype=np.float32) * 0.8
    return np.asarray(np.clip(grey, 0, 255), np.uint8)


def draw(plan: FramePlan, exposure: Exposure, *, label: str) -> DrawnFrame:
    """Render, expose and print the data bar of one frame."""
    day = 1 + plan.noise_seed % 28
    facts = BarFacts(
        magnification=plan.magnification,
        pixel_size_nm=plan.pixel_size_nm,
        voltage_kv=plan.voltage_kv,
        working_distance_mm=plan.working_distance_mm,
        label=label,
        date=f"{day:02d}.{1 + plan.noise_seed % 12:02d}.{plan.instance.year}",
        running_number=plan.running_number,
    )
    return draw_frame(expose(render(plan.instance.surface, plan.view), exposure), plan.microscope, facts)


def encode(pixels: np.ndarray, file_format: str, *, zeiss_text: str = "") -> bytes:
    """File bytes of a grey picture as ``tif``, ``jpg`` or ``png``; nothing in them depends on the time."""
    buffer, image = io.BytesIO(), Image.fromarray(pixels)
    if file_format == "jpg":
        image.save(buffer, "JPEG", quality=92)
    elif file_format == "png":
        image.save(buffer, "PNG", compress_level=3)
    elif zeiss_text:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags.tagtype[ZEISS_TAG] = 2
        tags[ZEISS_TAG] = zeiss_text
        image.save(buffer, "TIFF", tiffinfo=tags)
    else:
        image.save(buffer, "TIFF")
    return buffer.getvalue()


def zeiss_text(plan: FramePlan) -> str:
    """The text of the Zeiss tag: pairs of a parameter name and its line."""
    pixel_size = plan.pixel_size_nm
    size_text = f"{pixel_size / 1000:.4g} um" if pixel_size >= 1000 else f"{pixel_size:.4g} nm"
    magnification = f"{plan.magnification / 1000:.2f} K X" if plan.magnification >= 1000 else f"{plan.magnification} X"
    lines = [
        ("AP_MAG", f"Mag = {magnification}"),
        ("AP_PIXEL_SIZE", f"Pixel Size = {size_text}"),
        ("AP_ACTUALKV", f"EHT = {plan.voltage_kv:.2f} kV"),
        ("AP_WD", f"WD = {plan.working_distance_mm:.1f} mm"),
        ("DP_DETECTOR_TYPE", "Detector = SE2"),
    ]
    return "\r\n".join(f"{name}\r\n{line}" for name, line in lines) + "\r\n"


def hitachi_sidecar(plan: FramePlan, drawn: DrawnFrame, image_name: str) -> bytes:
    """The text file that lies beside a frame: UTF-16 with byte order mark, pixel size in nanometres."""
    height_px, width_px = drawn.pixels.shape
    text = "\r\n".join(
        [
            "[SemImageFile]",
            "InstructName=Hydra-3",
            f"ImageName={image_name}",
            f"DataSize={width_px}x{height_px}",
            f"PixelSize={plan.pixel_size_nm:.6g}",
            "SignalName=SE",
            f"AcceleratingVoltage={plan.voltage_kv * 1000:.0f} Volt",
            f"Magnification={plan.magnification}",
            f"WorkingDistance={plan.working_distance_mm * 1000:.0f} um",
            "",
        ]
    )
    return b"\xff\xfe" + text.encode("utf-16-le")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
