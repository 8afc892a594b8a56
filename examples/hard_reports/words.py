"""Words that any laboratory might use, in English and German; all of them are built into Fracto's vocabulary."""

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "foan": ("FOAN", "FOAN no.", "Analysis no.", "Fracture analysis no."),
        "serial_number": ("Serial number", "Serial no.", "S/N", "Component serial number"),
        "instance_tag": ("Fracture no.", "Fragment", "Specimen", "Instance"),
        "component_id": ("Component", "Component ID", "Article no.", "Part number"),
        "fracture_load_kn": ("Fracture load", "Failure load", "Breaking load", "Load at fracture", "Fracture force"),
        "defect_class": ("Fracture cause", "Cause of fracture", "Failure cause", "Root cause", "Defect class", "Cause"),
        "sub_type": ("Sub-type", "Detail", "Defect detail", "Finding"),
        "report_number": ("Report no.", "Report number", "Test report no.", "Document no."),
        "report_date": ("Date", "Report date", "Date of issue", "Issued on"),
    },
    "de": {
        "foan": ("FOAN", "FOAN-Nr.", "Analyse-Nr.", "Bruchanalyse-Nr."),
        "serial_number": ("Seriennummer", "Serien-Nr.", "Ser.-Nr.", "Fertigungsnummer"),
        "instance_tag": ("Bruch-Nr.", "Probe", "Bruchstück", "Instanz"),
        "component_id": ("Bauteil", "Bauteil-Nr.", "Artikel-Nr.", "Sachnummer"),
        "fracture_load_kn": ("Bruchlast", "Bruchkraft", "Versagenslast", "Berstlast"),
        "defect_class": ("Bruchursache", "Ursache", "Fehlerart", "Fehlerklasse", "Bruchart"),
        "sub_type": ("Untertyp", "Befund", "Merkmal", "Ausprägung"),
        "report_number": ("Bericht-Nr.", "Berichtsnummer", "Prüfbericht-Nr.", "Dokument-Nr."),
        "report_date": ("Datum", "Berichtsdatum", "Ausstellungsdatum", "erstellt am"),
    },
}

CAUSES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "green_body": ("green body defect", "green machining defect", "pressing defect", "green state defect"),
        "hard_machining": ("hard machining damage", "machining damage", "grinding damage", "hard machining defect"),
        "material": ("material defect", "material flaw", "inherent flaw"),
        "unknown": ("not determined", "unknown", "not identifiable", "inconclusive", "unclear"),
    },
    "de": {
        "green_body": ("Grünkörperfehler", "Grünbearbeitungsfehler", "Pressfehler", "Formgebungsfehler"),
        "hard_machining": ("Hartbearbeitungsfehler", "Hartbearbeitung", "Schleifschaden", "Bearbeitungsschaden"),
        "material": ("Materialfehler", "Werkstofffehler", "Materialdefekt"),
        "unknown": ("nicht feststellbar", "unbekannt", "nicht bestimmbar", "unklar", "nicht ermittelbar"),
    },
}

SUB_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "agglomerate": ("agglomerate", "hard agglomerate"),
        "pore_cluster": ("pore cluster", "porous region"),
        "press_crack": ("press crack", "compaction crack"),
        "lamination": ("lamination",),
        "green_machining_mark": ("green machining groove",),
        "grinding_crack": ("grinding crack", "machining crack"),
        "grinding_groove": ("grinding groove", "grinding mark"),
        "scratch": ("scratch",),
        "chipping": ("edge chipping", "chipping"),
        "pore": ("pore", "large pore", "void"),
        "inclusion": ("inclusion", "foreign particle"),
        "large_grain": ("large grain", "abnormal grain"),
    },
    "de": {
        "agglomerate": ("Agglomerat", "hartes Agglomerat"),
        "pore_cluster": ("Porennest", "poröser Bereich"),
        "press_crack": ("Pressriss",),
        "lamination": ("Delamination",),
        "green_machining_mark": ("Grünbearbeitungsriefe",),
        "grinding_crack": ("Schleifriss", "Bearbeitungsriss"),
        "grinding_groove": ("Schleifriefe", "Riefe"),
        "scratch": ("Kratzer",),
        "chipping": ("Kantenausbruch", "Kantenabplatzung"),
        "pore": ("Pore", "Lunker"),
        "inclusion": ("Einschluss", "Fremdpartikel"),
        "large_grain": ("Grobkorn", "Riesenkorn"),
    },
}

SUB_TYPES_OF: dict[str, tuple[str, ...]] = {
    "green_body": ("agglomerate", "pore_cluster", "press_crack", "lamination", "green_machining_mark"),
    "hard_machining": ("grinding_crack", "grinding_groove", "scratch", "chipping"),
    "material": ("pore", "inclusion", "large_grain"),
    "unknown": (),
}

FOREIGN_CAUSES: dict[str, tuple[str, ...]] = {
    "en": ("thermal shock", "overload by the fixture", "impact during assembly", "contact stress at the seat"),
    "de": ("Thermoschock", "Überlast im Prüfstand", "Stoß bei der Montage", "Kantenpressung"),
}
"""Causes that no profile knows: they must not be pressed into a class."""

