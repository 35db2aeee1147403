"""A counterexample as a finding."""

from __future__ import annotations

from irkit.verify.trials.counterexample import Counterexample, described
from irkit.verify.verdict import Finding, Json, Tier, Verdict


def difference_finding(tier: Tier, found: Counterexample) -> Finding:
    """Says that the sides differ: inputs, outputs, and where the values part."""
    said = "\n".join(
        [
            f"@{found.function} gives different outputs: {found.difference}",
            "for the inputs",
            described(found.inputs),
            "which give, on the left",
            described(found.left),
            "and on the right",
            described(found.right),
            f"the values part at {found.left_place} and {found.right_place}",
        ]
    )
    details: dict[str, Json] = {
        "function": found.function,
        "seed": found.draw.seed,
        "trial": found.draw.trial,
        "output": found.difference.output,
        "index": list(found.difference.index),
        "ulps": found.difference.ulps,
        "left_place": found.left_place,
        "right_place": found.right_place,
    }
    return Finding(tier, Verdict.DIFFERENT, said, details, counterexample=found)
