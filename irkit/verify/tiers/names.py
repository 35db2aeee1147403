"""Tier 1, names: the texts are the same up to a renaming of SSA values."""

from __future__ import annotations

from irkit.verify.names import UndecidedError, compare_up_to_names
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.verdict import Finding, Json, Tier, Verdict


def judge(pair: Pair, options: Options) -> Finding:
    """Follows both texts with one renaming a scope; says where no renaming fits."""
    del options
    try:
        difference = compare_up_to_names(pair.left, pair.right)
    except UndecidedError as error:
        return Finding(Tier.NAMES, Verdict.UNDECIDED, str(error))
    if difference is None:
        return Finding(Tier.NAMES, Verdict.EQUAL, "equal up to the names of SSA values")
    said = (
        f"no renaming of SSA values makes them equal: {pair.left}:{difference.left_line} and "
        f"{pair.right}:{difference.right_line}: {difference.reason}"
    )
    details: dict[str, Json] = {
        "left_line": difference.left_line,
        "right_line": difference.right_line,
        "reason": difference.reason,
    }
    return Finding(Tier.NAMES, Verdict.UNDECIDED, said, details)
