"""Slips of OCR and of typists: characters taken for each other, and words one edit or one swap apart."""

DIGIT_FOR: dict[str, str] = {
    "O": "0", "o": "0", "Q": "0", "D": "0",
    "I": "1", "i": "1", "l": "1", "|": "1",
    "Z": "2", "z": "2",
    "S": "5", "s": "5",
    "G": "6", "b": "6",
    "B": "8",
    "g": "9", "q": "9",
}  # fmt: skip
"""Characters that are taken for a digit by OCR or by typists, and the digit they stand for."""

LETTER_FOR: dict[str, str] = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B", "$": "S", "§": "S"}
"""Digits and signs that are taken for a letter, and the letter they stand for."""


def repaired(text: str, kind: str) -> tuple[str, list[str]]:
    """Characters that do not belong into a ``number``, ``year`` or ``letters`` field replaced by what they stand for.

    Returns:
        The text, and the repairs as ``O -> 0``; a character that stands for nothing is left as it is.
    """
    table = LETTER_FOR if kind == "letters" else DIGIT_FOR
    read, repairs = "", []
    for character in text:
        wanted = character.isalpha() if kind == "letters" else character.isdigit()
        repaired = character if wanted else table.get(character, character)
        if repaired != character:
            repairs.append(f"{character} -> {repaired}")
        read += repaired
    return (read.upper() if kind == "letters" else read), repairs


def one_slip_apart(a: str, b: str) -> bool:
    """Whether one edit (insert, drop, replace) or one swap of neighbours turns ``a`` into ``b``; true if equal."""
    if len(a) == len(b):
        differing = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        if len(differing) == 2:
            i, j = differing
            return j == i + 1 and a[i] == b[j] and a[j] == b[i]
        return len(differing) <= 1
    shorter, longer = sorted((a, b), key=len)
    return len(longer) - len(shorter) == 1 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
