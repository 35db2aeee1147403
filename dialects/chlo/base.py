"""What CHLO's operations add to those of StableHLO: types without a rank."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from dialects.constraints import ConstraintError
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.unranked import agree


class ChloOp(StableHLOOp, ABC):
    """Base of the dialect's operations.

    The dialect has no specification, so its rows are not numbered: their ids are words.
    """

    @classmethod
    def result_agrees(cls, declared: Attribute, inferred: Attribute) -> bool:
        """Whether a result may be declared so."""
        return agree(declared, inferred)

    def _verify_inferred(self) -> None:
        try:
            inferred = self.infer(self.operand_types, self.properties, self.regions)
        except ConstraintError as error:
            raise VerifyException(str(error.violation)) from None
        declared = self.result_types
        if len(inferred) != len(declared) or not all(map(self.result_agrees, declared, inferred)):
            raise VerifyException(
                f"{self.name}: (inference) declared result types ({_shown(declared)}) do not match "
                f"the inferred ({_shown(inferred)})"
            )


def _shown(types: Sequence[Attribute]) -> str:
    return ", ".join(map(str, types))
