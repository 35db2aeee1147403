"""Pruning what is pruned changes nothing, and the pruned program means what the whole one does."""

from __future__ import annotations

from irkit.reading.rewrite import prune_file
from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError, require_same
from irkit.testing.properties.witnesses import Witnesses
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers import graph
from irkit.verify.verdict import Verdict


def check(case: Case, witnesses: Witnesses) -> None:
    """``irkit prune`` of the whole text gives the pruned one, and of that the same again; tier 2 of
    ``irkit-verify`` calls the two texts equal."""
    whole, pruned, again = (witnesses.path(f"{n}.mlir") for n in ("whole", "pruned", "again"))
    whole.write_text(case.streamed(prune=False))
    text = case.streamed(prune=True)
    pruned.write_text(text)
    prune_file(whole, again)
    require_same("the pruned text", text, "irkit prune of the whole", again.read_text())
    prune_file(pruned, again)
    require_same("the pruned text", text, "irkit prune of it", again.read_text())
    found = graph.judge(Pair(whole, pruned), Options())
    if found.verdict is not Verdict.EQUAL:
        raise PropertyError(
            f"tier 2 says of the whole and the pruned text: {found.verdict.value}: {found.summary}"
        )
