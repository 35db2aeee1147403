"""Which operations may be dropped when nobody reads them: upstream's rule for dead code.

An operation is removable if it is no terminator and has no memory effect, where an operation with
regions has the effects of what they hold (MLIR: ``wouldOpBeTriviallyDead``).
"""

from __future__ import annotations

from xdsl.ir import Operation
from xdsl.traits import IsTerminator, MemoryEffect, NoMemoryEffect, is_side_effect_free


class Removability:
    """Answers :meth:`removable`; remembers the classes whose answer never varies."""

    def __init__(self) -> None:
        self._by_class: dict[type[Operation], bool | None] = {}

    def removable(self, op: Operation) -> bool:
        """Whether ``op`` may be dropped once no result of it is read."""
        cls = op.__class__
        if cls not in self._by_class:
            self._by_class[cls] = _class_answer(op)
        answer = self._by_class[cls]
        return is_side_effect_free(op) if answer is None else answer


def _class_answer(op: Operation) -> bool | None:
    """True or false where it holds for every operation of the class, else None."""
    if op.has_trait(IsTerminator):
        return False
    effects = op.get_traits_of_type(MemoryEffect)
    if not effects:
        return False
    if all(isinstance(effect, NoMemoryEffect) for effect in effects):
        return True
    return None
