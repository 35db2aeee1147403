"""P2: the text is a fixed point of upstream's printer, and pruning is upstream's dead-code rule."""

from __future__ import annotations

import re

from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError, require_same
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.worker import Json

_SCALAR_SLICE = re.compile(r"(= stablehlo\.dynamic_slice %[\w.$#-]+), , sizes")


def check(case: Case, witnesses: Witnesses) -> None:
    """Upstream prints both texts back unchanged, and its ``trivial-dce`` on the unpruned one gives
    the pruned bytes (IREE's ``apply_dce`` where jaxlib cannot read the text)."""
    whole, pruned = (case.streamed(prune=prune) for prune in (False, True))
    same = witnesses.upstream([whole, pruned])
    found = [_printed(answer, witnesses) for answer in same]
    require_same("irkit's unpruned text", whole, "upstream's", found[0])
    require_same("irkit's pruned text", pruned, "upstream's", found[1])
    without = _printed(witnesses.upstream([whole], prune=True)[0], witnesses)
    require_same("irkit's pruned text", pruned, "upstream's without dead code", without)


def _printed(answer: Json, witnesses: Witnesses) -> str:
    """The text of an answer, with what upstream itself cannot read written as irkit does.

    Of a ``dynamic_slice`` of a scalar it prints a comma for each list of indices, also for none.
    """
    if "refused" in answer:
        raise PropertyError(f"upstream refuses irkit's text: {answer['refused'][:1000]}")
    found, times = _SCALAR_SLICE.subn(r"\1, sizes", answer["printed"])
    if times:
        witnesses.counts["known difference: dynamic_slice of a scalar"] += times
    return found
