"""``ragged_dot``: products summed as in ``dot_general``, with one dimension cut into groups.

The groups lie in one dimension of ``lhs``, whose kind decides the shapes (b batch, m and n neither,
k contracting, g groups):

====================  ==========  =============  ===============  =============
the ragged dimension  ``lhs``     ``rhs``        ``group_sizes``  the result
====================  ==========  =============  ===============  =============
is neither            ``b,m,k``   ``g,b,k,n``    ``b,g``          ``b,m,n``
is contracting        ``b,m,k``   ``b,k,n``      ``b,g``          ``g,b,m,n``
is a batch            ``b,m,k``   ``b,k,n``      ``g``            ``b,m,n``
====================  ==========  =============  ===============  =============

Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/dialect/ChloOps.td
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import ArrayAttr, TensorType
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from dialects.chlo.attributes import PrecisionAttr, RaggedDotDimensionNumbersAttr
from dialects.chlo.base import ChloOp
from dialects.constraints import ConstraintError
from dialects.stablehlo.dimension_numbers import Dims, DotDimensionNumbersAttr
from dialects.stablehlo.dot import DotGeneralOp
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS, INTEGER
from dialects.stablehlo.signature import (
    Inputs,
    Row,
    Rows,
    Signature,
    accepts,
    dims_text,
    require,
    row,
)
from dialects.stablehlo.tensors import dims_agree, in_range, rank, shape
from dialects.stablehlo.unranked import element_of, returns, shapes_agree


class _View:
    """The parts of a signature by their names."""

    def __init__(self, s: Signature) -> None:
        self.lhs, self.rhs, self.group_sizes = map(shape, s.operand_types)
        numbers = s.properties["ragged_dot_dimension_numbers"]
        assert isinstance(numbers, RaggedDotDimensionNumbersAttr)
        self.dims = numbers.data

    @property
    def ragged(self) -> int:
        return self.dims.lhs_ragged_dimensions[0]

    @property
    def is_batch(self) -> bool:
        return self.ragged in self.dims.lhs_batching_dimensions

    @property
    def is_contracting(self) -> bool:
        return self.ragged in self.dims.lhs_contracting_dimensions

    @property
    def lhs_used(self) -> Dims:
        return self.dims.lhs_batching_dimensions + self.dims.lhs_contracting_dimensions

    @property
    def rhs_used(self) -> Dims:
        return self.dims.rhs_batching_dimensions + self.dims.rhs_contracting_dimensions

    def sizes_shape(self) -> list[int]:
        """What ``group_sizes`` has before its last dimension: those of ``lhs`` that are outside."""
        return [self.lhs[dim] for dim in self.dims.outside]

    def result(self) -> list[int]:
        """The result's dimensions: groups, batches, then what is left of both operands."""
        rhs_used = self.rhs_used + self.dims.rhs_group_dimensions
        return [
            *([self.group_sizes[-1]] if self.is_contracting else ()),
            *(self.lhs[dim] for dim in self.dims.lhs_batching_dimensions),
            *(size for dim, size in enumerate(self.lhs) if dim not in self.lhs_used),
            *(size for dim, size in enumerate(self.rhs) if dim not in rhs_used),
        ]


def _dot_problem(s: Signature) -> str | None:
    """Which constraint of ``dot_general`` its part of the dimension numbers violates."""
    numbers = DotDimensionNumbersAttr(_View(s).dims.dot)
    try:
        DotGeneralOp.infer_shape(s.operand_types[:2], {"dot_dimension_numbers": numbers})
    except ConstraintError as error:
        return f"as in {error.violation}"
    return None


def _precision_count(s: Signature) -> int:
    config = s.properties.get("precision_config")
    return len(cast("ArrayAttr[Attribute]", config)) if isinstance(config, ArrayAttr) else 0


def _sizes_have_shape(s: Signature) -> bool:
    view = _View(s)
    # Sizes that are the same everywhere may be given once.
    return len(view.group_sizes) == 1 or (
        len(view.group_sizes) > 0 and list(view.group_sizes[:-1]) == view.sizes_shape()
    )


def _groups_are_used_once(s: Signature) -> bool:
    view = _View(s)
    return not set(view.dims.rhs_group_dimensions) & set(view.rhs_used)


