"""One function for each StableHLO operation, with the keyword names of the specification.

Every function records its operation with the builder of its operands and gives the result as a
:class:`~irkit.value.Value`. Names that Python keeps for itself end in ``_``:
``while_``, ``if_``, ``and_``. Chapters that few forwards use are imported when they are first asked
for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from irkit.hlo.comparison import (
    clamp,
    compare,
    select,
)
from irkit.hlo.constant import constant
from irkit.hlo.control_flow import (
    case,
    if_,
    while_,
)
from irkit.hlo.custom_call import custom_call
from irkit.hlo.elementwise import (
    abs,
    add,
    and_,
    atan2,
    bitcast_convert,
    cbrt,
    ceil,
    complex,
    convert,
    cosine,
    count_leading_zeros,
    divide,
    exponential,
    exponential_minus_one,
    floor,
    imag,
    is_finite,
    log,
    log_plus_one,
    logistic,
    maximum,
    minimum,
    multiply,
    negate,
    not_,
    optimization_barrier,
    or_,
    popcnt,
    power,
    real,
    reduce_precision,
    remainder,
    round_nearest_afz,
    round_nearest_even,
    rsqrt,
    shift_left,
    shift_right_arithmetic,
    shift_right_logical,
    sign,
    sine,
    sqrt,
    subtract,
    tan,
    tanh,
    xor,
)
from irkit.hlo.gather import gather
from irkit.hlo.linear_algebra import (
    convolution,
    dot_general,
)
from irkit.hlo.reduction import (
    reduce,
    reduce_window,
    sort,
)
from irkit.hlo.shape import (
    broadcast_in_dim,
    iota,
    reshape,
    transpose,
)
from irkit.hlo.slicing import (
    concatenate,
    dynamic_slice,
    dynamic_update_slice,
    pad,
    slice,
)

if TYPE_CHECKING:
    from irkit.hlo.async_ops import (
        async_done,
        async_start,
    )
    from irkit.hlo.collective_reductions import (
        all_reduce,
        collective_reduce,
        reduce_scatter,
    )
    from irkit.hlo.collectives import (
        all_gather,
        all_to_all,
        collective_broadcast,
        collective_permute,
        partition_id,
        replica_id,
    )
    from irkit.hlo.composites import composite
    from irkit.hlo.dynamic import (
        dynamic_broadcast_in_dim,
        dynamic_gather,
        dynamic_iota,
        dynamic_pad,
        dynamic_reshape,
        get_dimension_size,
        real_dynamic_slice,
        set_dimension_size,
    )
    from irkit.hlo.dynamic_convolution import dynamic_conv
    from irkit.hlo.legacy import (
        broadcast,
        cross_replica_sum,
        dot,
        einsum,
        torch_index_select,
        unary_einsum,
    )
    from irkit.hlo.mapping import (
        map,
        reverse,
    )
    from irkit.hlo.normalization import (
        batch_norm_grad,
        batch_norm_inference,
        batch_norm_training,
    )
    from irkit.hlo.quantization import (
        uniform_dequantize,
        uniform_quantize,
    )
    from irkit.hlo.random_numbers import (
        rng,
        rng_bit_generator,
    )
    from irkit.hlo.scattering import (
        scatter,
        select_and_scatter,
    )
    from irkit.hlo.solvers import (
        cholesky,
        fft,
        triangular_solve,
    )
    from irkit.hlo.tokens import (
        after_all,
        create_token,
        get_tuple_element,
        tuple,
    )
    from irkit.hlo.transfers import (
        infeed,
        outfeed,
        recv,
        send,
    )

_HOMES = {
    "after_all": "irkit.hlo.tokens",
    "all_gather": "irkit.hlo.collectives",
    "all_reduce": "irkit.hlo.collective_reductions",
    "all_to_all": "irkit.hlo.collectives",
    "async_done": "irkit.hlo.async_ops",
    "async_start": "irkit.hlo.async_ops",
    "batch_norm_grad": "irkit.hlo.normalization",
    "batch_norm_inference": "irkit.hlo.normalization",
    "batch_norm_training": "irkit.hlo.normalization",
    "broadcast": "irkit.hlo.legacy",
    "cholesky": "irkit.hlo.solvers",
    "collective_broadcast": "irkit.hlo.collectives",
    "collective_permute": "irkit.hlo.collectives",
    "collective_reduce": "irkit.hlo.collective_reductions",
    "composite": "irkit.hlo.composites",
    "create_token": "irkit.hlo.tokens",
    "cross_replica_sum": "irkit.hlo.legacy",
    "dot": "irkit.hlo.legacy",
    "dynamic_broadcast_in_dim": "irkit.hlo.dynamic",
    "dynamic_conv": "irkit.hlo.dynamic_convolution",
    "dynamic_gather": "irkit.hlo.dynamic",
    "dynamic_iota": "irkit.hlo.dynamic",
    "dynamic_pad": "irkit.hlo.dynamic",
    "dynamic_reshape": "irkit.hlo.dynamic",
    "einsum": "irkit.hlo.legacy",
    "fft": "irkit.hlo.solvers",
    "get_dimension_size": "irkit.hlo.dynamic",
    "get_tuple_element": "irkit.hlo.tokens",
    "infeed": "irkit.hlo.transfers",
    "map": "irkit.hlo.mapping",
    "outfeed": "irkit.hlo.transfers",
    "partition_id": "irkit.hlo.collectives",
    "real_dynamic_slice": "irkit.hlo.dynamic",
    "recv": "irkit.hlo.transfers",
    "reduce_scatter": "irkit.hlo.collective_reductions",
    "replica_id": "irkit.hlo.collectives",
    "reverse": "irkit.hlo.mapping",
    "rng": "irkit.hlo.random_numbers",
    "rng_bit_generator": "irkit.hlo.random_numbers",
    "scatter": "irkit.hlo.scattering",
    "select_and_scatter": "irkit.hlo.scattering",
    "send": "irkit.hlo.transfers",
    "set_dimension_size": "irkit.hlo.dynamic",
    "torch_index_select": "irkit.hlo.legacy",
    "triangular_solve": "irkit.hlo.solvers",
    "tuple": "irkit.hlo.tokens",
    "unary_einsum": "irkit.hlo.legacy",
    "uniform_dequantize": "irkit.hlo.quantization",
    "uniform_quantize": "irkit.hlo.quantization",
}

__all__ = [
    "abs",
    "add",
    "after_all",
    "all_gather",
    "all_reduce",
    "all_to_all",
    "and_",
    "async_done",
    "async_start",
    "atan2",
    "batch_norm_grad",
    "batch_norm_inference",
    "batch_norm_training",
    "bitcast_convert",
    "broadcast",
    "broadcast_in_dim",
    "case",
    "cbrt",
    "ceil",
    "cholesky",
    "clamp",
    "collective_broadcast",
    "collective_permute",
    "collective_reduce",
    "compare",
    "complex",
    "composite",
    "concatenate",
    "constant",
    "convert",
    "convolution",
    "cosine",
    "count_leading_zeros",
    "create_token",
    "cross_replica_sum",
    "custom_call",
    "divide",
    "dot",
    "dot_general",
    "dynamic_broadcast_in_dim",
    "dynamic_conv",
    "dynamic_gather",
    "dynamic_iota",
    "dynamic_pad",
    "dynamic_reshape",
    "dynamic_slice",
    "dynamic_update_slice",
    "einsum",
    "exponential",
    "exponential_minus_one",
    "fft",
    "floor",
    "gather",
    "get_dimension_size",
    "get_tuple_element",
    "if_",
    "imag",
    "infeed",
    "iota",
    "is_finite",
    "log",
    "log_plus_one",
    "logistic",
    "map",
    "maximum",
    "minimum",
    "multiply",
    "negate",
    "not_",
    "optimization_barrier",
    "or_",
    "outfeed",
    "pad",
    "partition_id",
    "popcnt",
    "power",
    "real",
    "real_dynamic_slice",
    "recv",
    "reduce",
    "reduce_precision",
    "reduce_scatter",
    "reduce_window",
    "remainder",
    "replica_id",
    "reshape",
    "reverse",
    "rng",
    "rng_bit_generator",
    "round_nearest_afz",
    "round_nearest_even",
    "rsqrt",
    "scatter",
    "select",
    "select_and_scatter",
    "send",
    "set_dimension_size",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "sign",
    "sine",
    "slice",
    "sort",
    "sqrt",
    "subtract",
    "tan",
    "tanh",
    "torch_index_select",
    "transpose",
    "triangular_solve",
    "tuple",
    "unary_einsum",
    "uniform_dequantize",
    "uniform_quantize",
    "while_",
    "xor",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'irkit.hlo' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
