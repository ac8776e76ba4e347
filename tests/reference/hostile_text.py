"""Text that means something to a browser, a drawing, a spreadsheet, a graph tool or a terminal."""

from __future__ import annotations

from hostile_ids import HOSTILE

_MORE = (
    "</script><script>window.owned=1</script>", "<img src=x onerror=window.owned=1>",
    "<svg onload=window.owned=1>", "\"><svg/onload=window.owned=1>",
    "' onmouseover='window.owned=1", "<!--<script>", "-->", "<![CDATA[x]]>",
    "<?xml version='1.0'?>", "&#60;script&#62;", "&lt;b&gt;", "javascript:window.owned=1",
    "data:text/html,<script>window.owned=1</script>", "${window.owned=1}", "{{window.owned=1}}",
    "`+(window.owned=1)+`", "';window.owned=1//", "</title><script>window.owned=1</script>",
    "</text></svg><script>window.owned=1</script>", "style=position:fixed",
    "url(javascript:window.owned=1)", "expression(window.owned=1)",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1",
    "\r=1", "'=1", "\"];x[label=\"y", "\\N", "\\", "a\" -> \"b", "a);b", "('a':1)", "a''b", "x;y",
    "a,b", "\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\x7f", "\x85", "\ufeffx", "\ufffe",
    "\uffff", "\u200bx", "\u061cx", "\u202dx\u202c", "\u2067x\u2069", "\ud800", "\udfff",
    "a\ud83dz", "\U0001f600", "x" * 5000, "e\u0301" * 60, "\U000e0041", "\x00", "__proto__",
    "constructor", "toString", "hasOwnProperty",
)  # fmt: skip

HOSTILE_TEXT = tuple(dict.fromkeys((*HOSTILE, *_MORE)))
