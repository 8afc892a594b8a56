"""Makers' metadata for a frame: TIFF tags, and text files beside it. Forms and units after the makers' own files."""

from dataclasses import dataclass

from hard_frames.facts import Facts, length_text

ZEISS, FEI_XL, FEI, TESCAN, DESCRIPTION = 34118, 34680, 34682, 50431, 270


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is stored with a frame."""

    tags: dict[int, bytes]
    sidecar_suffix: str = ""
    """``.txt``, ``.hdr``, or empty."""
    sidecar: bytes = b""


def write(form: str, facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    """Metadata in a maker's form for a frame of a size, whose picture has that height without the bar."""
    return _FORMS[form](facts, size_px, picture_height_px)


def _crlf(*lines: str) -> bytes:
    return "\r\n".join((*lines, "")).encode("latin-1", "replace")


def _zeiss(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:  # noqa: ARG001
    k = facts.magnification
    lines = [
        "", "0", "0", "AP_WD", f"WD = {facts.distance_mm:.1f} mm", "AP_ACTUALKV", f"EHT = {facts.voltage_kv:.2f} kV",
        "AP_MAG", f"Mag = {k / 1000:.2f} K X" if k >= 1000 else f"Mag = {k:.0f} X",
        # Of the display of 1024 columns, whatever the size of the picture.
        "AP_PIXEL_SIZE", f"Pixel Size = {length_text(facts.field_nm / 1024, 4)}",
        "AP_WIDTH", f"Width = {length_text(facts.field_nm, 4)}",
        "DP_IMAGE_STORE", f"Store resolution = {size_px[0]} * {size_px[1]}",
        "AP_DATE", "Date :{2:d} Nov {0:d}".format(*facts.day), "AP_TIME", "Time :10:11:12",
        "SV_USER_TEXT", f"User Text = {facts.note}", "SV_SERIAL_NUMBER", "Serial No. = Supra 40-12-34",
    ]  # fmt: skip
    return Metadata({ZEISS: _crlf(*lines)})


def _fei(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    size = facts.pixel_size_nm * 1e-9
    display = facts.field_nm * 1e-9 * facts.magnification
    lines = [
        "[User]", "Date={1:02d}/{2:02d}/{0:04d}".format(*facts.day), "Time=01:02:03 PM", f"UserText={facts.note}",
        "[System]", "Type=SEM", "SystemType=Quanta 200", f"DisplayWidth={display:.6g}",
        "[Beam]", "HV=15000", "[EBeam]", "Source=FEG", f"HFW={facts.field_nm * 1e-9:.9g}",
        "[EScan]", f"PixelWidth={size:.9g}", f"PixelHeight={size:.9g}", f"HorFieldsize={facts.field_nm * 1e-9:.9g}",
        "[Image]", f"ResolutionX={size_px[0]}", f"ResolutionY={picture_height_px}", "MagCanvasRealWidth=",
        "[PrivateFei]", "BitShift=0", f"DatabarHeight={size_px[1] - picture_height_px}",
    ]  # fmt: skip
    return Metadata({FEI: _crlf(*lines)})


def _fei_xl(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:  # noqa: ARG001
    lines = [
        "[DatabarData]", "ImageName = rest.tif", f"szUserText = {facts.note}", "flAccV = 15000",
        f"lMagnification = {facts.magnification:.0f}", "[Vector]", f"Magnification = {facts.magnification:.6f}",
        "HTV = 15000",
    ]  # fmt: skip
    return Metadata({FEI_XL: _crlf(*lines)})


def _tescan_lines(facts: Facts, picture_height_px: int, height_px: int) -> list[str]:
    size = facts.pixel_size_nm * 1e-9
    return [
        "[MAIN]", f"Date={facts.iso_date}", "Time=10:11:12", "Device=VEGA3", f"Magnification={facts.magnification:.9g}",
        f"Note={facts.note}", f"PixelSizeX={size:.9g}", f"PixelSizeY={size:.9g}",
        f"ImageStripSize={height_px - picture_height_px}",
        "[SEM]", "HV=15000", f"WD={facts.distance_mm / 1000:.6g}",
    ]  # fmt: skip


def _tescan(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    text = _crlf(*_tescan_lines(facts, picture_height_px, size_px[1]))
    return Metadata({TESCAN: b"\x09\x00\x00\x01binary head\x00\x00" + text})


def _tescan_hdr(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    return Metadata({}, ".hdr", _crlf(*_tescan_lines(facts, picture_height_px, size_px[1])))


def _hitachi(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:  # noqa: ARG001
    lines = [
        "[SemImageFile]", "InstructName=S-4800", "SerialNumber=9012-34", f"SampleName={facts.note}",
        f"DataSize={size_px[0]}x{size_px[1]}", f"PixelSize={facts.pixel_size_nm:.8g}", "AcceleratingVoltage=15000 Volt",
        "Date={:04d}/{:02d}/{:02d}".format(*facts.day), "Time=10:11:12", f"Magnification={facts.magnification:.0f}",
        "WorkingDistance=8000 um", "",
    ]  # fmt: skip
    return Metadata({}, ".txt", "\r\n".join(lines).encode("utf-16"))


def _jeol(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    bar = 0.15 * facts.field_nm
    length = max(k * 10.0**p for p in range(8) for k in (1, 2, 5) if k * 10.0**p <= bar)
    lines = [
        "$CM_FORMAT JEOL", f"$CM_DATE {facts.day[1]:02d}/{facts.day[2]:02d}/{facts.day[0]}", "$CM_TIME 10:11:12",
        "$CM_INSTRUMENT 7001F", f"$CM_LABEL {facts.note}", f"$CM_MAG {facts.magnification:.0f}", "$CM_ACCEL_VOLT 15.00",
        f"$CM_FULL_SIZE {size_px[0]} {picture_height_px}", f"$$SM_MICRON_BAR {length / facts.pixel_size_nm:.0f}",
        f"$$SM_MICRON_MARKER {length_text(length, gap='', micro='u')}", "$$SM_WD 10.0",
    ]  # fmt: skip
    return Metadata({}, ".txt", _crlf(*lines))


def _phenom(facts: Facts, size_px: tuple[int, int], picture_height_px: int) -> Metadata:
    size = facts.pixel_size_nm
    text = (
        f'<?xml version="1.0"?><FeiImage><acquisition><scan><integrations>8</integrations></scan></acquisition>'
        f"<cropHint><left>0</left><top>0</top><right>{size_px[0]}</right><bottom>{picture_height_px}</bottom></cropHint>"
        f'<pixelWidth unit="nm">{size:.6f}</pixelWidth><pixelHeight unit="nm">{size:.6f}</pixelHeight>'
        f"<databarHeight>{size_px[1] - picture_height_px}</databarHeight><instrument><type>Phenom</type>"
        f"</instrument><databarLabel>{facts.note}</databarLabel></FeiImage>"
    )
    return Metadata({DESCRIPTION: text.encode()})


_FORMS = {
    "zeiss": _zeiss,
    "fei": _fei,
    "fei_xl": _fei_xl,
    "tescan": _tescan,
    "tescan_hdr": _tescan_hdr,
    "hitachi": _hitachi,
    "jeol": _jeol,
    "phenom": _phenom,
}
