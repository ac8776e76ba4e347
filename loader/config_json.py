"""One config.json to attributes: aliases, nested text parts, rotary and quantization objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelkin.loader.columns import Cells
from modelkin.loader.records import Dropped, Ledger, Reject
from modelkin.loader.relations import HINT_KEYS
from modelkin.loader.values import (
    CellError,
    UnstorableError,
    excerpt,
    in_band,
    is_missing,
    normalise,
)
from modelkin.schema.attributes import BY_NAME, CONFIG_NAMES, Attribute, canonical

TEXT_PARTS = ("text_config", "llm_config", "language_config", "thinker_config.text_config")
"""Objects in which multimodal models keep their language model, the usual one first."""

_READ_THROUGH = frozenset(
    {"architectures", "rope_scaling", "rope_parameters", "quantization_config", "quantization"}
    | {"attn_config", *HINT_KEYS, *(part.partition(".")[0] for part in TEXT_PARTS)}
)
_ITS_OWN = frozenset({"model_type", "architecture"})  # a text part's type is not the model's


def read_config(where: str, config: Mapping[str, Any], ledger: Ledger) -> Cells:
    """Read the attributes of a config.json.

    Parameters
    ----------
    where : str
        Place in the source.
    config : Mapping
        The parsed object. The first alias with a value wins, in the table's order; where
        the top level has no width of its own, what it lacks is read from its text part.
    ledger : Ledger
        Keys that the table does not know are counted here.

    Returns
    -------
    Cells
        Values stand under their own keys, so that only their bands are checked.
    """
    out = Cells()
    objects = [_flat(config)]
    if next(_candidates(objects, BY_NAME["hidden_size"]), None) is None:
        parts = (_reach(config, part) for part in TEXT_PARTS)
        objects += [_flat(part) for part in parts if isinstance(part, Mapping)][:1]
    for name in CONFIG_NAMES:
        attribute = BY_NAME[name]
        own = objects[:1] if name in _ITS_OWN else objects
        for key, cell in _candidates(own, attribute):
            value = _value(where, key, cell, attribute, out)
            if out.reject:
                return out
            if value is not None:
                out.values[name] = value
                break
    for key in config:
        if key not in _READ_THROUGH and canonical(key) not in BY_NAME:
            ledger.ignored_columns[key] += 1
    return out


def _value(where: str, key: str, cell: Any, attribute: Attribute, out: Cells) -> Any:
    """Read one cell; what it cannot be goes to `out`."""
    try:
        value = normalise(cell, attribute)
    except UnstorableError as error:
        message = f"{key} cannot be stored ({error.code})"
        out.reject = Reject(where, error.code, message, excerpt(cell))
        return None
    except CellError as error:
        out.dropped.append(Dropped(where, attribute.name, error.code, excerpt(cell)))
        return None
    if not in_band(value, attribute):
        out.dropped.append(Dropped(where, attribute.name, "out_of_band", excerpt(cell)))
        return None
    return value


def _candidates(
    objects: list[Mapping[str, Any]], attribute: Attribute
) -> Iterator[tuple[str, Any]]:
    """Yield the keys of an attribute that have a value, object by object, alias by alias."""
    for config in objects:
        for key in (attribute.name, *attribute.aliases):
            cell = _reach(config, key)
            if cell is not None and not is_missing(cell):
                yield key, cell


def _reach(config: Mapping[str, Any], path: str) -> Any:
    """Return what a dotted path leads to, None when it leads nowhere."""
    found: Any = config
    for key in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def _flat(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bring the newer spellings of two objects to the one that the aliases know."""
    out = dict(config)
    rotary = config.get("rope_parameters")
    if isinstance(rotary, Mapping) and isinstance(rotary.get("full_attention"), Mapping):
        out["rope_parameters"] = rotary["full_attention"]  # beside "sliding_attention"
    quantization = config.get("quantization_config")
    if isinstance(quantization, Mapping):
        out["quantization_config"] = {**quantization, **_quantization(quantization)}
    return out


def _quantization(config: Mapping[str, Any]) -> dict[str, Any]:
    """Spell method and bits where they stand under other keys (modelopt, bitsandbytes)."""
    out = {"quant_method": config.get("quant_method") or config.get("quant_algo")}
    for bits in (4, 8):
        if config.get(f"load_in_{bits}bit") is True:
            out["quant_method"] = out["quant_method"] or "bitsandbytes"
            out["bits"] = config.get("bits") or bits
    return out
