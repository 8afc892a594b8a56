"""What the invented site writes in its reports, in English and in German."""

from typing import Any

CAUSES: dict[str, dict[str, str]] = {
    "en": {
        "green_body": "green body flaw",
        "hard_machining": "hard machining damage",
        "material": "material flaw",
        "unknown": "not determined",
    },
    "de": {
        "green_body": "Grünkörperfehler",
        "hard_machining": "Hartbearbeitungsfehler",
        "material": "Materialfehler",
        "unknown": "nicht bestimmbar",
    },
}
"""Defect class -> the site's words for the fracture cause."""

SUB_TYPE_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "agglomerate": "agglomerate",
        "pore_cluster": "pore cluster",
        "press_crack": "pressing crack",
        "grinding_crack": "grinding crack",
        "scratch": "deep scratch",
        "chipping": "edge chipping",
        "pore": "large pore",
        "inclusion": "inclusion",
        "large_grain": "abnormal grain",
        "": "-",
    },
    "de": {
        "agglomerate": "Agglomerat",
        "pore_cluster": "Porennest",
        "press_crack": "Pressriss",
        "grinding_crack": "Schleifriss",
        "scratch": "tiefer Kratzer",
        "chipping": "Kantenausbruch",
        "pore": "große Pore",
        "inclusion": "Einschluss",
        "large_grain": "Riesenkorn",
        "": "-",
    },
}

LABELS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Fracture Analysis Report",
        "number": "Report no.",
        "date": "Date",
        "author": "Examined by",
        "laboratory": "Laboratory",
        "laboratory_name": "Ceramics Laboratory, Building 7",
        "revision": "Revision 1 - this report supersedes report {number}.",
        "intro": "The parts listed below broke in the burst test. Their fracture surfaces were cleaned in an "
        "ultrasonic bath, sputtered with gold and examined in the scanning electron microscope.",
        "columns": [
            "FOAN",
            "Serial number",
            "Fracture",
            "Component ID",
            "Fracture load [kN]",
            "Fracture cause",
            "Sub-type",
        ],
        "fracture": "Fracture {tag}",
        "caption": "Figure {number}: {foan}, serial number {serial}, fracture origin, magnification {magnification}x",
        "conclusion": "The fracture origin was found by following the hackle lines back to the mirror.",
    },
    "de": {
        "title": "Bericht zur Bruchanalyse",
        "number": "Bericht-Nr.",
        "date": "Datum",
        "author": "Bearbeiter",
        "laboratory": "Labor",
        "laboratory_name": "Keramiklabor, Gebäude 7",
        "revision": "Revision 1 - dieser Bericht ersetzt den Bericht {number}.",
        "intro": "Die unten genannten Teile sind in der Berstprüfung gebrochen. Ihre Bruchflächen wurden im "
        "Ultraschallbad gereinigt, mit Gold besputtert und im Rasterelektronenmikroskop untersucht.",
        "columns": [
            "FOAN",
            "Seriennummer",
            "Bruch",
            "Bauteil-ID",
            "Bruchlast [kN]",
            "Bruchursache",
            "Unterart",
        ],
        "fracture": "Bruch {tag}",
        "caption": "Abbildung {number}: {foan}, Seriennummer {serial}, Bruchursprung, Vergrößerung {magnification}x",
        "conclusion": "Der Bruchursprung wurde entlang der Lanzettlinien bis zum Bruchspiegel zurückverfolgt.",
    },
}
