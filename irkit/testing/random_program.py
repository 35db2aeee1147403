"""Programs of any size from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from irkit.testing.elements import DTYPES
from irkit.testing.program import ArgumentType, PrivateFunction, Program
from irkit.testing.step import Step

DEEPEST = 4
"""How deep regions nest."""

MOST_PICKS = 16
LARGEST_PICK = 1 << 16
ARGUMENT_SHAPES = ((), (2, 3), (3,), (2,), (1,), (0,), (2, 3, 1), (4, 4), (2, 1, 3, 2), (1,) * 5)


def random_program(
    seed: int, size: int, kinds: Iterable[str] | None = None, *, declares: bool = False
) -> Program:
    """See :meth:`irkit.testing.program.Program.random`."""
    from irkit.testing.catalogue import KINDS, generator_of

    names = sorted(KINDS if kinds is None else set(kinds))
    for name in names:
        generator_of(name)
    chosen = random.Random(f"program {seed} {size}")
    in_functions = chosen.choice((0, 0, 1, 2, 3)) if size > 1 else 0
    functions: list[PrivateFunction] = []
    left = size
    for _ in range(in_functions):
        share = chosen.randint(0, max(min(left // 4, 20), 0))
        left -= share
        functions.append(
            PrivateFunction(
                _arguments(chosen, 3),
                _Steps(chosen, names).take(share, 1),
                _picks(chosen, chosen.randint(0, 3)),
            )
        )
    return Program(
        steps=_Steps(chosen, names).take(left, 0),
        outputs=_picks(chosen, chosen.randint(0, 4)),
        arguments=_arguments(chosen, 4),
        functions=tuple(functions),
        scope_length=chosen.choice((1, 3, 7, 30) if declares else (0, 1, 3, 7, 30)),
        window=chosen.choice((0, 0, 3, 20, 200)),
        declares=chosen.randint(1, 3) if declares else 0,
    )


def _arguments(chosen: random.Random, most: int) -> tuple[ArgumentType, ...]:
    count = chosen.randint(0, most)
    dtypes = [chosen.choice(DTYPES if chosen.random() < 0.4 else DTYPES[:3]) for _ in range(count)]
    return tuple((chosen.choice(ARGUMENT_SHAPES), dtype) for dtype in dtypes)


def _picks(chosen: random.Random, count: int) -> tuple[int, ...]:
    """Half of them small, so that steps often read what was recorded just before."""
    return tuple(
        chosen.randrange(8) if chosen.random() < 0.5 else chosen.randrange(LARGEST_PICK)
        for _ in range(count)
    )


class _Steps:
    """Draws steps until a number of them is used up."""

    def __init__(self, chosen: random.Random, kinds: Sequence[str]) -> None:
        from irkit.testing.catalogue import REGIONS

        self._chosen = chosen
        self._kinds = kinds
        self._regions = REGIONS

    def take(self, count: int, depth: int) -> tuple[Step, ...]:
        """Steps of which there are ``count``, nested ones included."""
        steps: list[Step] = []
        while count > 0:
            step, used = self._step(count, depth)
            steps.append(step)
            count -= used
        return tuple(steps)

    def _step(self, most: int, depth: int) -> tuple[Step, int]:
        kind = self._chosen.choice(self._kinds)
        picks = _picks(self._chosen, self._chosen.randint(0, MOST_PICKS))
        inner: list[tuple[Step, ...]] = []
        used = 1
        if depth < DEEPEST:
            for _ in range(self._regions.get(kind, 0)):
                share = self._chosen.randint(0, min(most - used, 8 >> depth))
                inner.append(self.take(share, depth + 1))
                used += share
        return Step(kind, picks, tuple(inner)), used
