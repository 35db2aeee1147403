"""All rules of tier 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from irkit.verify.rules import arithmetic, conversions, evaluation, shapes
from irkit.verify.rules.rule import Equations, Rule
from irkit.verify.rules.terms import Signature

EXACT_RULES: tuple[Rule, ...] = (
    *shapes.RULES,
    *arithmetic.RULES,
    *conversions.RULES,
    *evaluation.RULES,
)
"""Rules that keep every bit (NaNs being one)."""

REAL_RULES: tuple[Rule, ...] = arithmetic.REAL_RULES
"""Rules that hold for real numbers only: ``--assume real``."""


def keeping_nans(rule: Rule) -> Rule:
    """The rule without its equations of computed floating-point numbers, which may be other NaNs.

    For programs that tell NaNs apart.
    """

    def found(signature: Signature, inner: Sequence[Sequence[Signature]]) -> Equations:
        if evaluation.moves(signature) or arithmetic.integral(signature.type):
            yield from rule.find(signature, inner)

    return replace(rule, find=found)
