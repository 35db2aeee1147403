"""What ``einsum_config`` (``"ab,bc->ac"``) says: a letter for each dimension.

Source: https://www.tensorflow.org/api_docs/python/tf/einsum, which upstream's operations refer to.
"""

from __future__ import annotations

from collections.abc import Sequence


def einsum_letters(config: str, ranks: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    """The letters of each operand's dimensions, and those of the result's.

    ``ranks`` are the operands'. ``...`` stands for the dimensions that have no letter of their
    own, as many as the operand has more.
    Raises ``ValueError`` where the text does not fit the operands.
    """
    inputs, arrow, result = config.replace(" ", "").partition("->")
    parts = inputs.split(",")
    if not arrow or len(parts) != len(ranks):
        example = "ab,bc->ac" if len(ranks) == 2 else "ab->a"
        raise ValueError(f"{config!r} is not of the form {example!r}")
    hidden = [
        max(rank - len(part.replace("...", "")), 0) if "..." in part else 0
        for part, rank in zip(parts, ranks, strict=True)
    ]
    operands = [_expanded(part, count) for part, count in zip(parts, hidden, strict=True)]
    for part, letters, rank in zip(parts, operands, ranks, strict=True):
        if len(letters) != rank or len(set(letters)) != rank:
            raise ValueError(f"{part!r} in {config!r} does not name each of {rank} dimensions once")
    found = _expanded(result, max(hidden))
    unknown = [letter for letter in found if not any(letter in part for part in operands)]
    if unknown or len(set(found)) != len(found):
        raise ValueError(f"{result!r} in {config!r} must have letters of the operands, each once")
    return operands, found


def _expanded(letters: str, hidden: int) -> list[str]:
    """The letters, ``...`` replaced by as many names."""
    before, _, after = letters.partition("...")
    dots = [f"...{i}" for i in range(hidden)] if "..." in letters else []
    return [*before, *dots, *after]
