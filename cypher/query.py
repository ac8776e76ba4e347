"""A catalogued query: the text of one ``.cypher`` file and the contract in its header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["read", "write", "schema"]


@dataclass(frozen=True, slots=True)
class Param:
    """One declared parameter.

    Attributes
    ----------
    name : str
        As in ``$name``.
    type : str
        "string", "integer", "float", "boolean", "list of string", "list of map" or "map".
    about : str
        What it means, one clause.
    has_default : bool
        Whether it may be left out.
    default : Any
        Its value then.
    example : Any
        A value that gives rows on the shipped sample.
    """

    name: str
    type: str
    about: str
    has_default: bool = False
    default: Any = None
    example: Any = None


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the catalogue, or one that a person typed.

    Attributes
    ----------
    name : str
        Folder and file name without suffix: "lineage/ancestors".
    question : str
        The question that it answers, as a sentence.
    params : tuple of Param
        Declared parameters, in the order of the header.
    mode : str
        "read", "write" or "schema".
    returns : tuple of str
        Names of the returned columns, in order.
    text : str
        The whole file, header included: what is sent is what a person sees.
    serves : str
        Which commands it is a step of; "" for a question of its own.
    """

    name: str
    question: str
    params: tuple[Param, ...]
    mode: Mode
    returns: tuple[str, ...]
    text: str
    serves: str = ""
