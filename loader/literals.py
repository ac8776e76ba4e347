"""A strict reader for lists that a table holds as text: ``['a', 'b']``, ``["a"]``, ``[]``.

Columns of Hub exports carry Python lists as text. The text is never evaluated: six kinds
of tokens are known, and anything else refuses the cell. So does what Python would join
silently (``['a' 'b']``, the way numpy prints arrays).
"""

from __future__ import annotations

import re
from typing import Any

MAX_LIST_TEXT = 64 * 1024
"""Longest text read as a list, in characters."""

MAX_DEPTH = 4
"""Deepest nesting read; properties hold flat lists only."""

_TOKEN = re.compile(
    r"""\s*(?: (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
          | (?P<word>[A-Za-z0-9_.+\-]+)
          | (?P<sign>[\[\],]) )\s*""",
    re.VERBOSE | re.DOTALL,
)
_ONE_TEXT = re.compile(r"\[(?:'([^'\\\"]*)'|\"([^'\\\"]*)\")\]")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {
    "\\": "\\", "'": "'", '"': '"', "/": "/",
    "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f",
}  # fmt: skip
_WORDS = {
    "None": None, "null": None, "nan": None, "NaN": None,
    "True": True, "true": True, "False": False, "false": False,
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}\.?[0-9]{0,40}([eE][+-]?[0-9]{1,3})?")


class CellError(ValueError):
    """A cell that is not what its column should hold: left out of its row, and counted.

    Attributes
    ----------
    code : str
        Reason code in snake_case.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def literal_list(text: str) -> list[Any]:
    """Read the text of a list of texts, numbers, booleans and None, perhaps nested.

    Parameters
    ----------
    text : str
        ``['a', 'b']`` as Python writes it, or a JSON list; at most 64 Ki characters and
        4 levels.

    Raises
    ------
    CellError
        "bad_list" for anything else, "too_long" above the limit.

    Examples
    --------
    >>> literal_list("['THUDM/GLM-4-9B-0414', None]")
    ['THUDM/GLM-4-9B-0414', None]
    """
    if text == "[]":
        return []
    if one := _ONE_TEXT.fullmatch(text):
        return [one[1] if one[1] is not None else one[2]]
    if len(text) > MAX_LIST_TEXT:
        raise CellError("too_long")
    return _parse(text)


def _parse(text: str) -> list[Any]:
    """Read tokens onto a stack of open lists."""
    done: list[Any] = []
    open_lists: list[list[Any]] = []
    at, after_item = 0, False
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (done and not open_lists):
            raise CellError("bad_list")
        at = token.end()
        sign = token["sign"]
        if sign == ",":
            if not after_item or not open_lists:
                raise CellError("bad_list")
            after_item = False
        elif sign == "]":
            if not open_lists:
                raise CellError("bad_list")
            closed = open_lists.pop()
            (open_lists[-1] if open_lists else done).append(closed)
            after_item = True
        elif after_item or (sign is None and not open_lists):
            raise CellError("bad_list")
        elif sign == "[":
            if len(open_lists) == MAX_DEPTH:
                raise CellError("bad_list")
            open_lists.append([])
        else:
            open_lists[-1].append(_item(token))
            after_item = True
    if open_lists or len(done) != 1:
        raise CellError("bad_list")
    items: list[Any] = done[0]
    return items


def _item(token: re.Match[str]) -> Any:
    """Return what one text or word stands for."""
    if (quoted := token["text"]) is not None:
        inside = quoted[1:-1]
        return _joined(_ESCAPE.sub(_unescape, inside)) if "\\" in inside else inside
    word = token["word"]
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.fullmatch(word):
        return int(word)
    if _NUMBER.fullmatch(word):
        return float(word)
    raise CellError("bad_list")


def _unescape(escape: re.Match[str]) -> str:
    """Return the character of one backslash escape; unknown escapes refuse the cell."""
    name = escape[1]
    if len(name) > 1:
        code = int(name[1:], 16)
        if code > 0x10FFFF:
            raise CellError("bad_list")
        return chr(code)
    if name not in _ESCAPED:
        raise CellError("bad_list")
    return _ESCAPED[name]


def _joined(text: str) -> str:
    """Join the surrogate pairs that JSON writes for characters above U+FFFF."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
