"""What every StableHLO operation shares: its table of constraints, inference, and both printers."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, TensorType
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint, ConstraintError, violations
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.bounds import bounds, within_bounds

DYNAMIC = DYNAMIC_INDEX
"""xDSL's marker of an unknown dimension (``?``)."""


class StableHLOOp(IRDLOperation, ABC):
    """Base of the dialect's operations.

    A subclass declares its operands, properties, results and traits with IRDL, its numbered
    constraints as ``CONSTRAINTS``, and its result types in ``infer``. IRDL takes a class variable
    for a constant only if its name is in capitals and each class annotates it ``ClassVar``.
    """

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = ()
    """The specification's ``(Cn)`` of this operation, in an order in which each may rely on the
    ones before it."""

    MADE_CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = ()
    """Those that only ``infer`` asks for, of an operation that is being made: upstream's own
    programs break them, so one that is read may do so too."""

    BLOCK_ARGUMENT_NAME: ClassVar[str | None] = None
    """Suggested name of the arguments of this operation's regions (``iterArg``)."""

    READS_CONSTANTS: ClassVar[bool] = False
    """Whether rows are decided by the elements of operands that are constants."""

    RESULT_NAMES: ClassVar[Sequence[str]] = ()
    """Suggested names of several results, each for itself (``%output_state, %output``)."""

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        """The result types that the specification gives for these operand types and properties.

        Raises :class:`~dialects.constraints.ConstraintError` with the constraint's id where the
        operands make no result possible.
        """
        raise NotImplementedError(f"{cls.name} gives its result types explicitly")

    @classmethod
    def infer_with_constants(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
        constants: Mapping[int, Attribute] | None = None,
    ) -> Sequence[Attribute]:
        """``infer`` where the elements of some operands, by number, are known (``dense<...>``).

        Sizes that such an operand holds are in the result types then. ``infer`` never looks at
        values, so that what a builder records does not depend on where an operand comes from.
        """
        return cls.infer(operands, properties, regions)

    @classmethod
    def infers(cls) -> bool:
        """Whether the result types follow from operands and properties."""
        return cls.infer.__func__ is not StableHLOOp.infer.__func__

    def result_name(self) -> str | None:
        """Suggested name of the results without ``%`` (``cst``), or none to number them."""
        return None

    def argument_name(self, index: int) -> str | None:
        """Suggested name of an argument of this operation's regions, or none to number it."""
        return self.BLOCK_ARGUMENT_NAME

    def verify_(self) -> None:
        """Walks the table, then compares the declared result types with the inferred ones.

        Raises ``VerifyException`` with the constraint's id and the offending numbers.
        """
        for violation in violations(self, self.CONSTRAINTS):
            raise VerifyException(str(violation))
        if self.infers():
            self._verify_inferred()

    def _verify_inferred(self) -> None:
        try:
            inferred = self.infer([o.type for o in self.operands], self.properties, self.regions)
        except ConstraintError as error:
            raise VerifyException(str(error.violation)) from None
        declared = self.result_types
        if len(inferred) != len(declared) or not all(map(compatible, declared, inferred)):
            shown = ", ".join(map(str, declared)), ", ".join(map(str, inferred))
            raise VerifyException(
                f"{self.name}: declared result types ({shown[0]}) do not match the inferred "
                f"({shown[1]})"
            )

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls.print_asm is StableHLOOp.print_asm:
            # xDSL takes an operation to have a pretty form if it overrides ``print``.
            cls.print = Operation.print

    def print(self, printer: Printer) -> None:
        """xDSL's hook: the same pretty text, with xDSL's names."""

        def name(value: SSAValue) -> str:
            out = StringIO()
            stream, printer.stream = printer.stream, out
            try:
                printer.print_ssa_value(value)
            finally:
                printer.stream = stream
            return out.getvalue()

        text = StringIO()
        self.print_asm(AsmPrinter(text.write, name))
        # xDSL has written the operation's name already.
        printer.print_string(text.getvalue().removeprefix(self.name))

    def print_asm(self, p: AsmPrinter) -> None:
        """Writes the pretty form; the generic one where a subclass has none."""
        p.generic(self)


def compatible(declared: Attribute, inferred: Attribute) -> bool:
    """Whether two types agree, an unknown dimension agreeing with any (spec: Type inference).

    Scales and zero points of quantized elements are not compared. A known dimension must keep
    within the bound that the other type has for it; apart from that encodings are not compared.
    """
    if declared == inferred:
        return True
    if not isinstance(declared, TensorType) or not isinstance(inferred, TensorType):
        return False
    wanted, found = cast("TensorType[Attribute]", declared), cast("TensorType[Attribute]", inferred)
    left, right = wanted.get_shape(), found.get_shape()
    return (
        elements_agree(wanted.element_type, found.element_type)
        and len(left) == len(right)
        and all(a == b or DYNAMIC in (a, b) for a, b in zip(left, right, strict=True))
        and within_bounds(left, bounds(found))
        and within_bounds(right, bounds(wanted))
    )
