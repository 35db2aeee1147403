"""``composite``."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, StringAttr, SymbolRefAttr, i32
from xdsl.ir import Attribute

from dialects.stablehlo.composite import CompositeOp
from irkit.functions import Function
from irkit.hlo.arguments import refuse
from irkit.hlo.custom_call import ConfigValue, config_attribute
from irkit.value import Value


def composite(
    *inputs: Value,
    name: str,
    decomposition: Function,
    composite_attributes: Mapping[str, ConfigValue] | None = None,
    version: int = 0,
) -> tuple[Value, ...]:
    """An operation ``name`` (``my_namespace.my_op``) that stands for a call of ``decomposition``.

    Its results are the function's; numbers in ``composite_attributes`` become ``i64`` and ``f64``.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#composite
    Raises :class:`~irkit.errors.BuildError` for inputs of other types than the function's
    arguments, or where a constraint does not hold.
    """
    builder = decomposition.builder
    types = tuple(builder.own(value).type for value in inputs)
    if types != decomposition.argument_types:
        refuse(
            f"{CompositeOp.name}: (C3) inputs ({', '.join(map(str, types))}) for the arguments "
            f"({', '.join(map(str, decomposition.argument_types))}) of @{decomposition.name}"
        )
    properties: dict[str, Attribute] = {
        "name": StringAttr(name),
        "decomposition": SymbolRefAttr(decomposition.name),
    }
    if composite_attributes:
        properties["composite_attributes"] = DictionaryAttr(
            {
                k: config_attribute(f"{CompositeOp.name}: composite_attributes", k, v)
                for k, v in composite_attributes.items()
            }
        )
    if version:
        properties["version"] = IntegerAttr(version, i32)
    key = tuple(sorted(properties.items(), key=lambda item: item[0]))
    return builder.append_many(
        CompositeOp, inputs, key, lambda *_: properties, decomposition.result_types
    )
