"""Values of parameters: from what a person or a program gives to what is sent, and shown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelkin.cypher.header import conforms
from modelkin.cypher.query import Param, Query
from modelkin.errors import UserError


def bind(query: Query, given: Mapping[str, Any], text: bool = False) -> dict[str, Any]:
    """Return the values of all parameters of a query.

    Parameters
    ----------
    query : Query
        What declares them.
    given : mapping
        Name -> value.
    text : bool
        Whether the values are text from the command line (``-p name=VALUE``), to be read by
        the declared type: a list as JSON or as words with commas between, a map as JSON.
        A value that is no text is taken as it is.

    Returns
    -------
    dict
        Name -> value for every declared parameter, defaults filled in.

    Raises
    ------
    UserError
        One for everything that is unknown, missing or of the wrong type.
    """
    problems = []
    declared = {param.name: param for param in query.params}
    for name in given:
        if name not in declared:
            problems.append(f"it has no parameter {name!r}")
    values: dict[str, Any] = {}
    for name, param in declared.items():
        if name not in given:
            if not param.has_default:
                problems.append(f"{name} ({param.type}) is missing: {param.about}")
            values[name] = param.default
            continue
        try:
            values[name] = _read(given[name], param, text)
        except ValueError:
            shown = str(given[name])
            shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
            problems.append(f"{name} must be {_article(param.type)}, not {shown!r}")
    if problems:
        raise UserError(
            f"The query {query.name} cannot be run like this",
            why="; ".join(problems),
            fix=f"Parameters: {usage(query)}.",
        )
    return values


def usage(query: Query) -> str:
    """Return the parameters as one line for a person, "none" where there are none."""
    parts = []
    for param in query.params:
        default = f", default {literal(param.default)}" if param.has_default else ""
        parts.append(f"{param.name} ({param.type}{default})")
    return ", ".join(parts) or "none"


def params_line(query: Query, values: Mapping[str, Any]) -> str:
    r"""Return the line that sets a query's parameters in Neo4j Browser.

    Parameters
    ----------
    query : Query
        What is going to be pasted below.
    values : mapping
        Name -> value; others than the declared ones are left out.

    Returns
    -------
    str
        ``:param [{name, …}] => {RETURN value AS name, …}``, or "" for a query without
        parameters.

    Notes
    -----
    The server evaluates the values: ``:params {n: 10}`` would make n a float, which no LIMIT
    takes. Quotes, backslashes and whatever a terminal would obey stand escaped, so that the line
    stays one line and ends where it should.
    """
    names = [p.name for p in query.params if p.name in values]
    shown = ", ".join(f"{literal(values[name])} AS {name}" for name in names)
    return f":param [{{{', '.join(names)}}}] => {{RETURN {shown}}}" if names else ""


def literal(value: Any) -> str:
    r"""Spell a value as Cypher.

    >>> literal(["a'b", 1, None, {"k": True}])
    "['a\\'b', 1, null, {k: true}]"
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case str():
            return "'" + "".join(map(_escaped, value)) + "'"
        case Mapping():
            return "{" + ", ".join(f"{_key(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case Sequence():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            raise UserError("A value cannot be written as Cypher", where=repr(value)[:60])


def _escaped(sign: str) -> str:
    """Escape what would end the string, the line, or mislead a reader."""
    if sign in "'\\":
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _key(name: str) -> str:
    """Spell a map's key, quoted where it is no plain word."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"`{name.replace('`', '``')}`"


def _checked(value: Any, param: Param) -> Any:
    """Return a value of the right type (tuples as lists), or raise ValueError."""
    if value is None and param.has_default and param.default is None:
        return None
    if not conforms(value, param.type):
        raise ValueError(param.name)
    return list(value) if isinstance(value, tuple) else value


def _read(value: Any, param: Param, as_text: bool) -> Any:
    """Return a value by its parameter's type, read from text if need be, or raise ValueError."""
    return _parsed(value, param) if as_text and isinstance(value, str) else _checked(value, param)


def _parsed(text: str, param: Param) -> Any:
    """Read text by a parameter's type, or raise ValueError."""
    match param.type:
        case "string":
            return text
        case "boolean":
            words = {"true": True, "false": False}
            return _checked(words.get(text.strip().lower()), param)
        case "integer":
            return _checked(int(text), param)
        case "float":
            number = float(text)
            if not math.isfinite(number):
                raise ValueError(text)
            return number
        case "list of string" if not text.lstrip().startswith("["):
            return [word.strip() for word in text.split(",") if word.strip()]
        case _:
            return _checked(json.loads(text), param)


def _article(kind: str) -> str:
    """Return a type with its article."""
    return f"an {kind}" if kind == "integer" else f"a {kind}"
