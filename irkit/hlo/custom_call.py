"""``custom_call``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute

from dialects.stablehlo.attributes import CustomCallApiVersion
from dialects.stablehlo.custom_call import CustomCallOp
from dialects.stablehlo.dimension_numbers import Alias, OutputOperandAliasAttr
from irkit.builder import Builder
from irkit.emit import builder_of
from irkit.hlo.arguments import dims, refuse
from irkit.types import DTypeLike, tensor
from irkit.value import Value

ConfigValue = Attribute | bool | int | float | str
"""What an entry of a dictionary ``backend_config`` may be: numbers become ``i64`` and ``f64``."""


def custom_call(
    call_target_name: str,
    inputs: Sequence[Value],
    *,
    result_types: Sequence[tuple[Sequence[int], DTypeLike]],
    has_side_effect: bool = False,
    backend_config: str | Mapping[str, ConfigValue] | None = None,
    api_version: CustomCallApiVersion | int | None = None,
    called_computations: Sequence[str] = (),
    operand_layouts: Sequence[Sequence[int]] | None = None,
    result_layouts: Sequence[Sequence[int]] | None = None,
    output_operand_aliases: Sequence[Alias] = (),
    builder: Builder | None = None,
) -> tuple[Value, ...]:
    """Calls an implementation by name; ``result_types`` are the shapes and dtypes that it gives.

    Without ``has_side_effect`` a call whose results nobody needs is dropped. A dictionary
    ``backend_config`` implies ``api_version`` 4. Layouts order the dimensions from minor to major,
    one for each operand and result. ``builder`` is needed only where there are no inputs.
    Specification: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#custom_call
    Raises :class:`~irkit.errors.BuildError` where a constraint does not hold.
    """
    properties: dict[str, Attribute] = {"call_target_name": StringAttr(call_target_name)}
    if has_side_effect:
        properties["has_side_effect"] = IntegerAttr.from_bool(True)
    if isinstance(backend_config, Mapping):
        if api_version is None:
            api_version = CustomCallApiVersion.API_VERSION_TYPED_FFI
        properties["backend_config"] = DictionaryAttr(
            {
                k: config_attribute(f"{CustomCallOp.name}: backend_config", k, v)
                for k, v in backend_config.items()
            }
        )
    elif backend_config is not None:
        properties["backend_config"] = StringAttr(backend_config)
    if api_version is not None:
        try:
            properties["api_version"] = CustomCallApiVersion(api_version).attribute()
        except ValueError:
            refuse(f"{CustomCallOp.name}: (I5) api_version {api_version} is unknown")
    if called_computations:
        properties["called_computations"] = ArrayAttr(
            [SymbolRefAttr(name) for name in called_computations]
        )
    for name, layouts in (("operand_layouts", operand_layouts), ("result_layouts", result_layouts)):
        if layouts is not None:
            properties[name] = ArrayAttr([_layout(layout) for layout in layouts])
    if output_operand_aliases:
        properties["output_operand_aliases"] = ArrayAttr(
            [OutputOperandAliasAttr(alias) for alias in output_operand_aliases]
        )
    types = _result_types(result_types)
    operands = tuple(inputs)
    recorder = builder or builder_of(CustomCallOp.name, operands)
    key = (tuple(sorted(properties.items(), key=lambda item: item[0])), types)
    return recorder.append_many(CustomCallOp, operands, key, lambda *_: properties, types)


def _result_types(
    given: Sequence[tuple[Sequence[int], DTypeLike]],
) -> tuple[TensorType[Attribute], ...]:
    try:
        return tuple(tensor(dims(shape), dtype) for shape, dtype in given)
    except (TypeError, ValueError) as error:
        refuse(f"{CustomCallOp.name}: result_types must be pairs (shape, dtype): {error}")


def _layout(order: Sequence[int]) -> Attribute:
    return DenseIntOrFPElementsAttr.from_list(
        TensorType(IndexType(), [len(order)]), list(dims(order))
    )


def config_attribute(where: str, key: str, value: object) -> Attribute:
    """An attribute as it is, or one made of a number or a string.

    Raises :class:`~irkit.errors.BuildError` for anything else.
    """
    if isinstance(value, Attribute):
        return value
    if isinstance(value, bool):
        return IntegerAttr.from_bool(value)
    if isinstance(value, int):
        return IntegerAttr(value, i64)
    if isinstance(value, str):
        return StringAttr(value)
    if not isinstance(value, float):
        refuse(f"{where}[{key!r}] is {value!r}, expected a number, a string or an attribute")
    return FloatAttr(value, Float64Type())
