"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from irkit.verify.rules.terms import Apply, Equation, Hole, Signature, Term, holes

Equations = Iterator[tuple[Apply, Term]]


@dataclass(frozen=True)
class Rule:
    """A named family of equations.

    ``find`` is given a signature of the program, and the signatures of what may stand in each
    place of an operand; it yields equations whose left side applies the first one.
    """

    name: str
    statement: str
    """What it says, in a line."""
    find: Callable[[Signature, Sequence[Sequence[Signature]]], Equations]
    real: bool = False
    """Whether it holds for real numbers only, not for floating-point ones."""

    def equations(
        self, signature: Signature, inner: Sequence[Sequence[Signature]]
    ) -> Iterator[Equation]:
        """The equations for one signature, between terms of one type.

        Terms of unknown size equal those of another type only where sizes that are not known agree,
        and it is not for a rule to say that they do.
        """
        for left, right in self.find(signature, inner):
            if left.type == right.type:
                yield Equation(self.name, left, right)


def alone(
    find: Callable[[Signature, tuple[Hole, ...]], Term | None], *ops: str
) -> Callable[[Signature, Sequence[Sequence[Signature]]], Equations]:
    """A family whose left side is one operation of ``ops`` (any, if none) on variables."""

    def found(signature: Signature, inner: Sequence[Sequence[Signature]]) -> Equations:
        del inner
        if ops and signature.op not in ops:
            return
        variables = holes(signature)
        right = find(signature, variables)
        if right is not None:
            yield Apply(signature, variables), right

    return found


def nested(
    find: Callable[[Signature, Apply, int, tuple[Term, ...]], Term | None],
    outer: Sequence[str],
    inner_ops: Sequence[str],
) -> Callable[[Signature, Sequence[Sequence[Signature]]], Equations]:
    """A family whose left side is an operation with another one in the place of an operand.

    ``find`` gets the outer signature, the inner application on variables ``y0, y1, ...``, its
    place, and the operands of the outer operation: it in that place, variables ``x0, x1, ...`` in
    all others.
    """

    def found(signature: Signature, inner: Sequence[Sequence[Signature]]) -> Equations:
        if signature.op not in outer:
            return
        for place, candidates in enumerate(inner):
            for candidate in candidates:
                if candidate.op in inner_ops:
                    operands: list[Term] = [*holes(signature)]
                    operands[place] = applied = Apply(candidate, holes(candidate, "y"))
                    right = find(signature, applied, place, tuple(operands))
                    if right is not None:
                        yield Apply(signature, tuple(operands)), right

    return found
