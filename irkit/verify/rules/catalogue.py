"""All rules of tier 3."""

from __future__ import annotations

from irkit.verify.rules import arithmetic, conversions, evaluation, shapes
from irkit.verify.rules.rule import Rule

EXACT_RULES: tuple[Rule, ...] = (
    *shapes.RULES,
    *arithmetic.RULES,
    *conversions.RULES,
    *evaluation.RULES,
)
"""Rules that keep every bit (NaNs being one)."""

REAL_RULES: tuple[Rule, ...] = arithmetic.REAL_RULES
"""Rules that hold for real numbers only: ``--assume real``."""