def _group_count(s: Signature) -> int:
    """How many dimensions of ``rhs`` must number the groups."""
    view = _View(s)
    return 0 if view.is_batch or view.is_contracting else 1


def _group_size_agrees(s: Signature) -> bool:
    view = _View(s)
    return all(
        dims_agree(view.rhs[dim], view.group_sizes[-1]) for dim in view.dims.rhs_group_dimensions
    )


_ROWS: Sequence[Row] = (
    accepts("lhs", "lhs", 0, ANY_OR_PER_AXIS),
    accepts("rhs", "rhs", 1, ANY_OR_PER_AXIS),
    accepts("group_sizes", "group_sizes", 2, INTEGER),
    row(
        "precision",
        lambda s: _precision_count(s) <= 2,
        lambda s: f"precision_config has {_precision_count(s)} entries, at most 2 are used",
    ),
    row(
        "dot_general", lambda s: _dot_problem(s) is None, lambda s: _dot_problem(s) or "dot_general"
    ),
    row(
        "ragged",
        lambda s: len(_View(s).dims.lhs_ragged_dimensions) == 1,
        lambda s: (
            f"lhs must have one ragged dimension, "
            f"got {dims_text(_View(s).dims.lhs_ragged_dimensions)}"
        ),
    ),
    row(
        "ragged_range",
        lambda s: in_range(_View(s).dims.lhs_ragged_dimensions, rank(s.operand_types[0])),
        lambda s: f"the ragged dimension {_View(s).ragged} is not one of {s.operand_types[0]}",
    ),
    row(
        "group_sizes_shape",
        _sizes_have_shape,
        lambda s: (
            f"group_sizes must have one dimension, or "
            f"{dims_text(_View(s).sizes_shape())} and the groups, got {s.operand_types[2]}"
        ),
    ),
    row(
        "group_range",
        lambda s: in_range(_View(s).dims.rhs_group_dimensions, rank(s.operand_types[1])),
        lambda s: (
            f"rhs_group_dimensions {dims_text(_View(s).dims.rhs_group_dimensions)} "
            f"not all in [0, {rank(s.operand_types[1])})"
        ),
    ),
    row(
        "group_use",
        _groups_are_used_once,
        lambda s: (
            f"rhs_group_dimensions {dims_text(_View(s).dims.rhs_group_dimensions)} repeat one of "
            f"rhs_batching_dimensions or rhs_contracting_dimensions {dims_text(_View(s).rhs_used)}"
        ),
    ),
    row(
        "groups",
        lambda s: len(_View(s).dims.rhs_group_dimensions) == _group_count(s),
        lambda s: (
            f"rhs must have {_group_count(s)} group dimensions for this ragged dimension, "
            f"got {dims_text(_View(s).dims.rhs_group_dimensions)}"
        ),
    ),
    row(
        "group_size",
        _group_size_agrees,
        lambda s: (
            f"the group dimension of {s.operand_types[1]} must have the size "
            f"{_View(s).group_sizes[-1]}, the number of groups"
        ),
    ),
)


def _result(s: Signature) -> TensorType[Any]:
    return TensorType(element_of(s.operand_types[0]), _View(s).result())


@irdl_op_definition
class RaggedDotOp(ChloOp):
    """Products of slices of ``lhs`` and ``rhs``, each group of a ragged dimension for itself.

    The result's element type is the caller's choice; ``infer`` gives that of ``lhs``.
    """

    name = "chlo.ragged_dot"

    lhs = operand_def()
    rhs = operand_def()
    group_sizes = operand_def()
    ragged_dot_dimension_numbers = prop_def(RaggedDotDimensionNumbersAttr)
    precision_config = opt_prop_def(ArrayAttr[PrecisionAttr])
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        *_ROWS,
        returns("result", "result", ANY_OR_PER_AXIS),
        row(
            "shape",
            lambda s: shapes_agree(s.result_types[0], _result(s)),
            lambda s: (
                f"the result must have the shape {dims_text(_View(s).result())}, "
                f"got {s.result_types[0]}"
            ),
        ),
    )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, _ROWS, operands, properties)
        return [_result(Inputs(operands, properties))]

    def _verify_inferred(self) -> None:
        """The table has said all about the result: its element type is free."""
