"""Reductions whose result does not depend on the order, which is up to the implementation.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#reduce
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute, Operation

from dialects.stablehlo.tensors import element_type
from irkit.verify.smt.elementwise import function, meaning
from irkit.verify.smt.sorts import Term, Z, is_bool, literal

_IDENTITIES = {"add": 0, "multiply": 1, "xor": 0}
"""Of the operations that give something else when they are given an element twice."""
_IDEMPOTENT = frozenset({"and", "or", "maximum", "minimum"})


@dataclass(frozen=True)
class Reducer:
    """An associative and commutative operation on integers or booleans."""

    name: str
    type: Attribute
    """Of the elements."""

    def reduced(self, terms: Sequence[Term], start: Term, where: str) -> Term:
        """All terms combined.

        The initial value takes part as often as the implementation likes. Where that matters it is
        a function of the value and of ``where``, which tells the elements of reductions apart.
        """
        total = self._initial(start, where)
        for term in terms:
            total = meaning(self.name, self.type, [total, term])
        return total

    def _initial(self, start: Term, where: str) -> Term:
        if self.name in _IDEMPOTENT or (self.name != "xor" and is_bool(self.type)):
            return start
        repeated = function(f"initial values of {self.name} {where}", [start], self.type)
        return Z.If(start == literal(_IDENTITIES[self.name], self.type), start, repeated)


def reducer(op: Operation) -> Reducer | None:
    """What a ``stablehlo.reduce`` combines elements by, if that does not depend on their order."""
    type_ = element_type(op.operands[0])
    body = op.regions[0].block
    operations = list(body.ops)
    if len(body.args) != 2 or len(operations) != 2:
        return None
    combined, returned = operations
    name = combined.name.removeprefix("stablehlo.")
    known = name in _IDENTITIES or name in _IDEMPOTENT
    types = {element_type(value) for value in (*op.operands, *op.results, *body.args)}
    if (
        known
        and type_.name == IntegerType.name
        and types == {type_}
        and {*combined.operands} == {*body.args}
        and [*returned.operands] == [*combined.results]
    ):
        return Reducer(name, type_)
    return None
