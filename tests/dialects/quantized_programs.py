"""Programs of one operation each on quantized tensors: element types put into templates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ELEMENTS = {
    "tensor": "!quant.uniform<i8:f32, 1.0:17>",
    "scaled": "!quant.uniform<i8:f32, 2.0>",
    "wide": "!quant.uniform<i16:f32, 1.0:17>",
    "widest": "!quant.uniform<i32:f32, 1.0:17>",
    "half": "!quant.uniform<i8:f16, 1.0>",
    "narrow": "!quant.uniform<i8<-10:20>:f32, 1.0:17>",
    "u8": "!quant.uniform<u8:f32, 1.0:17>",
    "ui8": "!quant.uniform<ui8:f32, 1.0:17>",
    "rows": "!quant.uniform<i8:f32:0, {1.0, 2.0}>",
    "columns": "!quant.uniform<i8:f32:1, {1.0, 2.0}>",
    "scaled_rows": "!quant.uniform<i8:f32:0, {1.0, 3.0}>",
    "shifted_rows": "!quant.uniform<i8:f32:0, {1.0:1, 2.0}>",
    "wide_rows": "!quant.uniform<i16:f32:0, {1.0, 2.0}>",
    "row": "!quant.uniform<i8:f32:0, {1.0}>",
    "signed": "!quant.uniform<si8:f32, 1.0:17>",
    "odd": "!quant.uniform<i3:f32, 1.0>",
    "out": "!quant.uniform<i8:f32, 1.0:300>",
    "blocks": "!quant.uniform<i8:f32:{0:1}, {{1.0}, {2.0}}>",
    "f32": "f32",
    "f16": "f16",
    "i8": "i8",
    "i1": "i1",
    "complex": "complex<f32>",
}
"""Element types by a short name; ``rows`` and ``columns`` fit tensors of two rows or columns."""

_UNARY = [
    "abs",
    "cbrt",
    "ceil",
    "cosine",
    "exponential",
    "exponential_minus_one",
    "floor",
    "log",
    "log_plus_one",
    "logistic",
    "negate",
    "round_nearest_afz",
    "round_nearest_even",
    "rsqrt",
    "sign",
    "sine",
    "sqrt",
    "tan",
    "tanh",
    "not",
    "popcnt",
    "count_leading_zeros",
    "real",
    "imag",
    "convert",
    "bitcast_convert",
    "uniform_quantize",
    "uniform_dequantize",
]
_BINARY = [
    "add",
    "multiply",
    "subtract",
    "divide",
    "power",
    "remainder",
    "maximum",
    "minimum",
    "atan2",
    "and",
    "shift_left",
    "complex",
]
_BODY = '({ ^bb0(%x: t($2), %y: t($2)): "stablehlo.return"(%x) : (t($2)) -> () })'
_TRUE = (
    '%c = "stablehlo.constant"() {value = dense<true> : tensor<i1>} : () -> tensor<i1>\n'
    '    "stablehlo.return"(%c) : (tensor<i1>) -> ()'
)
_GATHER = (
    "{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], "
    "start_index_map = [0], index_vector_dim = 1>"
)
_CONV = (
    "{dimension_numbers = #stablehlo.conv<[b, f]x[o, i]->[b, f]>, feature_group_count = 1 : i64, "
    "batch_group_count = 1 : i64}"
)
_SCATTER = (
    "{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], "
    "inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}"
)
_GROUPS = "replica_groups = dense<[[0]]> : tensor<1x1xi64>"
_HOST = (
    "{channel_handle = #stablehlo.channel_handle<handle = 5, type = %d>, is_host_transfer = true}"
)
_TOKEN = "!stablehlo.token"

TEMPLATES: dict[str, tuple[str, ...]] = {
    # What follows the name, the results' types, the operands' types. ``t(2x2x$0)`` is a tensor of
    # the first element type, ``%n`` the n-th operand.
    **dict.fromkeys(_UNARY, ("", "t(2x2x$1)", "t(2x2x$0)")),
    **dict.fromkeys(_BINARY, ("", "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)")),
    "is_finite": ("", "t(2x2xi1)", "t(2x2x$0)"),
    "compare": (
        "{comparison_direction = #stablehlo<comparison_direction LT>}",
        "t(2x2xi1)",
        "t(2x2x$0)",
        "t(2x2x$1)",
    ),
    "select": ("", "t(2x2x$2)", "t(2x2xi1)", "t(2x2x$0)", "t(2x2x$1)"),
    "clamp": ("", "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)", "t(2x2x$0)"),
    "reshape": ("", "t(2x2x$1)", "t(2x2x$0)"),
    "transpose": ("{permutation = array<i64: 1, 0>}", "t(2x2x$1)", "t(2x2x$0)"),
    "broadcast_in_dim": (
        "{broadcast_dimensions = array<i64: 0, 1>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "dynamic_broadcast_in_dim": (
        "{broadcast_dimensions = array<i64: 0, 1>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
        "t(2xi64)",
    ),
    "dynamic_reshape": ("", "t(2x2x$1)", "t(2x2x$0)", "t(2xi64)"),
    "concatenate": ("{dimension = 0 : i64}", "t(4x2x$2)", "t(2x2x$0)", "t(2x2x$1)"),
    "pad": (
        "{edge_padding_low = array<i64: 0, 0>, edge_padding_high = array<i64: 0, 0>, "
        "interior_padding = array<i64: 0, 0>}",
        "t(2x2x$2)",
        "t(2x2x$0)",
        "t($1)",
    ),
    "dynamic_pad": ("", "t(2x2x$2)", "t(2x2x$0)", "t($1)", "t(2xi64)", "t(2xi64)", "t(2xi64)"),
    "slice": (
        "{start_indices = array<i64: 0, 0>, limit_indices = array<i64: 2, 2>, "
        "strides = array<i64: 1, 1>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "dynamic_slice": (
        "{slice_sizes = array<i64: 2, 2>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
        "t(i64)",
        "t(i64)",
    ),
    "real_dynamic_slice": ("", "t(2x2x$1)", "t(2x2x$0)", "t(2xi64)", "t(2xi64)", "t(2xi64)"),
    "dynamic_update_slice": ("", "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)", "t(i64)", "t(i64)"),
    "reverse": ("{dimensions = array<i64: 0>}", "t(2x2x$1)", "t(2x2x$0)"),
    "dot_general": (
        "{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], "
        "rhs_contracting_dimensions = [1]>}",
        "t(2x2x$2)",
        "t(2x2x$0)",
        "t(2x2x$1)",
    ),
    "dot": ("", "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)"),
    "convolution": (_CONV, "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)"),
    "dynamic_conv": (_CONV, "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)", "t(0x2xi64)"),
    "cholesky": ("{lower = true}", "t(2x2x$1)", "t(2x2x$0)"),
    "iota": ("{iota_dimension = 0 : i64}", "t(2x2x$0)"),
    "constant": ("{value = dense<1> : tensor<2x2xi8>}", "t(2x2x$0)"),
    "get_dimension_size": ("{dimension = 0 : i64}", "t(i32)", "t(2x2x$0)"),
    "set_dimension_size": ("{dimension = 0 : i64}", "t(?x2x$1)", "t(?x2x$0)", "t(i32)"),
    "batch_norm_inference": (
        "{epsilon = 0.0 : f32, feature_index = 0 : i64}",
        "t(2x2x$2)",
        "t(2x2x$0)",
        *("t(2x$1)",) * 4,
    ),
    "gather": (
        _GATHER + ", slice_sizes = array<i64: 1, 2>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
        "t(2x1xi64)",
    ),
    "dynamic_gather": (_GATHER + "}", "t(2x2x$1)", "t(2x2x$0)", "t(2x1xi64)", "t(2xi64)"),
    "reduce": (_BODY + " {dimensions = array<i64: 1>}", "t(2x$2)", "t(2x2x$0)", "t($1)"),
    "reduce_window": (
        _BODY + " {window_dimensions = array<i64: 1, 1>}",
        "t(2x2x$2)",
        "t(2x2x$0)",
        "t($1)",
    ),
    "all_reduce": (f"{_BODY} {{{_GROUPS}}}", "t(2x2x$1)", "t(2x2x$0)"),
    "reduce_scatter": (
        f"{_BODY} {{scatter_dimension = 0 : i64, {_GROUPS}}}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "all_gather": (f"{{all_gather_dim = 0 : i64, {_GROUPS}}}", "t(2x2x$1)", "t(2x2x$0)"),
    "all_to_all": (
        "{split_dimension = 0 : i64, concat_dimension = 0 : i64, split_count = 1 : i64, "
        f"{_GROUPS}}}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "collective_permute": (
        "{source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "map": (
        '({ ^bb0(%x: t($1)): "stablehlo.return"(%x) : (t($1)) -> () }) '
        "{dimensions = array<i64: 0, 1>}",
        "t(2x2x$2)",
        "t(2x2x$0)",
    ),
    "sort": (f"({{ ^bb0(%x: t($1), %y: t($1)): {_TRUE} }})", "t(2x2x$2)", "t(2x2x$0)"),
    "if": (
        '({ "stablehlo.return"(%1) : (t(2x2x$0)) -> () }, '
        '{ "stablehlo.return"(%2) : (t(2x2x$1)) -> () })',
        "t(2x2x$2)",
        "t(i1)",
        "",
        "t(2x2x$0)",
        "t(2x2x$1)",
    ),
    "while": (
        f"({{ ^bb0(%x: t(2x2x$1)): {_TRUE} }}, "
        '{ ^bb0(%x: t(2x2x$1)): "stablehlo.return"(%x) : (t(2x2x$1)) -> () })',
        "t(2x2x$2)",
        "t(2x2x$0)",
    ),
    "optimization_barrier": ("", "t(2x2x$1)", "t(2x2x$0)"),
    "tuple": ("", "tuple<t(2x2x$1)>", "t(2x2x$0)"),
    "get_tuple_element": ("{index = 0 : i32}", "t(2x2x$1)", "tuple<t(2x2x$0)>"),
    "custom_call": ('{call_target_name = "f"}', "t(2x2x$1)", "t(2x2x$0)"),
    "send": (_HOST % 2, _TOKEN, "t(2x2x$0)", _TOKEN),
    "outfeed": ("", _TOKEN, "t(2x2x$0)", _TOKEN),
    "infeed": ("", f"(t(2x2x$0), {_TOKEN})", _TOKEN),
    "recv": (_HOST % 3, f"(t(2x2x$0), {_TOKEN})", _TOKEN),
    "reduce_precision": (
        "{exponent_bits = 5 : i32, mantissa_bits = 10 : i32}",
        "t(2x2x$1)",
        "t(2x2x$0)",
    ),
    "broadcast": ("{broadcast_sizes = array<i64: 2>}", "t(2x2x$1)", "t(2x$0)"),
    "einsum": ('{einsum_config = "ab,bc->ac"}', "t(2x2x$2)", "t(2x2x$0)", "t(2x2x$1)"),
    "unary_einsum": ('{einsum_config = "ab->a"}', "t(2x$1)", "t(2x2x$0)"),
    "torch_index_select": (
        "{dim = 0 : i64, batch_dims = 0 : i64}",
        "t(2x2x$1)",
        "t(2x2x$0)",
        "t(2xi64)",
    ),
    "cross-replica-sum": (f"{{{_GROUPS}}}", "t(2x2x$1)", "t(2x2x$0)"),
}


@dataclass(frozen=True, slots=True)
class Quantized:
    """One operation, and what stands for the element types of its template, by short names."""

    op: str
    elements: tuple[str, ...]

    @property
    def text(self) -> str:
        """The program, in generic syntax."""
        return _program(self.op, [ELEMENTS[name] for name in self.elements])


def slots(op: str) -> int:
    """How many element types the template of an operation asks for."""
    return 1 + max(int(digit) for digit in re.findall(r"\$(\d)", "".join(TEMPLATES[op])))


def _program(op: str, elements: Sequence[str]) -> str:
    middle, results, *operands = (_filled(part, elements) for part in TEMPLATES[op])
    captured: list[str] = []
    if "" in operands:
        # Behind the empty one stand values that only regions use.
        at = operands.index("")
        operands, captured = operands[:at], operands[at + 1 :]
    arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate([*operands, *captured]))
    values = ", ".join(f"%{i}" for i in range(len(operands)))
    given = f"%r:{2 if results.startswith('(') else 1}"
    return (
        f"func.func private @g({arguments}) {{\n"
        f'  {given} = "stablehlo.{op}"({values}) {middle} : ({", ".join(operands)}) -> {results}\n'
        "  return\n}\n"
    )


def _filled(template: str, elements: Sequence[str]) -> str:
    named = re.sub(r"\$(\d)", lambda match: elements[int(match[1])], template)
    # Element types have no parentheses.
    return re.sub(r"\bt\(([^()]*)\)", r"tensor<\1>", named)
