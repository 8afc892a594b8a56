"""Vendor metadata of six makers become standard readings, and are rescaled or rejected where they no longer fit."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from data_contracts.pixels import decode_grey
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.vendor_formats import decode_text
from fractocurate.micrographs.vendor_tags import VendorFacts, read_sidecars, read_vendor_tags

ZEISS = (
    "0\r\n0\r\nDP_IMAGE_STORE\r\nStore resolution = 1024 * 768\r\nAP_MAG\r\nMag =  2.00 K X\r\nAP_IMAGE_PIXEL_SIZE\r\n"
    "Image Pixel Size = 55.82 nm\r\nAP_DATE\r\nDate :10 Aug 2018\r\nAP_TIME\r\nTime :11:41:13\r\nSV_FILE_NAME\r\n"
    "File Name = part7.tif\r\nSV_USER_TEXT\r\nUser Text = ring B\r\n"
)
FEI = (
    "[User]\r\nDate=08/18/2020\r\nTime=01:40:03 PM\r\nUserText=ring B\r\n[System]\r\nDisplayWidth=0.298\r\n"
    "[EBeam]\r\nHFW=0.000298\r\n[EScan]\r\nPixelWidth=2.91015625e-07\r\n[Image]\r\nResolutionX=1024\r\nResolutionY=884\r\n"
    "[PrivateFei]\r\nDatabarHeight=59\r\n"
)
TESCAN = (
    "\x00\x01junk[MAIN]\r\nDevice=X\r\nMagnification=100.00\r\nPixelSizeX=3.4625e-06\r\n"
    "Date=2020-04-19\r\nTime=14:24:23\r\nImageStripSize=66\r\n"
)
HITACHI = (
    "[SemImageFile]\r\nSampleName=ring B\r\nImageName=a.tif\r\nDate=2020/04/19\r\n"
    "Time=14:24:23\r\nDataSize=640x480\r\nPixelSize=396.875\r\nMagnification=500\r\n"
)
JEOL = (
    "$CM_MAG 250\r\n$CM_DATE 08/31/2020\r\n$CM_TIME 15:25:29\r\n"
    "$CM_FULL_SIZE 640 480\r\n$$SM_MICRON_BAR 133\r\n$$SM_MICRON_MARKER 100um\r\n"
)
PHENOM = (
    '<?xml version="1.0"?><Image><type>Phenom</type>'
    '<pixelWidth unit="nm">120.5</pixelWidth><magnification>1000</magnification></Image>'
)


def values(facts: VendorFacts) -> dict[str, str | None]:
    """The readings by field."""
    return {r.field: r.value for r in facts.readings}


def test_zeiss_tag() -> None:
    """SmartSEM's pairs of lines."""
    facts = read_vendor_tags({34118: ZEISS}, 1024, 768)
    assert facts.vendor == "zeiss"
    found = values(facts)
    assert float(found["magnification"] or 0) == 2000
    assert float(found["pixel_size_nm"] or 0) == pytest.approx(55.82)
    assert found["acquired_at"] == "2018-08-10T11:41:13"
    assert (found["file_name"], found["note"]) == ("part7.tif", "ring B")


def test_fei_tag_gives_bar_and_magnification() -> None:
    """The height of the bar, and the magnification as display width over field width."""
    facts = read_vendor_tags({34682: FEI}, 1024, 943)
    assert facts.bar_top_px == 884
    found = values(facts)
    assert float(found["magnification"] or 0) == 1000
    assert float(found["pixel_size_nm"] or 0) == pytest.approx(291.015625)
    assert found["acquired_at"] == "2020-08-18T13:40:03"


def test_tescan_tag_and_header_file_say_the_same() -> None:
    """Tag 50431 behind a binary head, and the same text as a sidecar."""
    tag, sidecar = read_vendor_tags({50431: TESCAN}, 800, 666), read_sidecars([TESCAN], 800, 666)
    assert values(tag) == values(sidecar)
    assert tag.bar_top_px == 600
    assert {r.method for r in tag.readings} == {ReadingMethod.VENDOR_TAG}
    assert {r.method for r in sidecar.readings} == {ReadingMethod.SIDECAR}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8", "latin-1"])
def test_hitachi_sidecar_in_every_encoding(encoding: str) -> None:
    """UTF-16 with and without mark, UTF-8 and Latin-1."""
    facts = read_sidecars([decode_text(HITACHI.encode(encoding))], 640, 512)
    found = values(facts)
    assert facts.vendor == "hitachi"
    assert facts.bar_top_px == 480
    assert (found["magnification"], float(found["pixel_size_nm"] or 0)) == ("500", 396.875)
    assert found["sample"] == "ring B"