NOTHING: dict[str, tuple[str, ...]] = {"en": ("n/a", "-", "\u2013"), "de": ("k. A.", "-", "\u2013")}
NO_SUB_TYPE: dict[str, tuple[str, ...]] = {"en": ("-", "none", "n/a"), "de": ("-", "keiner", "k. A.")}

MONTHS: dict[str, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
           "November", "Dezember"),
}  # fmt: skip

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "title": "Fracture Analysis Report",
        "title_2": "Report on the fractographic examination",
        "author": "Examined by",
        "customer": "Department",
        "customer_name": "Quality Assurance, Ceramics",
        "intro": "The parts named below broke in the proof test. The fracture surfaces were cleaned in ethanol, "
        "sputtered with gold and examined in the scanning electron microscope. Strength was tested in accordance with "
        "DIN EN 843-1; the fractography follows DIN EN 843-6.",
        "results": "Results",
        "summary": "Summary",
        "conclusion": "The results refer to the parts examined only. Copies in part need the laboratory's consent.",
        "page": "Page {page} of {pages}",
        "form": "Form QF 7.5-14, issue 3",
        "phone": "Phone +49 7071 555-{number}",
        "drawing": "Drawing 4-118-{number} B",
        "mean": "Mean value",
        "sum": "Number of parts",
        "other": "For comparison (not part of this report): {foans}.",
        "revision": "This report supersedes report {number}.",
        "revision_2": "Revised report; replaces {number}.",
        "footnote": "* load read from the chart recorder",
        "remark": "Remark",
        "remark_text": "see figure",
        "inspector": "Inspected",
        "running": "#",
        "received": "Samples received",
        "order": "Purchase order",
    },
    "de": {
        "title": "Bericht zur Bruchanalyse",
        "title_2": "Fraktographischer Untersuchungsbericht",
        "author": "Bearbeiter",
        "customer": "Abteilung",
        "customer_name": "Qualitätssicherung Keramik",
        "intro": "Die unten genannten Teile sind in der Überlastprüfung gebrochen. Die Bruchflächen wurden in Ethanol "
        "gereinigt, mit Gold besputtert und im Rasterelektronenmikroskop untersucht. Die Festigkeit wurde nach "
        "DIN EN 843-1 geprüft, die Fraktographie erfolgte nach DIN EN 843-6.",
        "results": "Ergebnisse",
        "summary": "Zusammenfassung",
        "conclusion": "Die Ergebnisse gelten nur für die untersuchten Teile. Auszüge nur mit Zustimmung des Labors.",
        "page": "Seite {page} von {pages}",
        "form": "Formblatt QF 7.5-14, Ausgabe 3",
        "phone": "Tel. 07071 555-{number}",
        "drawing": "Zeichnung 4-118-{number} B",
        "mean": "Mittelwert",
        "sum": "Anzahl Teile",
        "other": "Zum Vergleich (nicht Gegenstand dieses Berichts): {foans}.",
        "revision": "Dieser Bericht ersetzt den Bericht {number}.",
        "revision_2": "Berichtigte Fassung, ersetzt {number}.",
        "footnote": "* Last vom Schreiber abgelesen",
        "remark": "Bemerkung",
        "remark_text": "siehe Bild",
        "inspector": "Geprüft",
        "running": "lfd.",
        "received": "Probeneingang",
        "order": "Bestellung",
    },
}

SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "{foan}, {serial}: the part broke{at}. Fracture cause: {cause}.",
        "The part with {serial} ({foan}) failed{at}. The cause of fracture was found to be: {cause}.",
        "Under {foan} the part with {serial} was examined. It broke{at}; root cause: {cause}.",
    ),
    "de": (
        "{foan}, {serial}: Das Teil brach{at}. Bruchursache: {cause}.",
        "Das Teil mit der {serial} ({foan}) ist{at} gebrochen. Als Bruchursache wurde ermittelt: {cause}.",
        "Zu {foan} wurde das Teil {serial} untersucht. Der Bruch trat{at} ein; Ursache: {cause}.",
    ),
}

SETTINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Test machine", "Zwick 1474"),
        ("Cross-head speed", "0.5 mm/min"),
        ("Span", "40 mm"),
        ("Temperature", "22.5 °C"),
        ("Humidity", "45 %"),
        ("SEM voltage", "15 kV"),
        ("Working distance", "11.2 mm"),
    ),
    "de": (
        ("Prüfmaschine", "Zwick 1474"),
        ("Prüfgeschwindigkeit", "0,5 mm/min"),
        ("Auflagerabstand", "40 mm"),
        ("Temperatur", "22,5 °C"),
        ("Luftfeuchte", "45 %"),
        ("Spannung REM", "15 kV"),
        ("Arbeitsabstand", "11,2 mm"),
    ),
}

AUTHORS = ("K. Brandt", "M. Oduya", "S. Lindqvist", "J. Meyer-Holm", "P. Ferrante")
