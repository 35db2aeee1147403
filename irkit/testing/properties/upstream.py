"""P2: the text is a fixed point of upstream's printer, and pruning is upstream's dead-code rule."""

from __future__ import annotations

from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError, require_same
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.worker import Json


def check(case: Case, witnesses: Witnesses) -> None:
    """Upstream prints both texts back unchanged, and its ``trivial-dce`` on the unpruned one gives
    the pruned bytes (IREE's ``apply_dce`` where jaxlib cannot read the text)."""
    whole, pruned = (case.streamed(prune=prune) for prune in (False, True))
    same = witnesses.upstream([whole, pruned])
    found = [*map(_printed, same)]
    require_same("irkit's unpruned text", whole, "upstream's", found[0])
    require_same("irkit's pruned text", pruned, "upstream's", found[1])
    without = _printed(witnesses.upstream([whole], prune=True)[0])
    require_same("irkit's pruned text", pruned, "upstream's without dead code", without)


def _printed(answer: Json) -> str:
    if "refused" in answer:
        raise PropertyError(f"upstream refuses irkit's text: {answer['refused'][:1000]}")
    return answer["printed"]
