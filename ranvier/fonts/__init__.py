"""The font of Chinese pictures, shipped so that no machine draws boxes.

`hanzi.otf` has the characters of GB 2312 (its licence stands beside it); what it lacks
is looked for in the font that matplotlib brings.
"""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("hanzi.otf")
FAMILY = "Ranvier Hanzi"
LATIN = "DejaVu Sans"


def families(lang: str) -> list[str]:
    """matplotlib's `font.family` for a language; makes the Chinese font known to it.

    >>> families("en")
    ['DejaVu Sans']
    >>> families("zh")
    ['Ranvier Hanzi', 'DejaVu Sans']
    """
    if lang != "zh":
        return [LATIN]
    from matplotlib import font_manager

    known = font_manager.fontManager
    if not any(font.name == FAMILY for font in known.ttflist):
        known.addfont(str(FILE))
    return [FAMILY, LATIN]
