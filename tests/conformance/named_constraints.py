"""The constraints that upstream names its wrong programs after: ``@gather_c12``, ``@fft_i1``."""

from __future__ import annotations

import re

from dialects.diagnostics import Diagnostic
from tests.conformance.corpus import Program

_FUNCTION = re.compile(r"\bfunc\.func\s+(?:private\s+|public\s+)?@(\w+)")
_ID = re.compile(r"_(c\d+|[io](?:[1-9]|1[0-5]))(?=_|$)", re.IGNORECASE)
_VIOLATION = re.compile(r"(?:[\w.-]+: )?\((\w+)\) ")
_OLDER = "the name follows an older numbering of the section"
_TYPE = "a constraint of the quantized type; upstream, too, refuses the operand or result for it"
_BOTH = "the program violates both"
CAUSES = {
    "all_reduce_c3": _BOTH,
    "collective_reduce_c4": _OLDER,
    "collective_reduce_c4_zero_channel": _OLDER,
    "collective_reduce_c5_no_return": _OLDER,
    "collective_reduce_c5_param_type_mismatch": _OLDER,
    "collective_reduce_c5_wrong_param_count": _OLDER,
    "concatenate_c1_c5": "the shape of the result is wrong (C6), and no element type",
    "concatenate_c6": "the inputs differ in another dimension (C2)",
    "convolution_c4": "the text cannot be read; upstream's parser refuses it, too",
    "convolution_i4": "the shape of padding is (C4); (I4) is its element type",
    "dynamic_broadcast_in_dim_c5_too_large": "a dimension is out of range (C3)",
    "pad_i3": "the number of paddings is (C2); (I3) is their type",
    "quantized_element_type_c6": "(C4) says that scales are of the expressed type",
    "quantized_element_type_c8": _TYPE,
    "quantized_element_type_on_non_quantized_op_c12": _TYPE,
    "quantized_element_type_on_non_quantized_op_c13": _TYPE,
    "quantized_element_type_on_uniform_dequantize_op_c12": _TYPE,
    "quantized_element_type_on_uniform_dequantize_op_c13": _TYPE,
    "quantized_element_type_on_uniform_quantize_op_c12": _TYPE,
    "quantized_element_type_on_uniform_quantize_op_c13": _TYPE,
    "recv_c1": _OLDER,
    "recv_c2": _OLDER,
    "recv_c3": _OLDER,
    "recv_c4": _OLDER,
    "reduce_c2": "the body is wrong (C6), and the initial values in one of two (C2)",
    "reduce_c6": "there is no initial value for one of the inputs (C3)",
    "reduce_window_c3": _BOTH,
    "select_and_scatter_c10": "the initial value is no scalar (I3), so that no body can fit",
    "select_and_scatter_c3_c11": "the function scatter is wrong (C10)",
    "send_c1": _OLDER,
    "uniform_quantized_c1": "the expressed types differ (C2)",
}
"""Why the first violation of a program is another one than its name says."""


def named_ids(program: Program) -> frozenset[str]:
    """The ids in the name of the program's first function; none in most names."""
    return frozenset(map(str.upper, _ID.findall(_name(program))))


def naming_fault(program: Program, found: list[Diagnostic]) -> str | None:
    """How the first fault differs from what the name says, or nothing."""
    named = named_ids(program)
    if not found:
        return f"accepted, named after {_shown(named)}"
    match = _VIOLATION.match(found[0].message)
    if match and match[1] in named:
        return None
    found_id = f"({match[1]})" if match else "no id"
    cause = CAUSES.get(_name(program), found[0].message)
    return f"{found_id} instead of {_shown(named)}: {cause}"


def _name(program: Program) -> str:
    match = _FUNCTION.search(program.text)
    return match[1] if match else ""


def _shown(ids: frozenset[str]) -> str:
    return " ".join(f"({id})" for id in sorted(ids))