def test_jeol_sidecar_gives_pixel_size_by_its_marker() -> None:
    """Marker length over marker pixels."""
    found = values(read_sidecars([JEOL], 640, 512))
    assert float(found["pixel_size_nm"] or 0) == pytest.approx(100_000 / 133, rel=1e-4)
    assert found["acquired_at"] == "2020-08-31T15:25:29"


def test_phenom_xml() -> None:
    """Elements with units, found in whatever tag they stand."""
    facts = read_vendor_tags({270: PHENOM}, 1024, 1088)
    assert facts.vendor == "phenom"
    assert values(facts)["pixel_size_nm"] == "120.5"


def test_tags_of_a_resized_file_are_rescaled() -> None:
    """Half the width and height: twice the pixel size, and a note."""
    facts = read_vendor_tags({34118: ZEISS}, 512, 384)
    assert float(values(facts)["pixel_size_nm"] or 0) == pytest.approx(111.64)
    assert any("rescaled" in r.note for r in facts.readings)


def test_tags_of_a_cropped_file_are_rejected() -> None:
    """Cut at the side: the scale cannot be known to be unchanged, so no pixel size but an issue."""
    facts = read_vendor_tags({34118: ZEISS}, 700, 700)
    assert "pixel_size_nm" not in values(facts)
    assert any("rejected" in issue for issue in facts.issues)
    assert values(facts)["magnification"] == "2000"


def test_rows_cut_off_leave_the_scale_alone() -> None:
    """A file without its bar keeps its pixel size."""
    assert float(values(read_vendor_tags({34118: ZEISS}, 1024, 690))["pixel_size_nm"] or 0) == pytest.approx(55.82)


def test_foreign_text_is_no_metadata() -> None:
    """Notes, empty tags and other texts give nothing and break nothing."""
    assert read_sidecars(["remember to order a new filament", ""], 640, 480) == VendorFacts()
    assert read_vendor_tags({34118: "", 34682: "", 50431: "\x00", 270: "ImageJ=1.53"}, 640, 480) == VendorFacts()


@pytest.mark.parametrize("unit", ["µm", "?m", "um", "\ufffdm", "\u03bcm", "Âµm"])
def test_lost_micro_signs_of_tags_are_understood(unit: str) -> None:
    """Re-coded files have a question mark or two letters where the micro sign was."""
    text = ZEISS.replace("55.82 nm", f"0.05582 {unit}")
    assert float(values(read_vendor_tags({34118: text}, 1024, 768))["pixel_size_nm"] or 0) == pytest.approx(55.82)


def test_zeiss_numbers_without_names_stand_in() -> None:
    """The numeric head of the tag holds pixel size and magnification where the named values are missing."""
    head = "0\r\n0\r\n0\r\n5.582500e-08\r\n2.000000e+03\r\n6\r\nDP_ZOOM\r\nZoom = Off\r\n"
    found = values(read_vendor_tags({34118: head}, 1024, 768))
    assert float(found["pixel_size_nm"] or 0) == pytest.approx(55.825)
    assert float(found["magnification"] or 0) == 2000


