"""What is compared and how: fields with their kinds and weights, variant, ranges, row key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from modelkin.errors import UserError
from modelkin.schema.attributes import BY_NAME, REFERENCE_FLAGS, feature_set

FieldKind = Literal["number", "category", "boolean"]
Variant = Literal["range", "log-range", "pairwise-max"]

VARIANTS: tuple[Variant, ...] = get_args(Variant)


@dataclass(frozen=True, slots=True)
class Field:
    """One compared column.

    Attributes
    ----------
    name : str
        Column of the frame.
    kind : {"number", "category", "boolean"} or None
        None reads it from the column's type when a frame is encoded.
    weight : float
        Positive and finite.
    """

    name: str
    kind: FieldKind | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (self.weight > 0 and math.isfinite(self.weight)):
            raise UserError(
                f"Cannot weigh {self.name} by {self.weight}",
                why="a weight is a positive, finite number",
                fix="Leave a field out of the spec to ignore it.",
            )


@dataclass(frozen=True)
class Spec:
    """A distance, fully stated.

    Attributes
    ----------
    fields : tuple of Field
        Compared columns; their order does not matter. Empty: every column of the frame
        except `key`.
    variant : {"range", "log-range", "pairwise-max"}
        Distance of two numbers:

        - range: difference / (highest - lowest), Gower (1971);
        - log-range: difference of logarithms / (log highest - log lowest) over the positive
          values; 0 is as far as can be (1) from every other value; negative is refused;
        - pairwise-max: difference / the larger absolute value, 0 for two zeros (the
          reference notebooks' formula: it depends on no range, and exceeds 1 across signs).
    key : str
        Column that names a row and breaks ties; "" takes the frame's index.
    ranges : mapping of str to (low, high), or None
        Bounds of the numeric fields in their own units. None: taken from the frame that is
        encoded and stored in its table's spec, so that any part of it can be encoded again
        with the same distances.

    Raises
    ------
    UserError
        For an unknown variant or a field named twice.
    """

    fields: tuple[Field, ...] = ()
    variant: Variant = "range"
    key: str = ""
    ranges: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise UserError(
                f"There is no distance called {self.variant!r}",
                fix=f"Use one of {', '.join(VARIANTS)}.",
            )
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UserError(
                "Cannot compare a field with itself", where=twice[0], why="it is named twice"
            )

    def without(self, *names: str) -> Spec:
        """Return the same distance over the other fields."""
        return replace(self, fields=tuple(f for f in self.fields if f.name not in names))


def default_spec(
    features: str = "default", variant: Variant = "range", weights: bool = False
) -> Spec:
    """Return the distance over a feature set of `modelkin.schema.attributes`.

    Parameters
    ----------
    features : {"default", "reference", "training"}
        Feature set.
    variant : {"range", "log-range", "pairwise-max"}
        Distance of two numbers.
    weights : bool
        Whether the attribute table's weights are used; every field weighs 1 otherwise.

    Raises
    ------
    UserError
        If there is no such feature set or variant.

    Examples
    --------
    >>> [f.name for f in default_spec("training").fields]
    ['torch_dtype', 'transformers_version', 'quant_method', 'quant_bits']
    """
    try:
        names = feature_set(features)
    except KeyError:
        raise UserError(
            f"There is no feature set called {features!r}",
            fix="Use default, reference or training.",
        ) from None
    return Spec(tuple(_field(name, weights) for name in names), variant)


def _field(name: str, weights: bool) -> Field:
    """Return a field as the attribute table declares it."""
    if name in REFERENCE_FLAGS:
        return Field(name, "boolean")
    attribute = BY_NAME[name]
    kind: FieldKind = "number"
    if attribute.kind in ("category", "boolean"):
        kind = "category" if attribute.kind == "category" else "boolean"
    return Field(name, kind, attribute.weight if weights else 1.0)
