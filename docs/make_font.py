"""Write ranvier/fonts/hanzi.otf: the characters of Chinese texts, so that pictures have
them on every machine.

    python docs/make_font.py NotoSansCJK-Regular.ttc

Run by hand with fonttools installed, on the file of Debian's package fonts-noto-cjk.
Taken are the 6,763 characters of GB 2312, its signs, Latin, Greek and
mathematical ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).resolve().parents[1] / "ranvier" / "fonts"
FAMILY = "Ranvier Hanzi"


def characters() -> set[int]:
    found = set(range(0x20, 0x7F)) | set(range(0xA0, 0x400))
    found |= set(range(0x2010, 0x2300))  # dashes, sub- and superscripts, arrows, maths
    for row in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def simplified(path: str) -> TTFont:
    fonts = TTCollection(path).fonts
    return next(f for f in fonts if f["name"].getDebugName(1) == "Noto Sans CJK SC")


def main(path: str) -> None:
    font = simplified(path)
    options = subset.Options(
        layout_features=[], name_IDs=[0, 1, 2, 13, 14], hinting=False
    )
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=characters())
    chosen.subset(font)
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = FAMILY
    font["CFF "].cff.fontNames = [FAMILY.replace(" ", "")]
    font["CFF "].cff.topDictIndex[0].FamilyName = FAMILY
    font["CFF "].cff.topDictIndex[0].FullName = FAMILY
    HERE.mkdir(exist_ok=True)
    font.save(HERE / "hanzi.otf")
    print(HERE / "hanzi.otf", (HERE / "hanzi.otf").stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