@pytest.mark.parametrize("width", [512, 1024, 2048, 3072])
@pytest.mark.parametrize("named", [True, False])
def test_zeiss_pixel_size_of_the_display_is_not_that_of_the_picture(width: int, named: bool) -> None:  # noqa: FBT001
    """``AP_PIXEL_SIZE`` and the fourth bare number are pixels of a display of 1024 columns, always."""
    text = "AP_MAG\r\nMag = 2.00 K X\r\nAP_PIXEL_SIZE\r\nPixel Size = 55.82 nm\r\n"
    if not named:
        text = "0\r\n0\r\n0\r\n5.582000e-08\r\n2.000000e+03\r\n6\r\nDP_ZOOM\r\nZoom = Off\r\n"
    found = values(read_vendor_tags({34118: text}, width, width * 3 // 4))
    assert float(found["pixel_size_nm"] or 0) == pytest.approx(55.82 * 1024 / width)


def test_zeiss_pixel_size_of_the_picture_goes_before_that_of_the_display() -> None:
    """Where both are named the one of the stored picture is taken."""
    text = ZEISS.replace("1024 * 768", "2048 * 1536").replace("55.82 nm", "27.91 nm")
    text += "AP_PIXEL_SIZE\r\nPixel Size = 55.82 nm\r\n"
    assert float(values(read_vendor_tags({34118: text}, 2048, 1536))["pixel_size_nm"] or 0) == pytest.approx(27.91)


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_cut_magnification_is_none(cut: int) -> None:
    """A tag that ends within ``25.00 K X`` does not say 25."""
    text = f"DP_ZOOM\r\nZoom = Off\r\nAP_MAG\r\nMag = {'25.00 K X'[:-cut]}"
    assert "magnification" not in values(read_vendor_tags({34118: text}, 1024, 768))


@pytest.mark.parametrize("tag", [34682, 34683])
def test_an_exponent_that_was_cut_off_gives_no_pixel_size(tag: int) -> None:
    """A text that ends within ``2.9e-07`` does not say 2.9 m; the field before it is whole."""
    text = "[Scan]\r\nHorFieldsize=0.000298\r\nPixelWidth=2.9"
    facts = read_vendor_tags({tag: text}, 1024, 943)
    assert float(values(facts)["pixel_size_nm"] or 0) == pytest.approx(0.000298e9 / 1024, rel=1e-6)
    assert any("rejected" in issue for issue in facts.issues)


def test_phenom_xml_is_found_in_tiff_tag_and_jpeg_bytes() -> None:
    """Micrometres by the unit attribute, whatever the container."""
    xml = '<FeiImage><pixelWidth unit="um">0.25</pixelWidth><databarHeight>64</databarHeight></FeiImage>'
    tiff, jpeg = io.BytesIO(), io.BytesIO()
    picture = np.zeros((64 + 40, 60), np.uint8)
    tifffile.imwrite(tiff, picture, extratags=[(34683, 2, len(xml) + 1, xml, True)], metadata=None)
    Image.fromarray(picture).save(jpeg, "JPEG")
    for content in (tiff.getvalue(), jpeg.getvalue() + xml.encode()):
        header = decode_grey(content).header
        facts = read_vendor_tags(header.private_tags, header.width_px, header.height_px)
        assert (facts.vendor, values(facts)["pixel_size_nm"]) == ("phenom", "250")


def test_tescan_magnification_of_another_section() -> None:
    """Some versions keep it with the settings of the column."""
    text = TESCAN.replace("Magnification=100.00\r\n", "") + "[SEM]\r\nMagnification=250.0\r\n"
    assert values(read_vendor_tags({50431: text}, 800, 666))["magnification"] == "250"


def test_fei_canvas_goes_before_the_display() -> None:
    """Where the canvas of the magnification is recorded, the bar prints it over the field."""
    text = FEI.replace("[Image]", "[Image]\r\nMagCanvasRealWidth=0.149")
    assert float(values(read_vendor_tags({34682: text}, 1024, 943))["magnification"] or 0) == 500


def test_tescan_section_behind_a_binary_head_is_read_although_others_follow() -> None:
    """The first section does not begin a line, the later ones do."""
    found = values(read_vendor_tags({50431: TESCAN + "[SEM]\r\nHV=15000\r\n"}, 800, 666))
    assert found["magnification"] == "100"


def test_jeol_field_of_view_is_exact() -> None:
    """The width of the field in micrometres goes before the micron bar in whole pixels."""
    text = JEOL + "$CM_FIELD_OF_VIEW 480.000 360.000\r\n"
    assert float(values(read_sidecars([text], 640, 512))["pixel_size_nm"] or 0) == pytest.approx(750)


def test_metadata_tell_whether_they_are_of_this_size() -> None:
    """Recorded and equal, recorded and other, not recorded."""
    assert read_vendor_tags({34118: ZEISS}, 1024, 768).is_of_this_size
    assert not read_vendor_tags({34118: ZEISS}, 512, 384).is_of_this_size
    assert not read_vendor_tags({50431: TESCAN}, 800, 666).is_of_this_size


def test_hitachi_sidecar_without_a_pixel_size_gives_it_by_the_width_of_the_print() -> None:
    """127 mm over the magnification, scaled where the file was resized, and nothing where it was cropped."""
    text = "[SemImageFile]\nInstructName=S-4700\nDataSize=1280x960\nMagnification=15000\nMicronMarker=3000\n"
    for size, wanted in (((1280, 960), 6.6146), ((640, 480), 13.2292), ((700, 400), None)):
        sizes = [r for r in read_sidecars([text], *size).readings if r.field == "pixel_size_nm"]
        assert [float(r.value or 0) for r in sizes] == ([] if wanted is None else [pytest.approx(wanted, rel=1e-4)])
    stated = read_sidecars([text + "PixelSize=6.61\n"], 1280, 960).readings
    assert [r.value for r in stated if r.field == "pixel_size_nm"] == ["6.61"]
