"""Which operations see more of a NaN than that it is one.

Rules and the solver take all NaNs for one number, for IEEE 754 leaves the bits of a result open.
Whatever tells two of them apart must not be given one in the place of the other.
"""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerAttr, IntegerType, i32
from xdsl.ir import Operation

from dialects.chlo import attributes as chlo
from dialects.stablehlo.attributes import ComparisonType, ComparisonTypeAttr
from dialects.stablehlo.tensors import element_type

_TOTAL_ORDERS = tuple(
    attribute(ComparisonType.TOTALORDER)
    for attribute in (ComparisonTypeAttr, chlo.ComparisonTypeAttr)
)
_NO_BITS = IntegerAttr(0, i32)
_ALWAYS = frozenset({"stablehlo.bitcast_convert", "chlo.top_k"})


def tells_nans_apart(op: Operation) -> bool:
    """Whether results depend on the bits of a NaN, those of the operation's regions aside.

    ``bitcast_convert`` gives the bits. In the total order of ``compare`` and ``top_k`` the signs of
    NaNs count, and in a format without mantissa bits infinity keeps the sign. What a custom call
    makes of NaNs is not known, and taken to be the same for all.
    """
    depends = (
        op.name in _ALWAYS
        or op.properties.get("compare_type") in _TOTAL_ORDERS
        or op.properties.get("mantissa_bits") == _NO_BITS
    )
    return depends and not isinstance(element_type(op.operands[0].type), IntegerType)
