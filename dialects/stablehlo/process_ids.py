"""``replica_id`` and ``partition_id``: where in the grid of processes a program runs.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#replica_id, #partition_id
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.signature import Rows, row
from dialects.stablehlo.syntax import create, parse_dictionary

ID_TYPE = TensorType(IntegerType(32, Signedness.UNSIGNED), ())
"""``tensor<ui32>``."""


class _ProcessIdOp(StableHLOOp, ABC):
    """The process's place along one axis of the grid, as ``tensor<ui32>``."""

    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "O1",
            lambda s: s.result_types[0] == ID_TYPE,
            lambda s: f"the result must be {ID_TYPE}, got {s.result_types[0]}",
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name}{p.attr_dict(self)} : {p.attribute(self.result.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        _, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        return create(cls, parser, (), (), (parser.parse_type(),), attributes=attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return (ID_TYPE,)


@irdl_op_definition
class ReplicaIdOp(_ProcessIdOp):
    """Which replica this process is."""

    name = "stablehlo.replica_id"


@irdl_op_definition
class PartitionIdOp(_ProcessIdOp):
    """Which partition this process has."""

    name = "stablehlo.partition_id"
