"""The house style of pictures: colours, type, and labels that fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from modelkin.errors import printable

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#B8A900",
)
"""Okabe and Ito (2008), told apart with every kind of colour vision; the yellow darkened so
that it is seen on white."""

DECLARED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "finetune": ("#0072B2", "o", "-"),
        "adapter": ("#CC79A7", "D", ":"),
        "quantized": ("#009E73", "^", "-."),
        "merge": ("#D55E00", "s", "--"),
        "untyped": ("#7F7F7F", "v", ":"),
        "all but merge": ("#222222", "P", "-"),
        "LLaMA": ("#0072B2", "o", "-"),
        "Qwen": ("#D55E00", "s", "--"),
        "BERT": ("#009E73", "^", "-."),
        "Gemma": ("#CC79A7", "D", ":"),
        "Mistral": ("#E69F00", "v", "-"),
        "GPT": ("#56B4E9", "P", "--"),
        "Phi": ("#000000", "X", "-."),
        "DeepSeek": ("#B8A900", "*", ":"),
    }
)
"""Relations and large families look the same in every figure: colour, marker, line."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
REST, UNKNOWN = "#7F7F7F", "#B8B8B8"
"""Greys of what has no name of its own, and of what is not known."""

INK, FAINT = "#222222", "#6B6B6B"
SEQUENTIAL, DIVERGING = "Blues", "PuOr_r"

STYLE: dict[str, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "figure.dpi": 160,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "ytick.color": INK,
    "ytick.labelsize": 8,
}

LABEL, NAME = 26, 20
"""Characters of the longest label on an axis, and of the longest name in a legend."""


def looks(groups: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """Return colour, marker and line of each group, in order; rests and unknowns are grey.

    Declared groups have their own look; others take the looks that these leave.

    >>> looks(["llama", "unknown"])["unknown"][0]
    '#B8B8B8'
    """
    groups = list(groups)
    found: dict[str, tuple[str, str, str]] = {}
    taken = {DECLARED[group][0] for group in groups if group in DECLARED}
    # lines that coincide still show when their dashes differ
    free = [
        (colour, MARKERS[n], LINES[n % len(LINES)])
        for n, colour in enumerate(COLOURS)
        if colour not in taken
    ] or [(REST, MARKERS[0], LINES[0])]
    named = 0
    for group in groups:
        lower = group.lower()
        if lower in ("unknown", "not known"):
            found[group] = (UNKNOWN, "o", "-")
        elif lower == "other" or lower.startswith("other "):
            found[group] = (REST, "o", "-")
        elif group in DECLARED:
            found[group] = DECLARED[group]
        else:
            found[group] = free[named % len(free)]
            named += 1
    return found


def colour_of(group: str, otherwise: str) -> str:
    """Return the colour that a group has in every figure; another one where it has none.

    >>> colour_of("merge", "#000000"), colour_of("unknown", "#000000"), colour_of("x", "#000000")
    ('#D55E00', '#B8B8B8', '#000000')
    """
    own = looks([group])[group][0]
    return own if group in DECLARED or own in (REST, UNKNOWN) else otherwise


def label(value: object, longest: int = LABEL) -> str:
    """Return a value as a label: escaped, in glyphs that the font has, shortened in the middle.

    >>> label("meta-llama/Llama-3.2-1B-Instruct-finetuned", 22)
    'meta-llama…t-finetuned'
    """
    text = printable(str(value))
    if not text.isascii():
        text = "".join(c if _has_glyph(c) else ascii(c)[1:-1] for c in text)
    if len(text) <= longest:
        return text
    head = (longest - 1) // 2
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"


def tick(value: float, _position: object = None) -> str:
    """Return a number for an axis: 32 k, 1.5 M, 0.05.

    >>> [tick(v) for v in (0, 0.05, 4096, 32768, 1.5e6, -2e9)]
    ['0', '0.05', '4096', '32.77 k', '1.5 M', '−2 G']
    """
    if not math.isfinite(value):
        return ""
    size = abs(value)
    for least, divisor, unit in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if size >= least:
            return f"{value / divisor:.4g}{unit}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


@cache
def _has_glyph(character: str) -> bool:
    """Say whether the font can show a character (matplotlib warns of each that it lacks)."""
    from matplotlib.font_manager import fontManager, get_font

    font = get_font(fontManager.findfont("DejaVu Sans"))
    return bool(font.get_char_index(ord(character)))
