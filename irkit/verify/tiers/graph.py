"""Tier 2, graph: equality of what the public functions compute, by the digests of their values."""

from __future__ import annotations

from pathlib import Path

from dialects.reader import ParsedModule
from irkit.reading.endings import UnfollowedError
from irkit.verify.graph.divergence import match
from irkit.verify.graph.module import ModuleDigests, module_digests
from irkit.verify.graph.operations import UnreadableGraphError
from irkit.verify.graph.streamed import streamed_digests
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.verdict import Finding, Json, Tier, Verdict

_PROVED = (
    "equal for every semantics of the operations: the same graph of values, "
    "whatever the order of pure operations, dead code and duplicates"
)

LARGEST_WHOLE = 32 << 20
"""Bytes of a file that is held as a whole to see where two graphs part."""
MOST_OPERATIONS = 20_000
"""In such a file; xDSL takes some 250 us and a kilobyte for each."""


def judge(pair: Pair, options: Options) -> Finding:
    """Digests both modules as they are read, in bounded memory; each is a job of the executor.

    Public functions of different names or types make the modules different; other differences are
    none of meaning as far as this tier can tell, so they leave the pair undecided. Files that are
    small enough are held to say where.
    """
    try:
        jobs = [options.executor.submit(_streamed, path) for path in (pair.left, pair.right)]
        streamed = [job.result() for job in jobs]
    except UnreadableGraphError as error:
        return Finding(Tier.GRAPH, Verdict.UNDECIDED, str(error))
    left, right = streamed
    if left is not None and left == right:
        return Finding(Tier.GRAPH, Verdict.EQUAL, _PROVED)
    if left is not None and right is not None:
        found = _interface(left, right)
        if found is not None:
            return found
        operations = max(left.operations, right.operations)
        if pair.bytes > LARGEST_WHOLE or operations > MOST_OPERATIONS:
            return _functions(left, right)
    return _whole(pair)


def _streamed(path: Path) -> ModuleDigests | None:
    """The digests of a file, or None where its layout has to be read as a whole."""
    try:
        return streamed_digests(path)
    except UnfollowedError:
        return None


def _whole(pair: Pair) -> Finding:
    left, right = pair.modules
    try:
        digests = tuple(module_digests(m.module, m.resources) for m in (left, right))
    except UnreadableGraphError as error:
        return Finding(Tier.GRAPH, Verdict.UNDECIDED, str(error))
    if digests[0] == digests[1]:
        return Finding(Tier.GRAPH, Verdict.EQUAL, _PROVED)
    return _interface(*digests) or _divergence(left, right, *digests)


def _interface(left: ModuleDigests, right: ModuleDigests) -> Finding | None:
    """Public functions that only one side has, or that differ in type."""
    for name in sorted({*left.signatures, *right.signatures}):
        a, b = left.signatures.get(name), right.signatures.get(name)
        if a != b:
            said = f"@{name} is {a or 'missing'} on the left and {b or 'missing'} on the right"
            details: dict[str, Json] = {"function": name, "left": a, "right": b}
            return Finding(Tier.GRAPH, Verdict.DIFFERENT, said, details)
    return None


def _functions(left: ModuleDigests, right: ModuleDigests) -> Finding:
    names = [name for name in left.functions if left.functions[name] != right.functions[name]]
    shown = ", ".join(f"@{name}" for name in names) or "what stands beside the functions"
    said = f"the graphs of {shown} differ; the files are too large to be held and say where"
    return Finding(Tier.GRAPH, Verdict.UNDECIDED, said, {"functions": list(names)})


def _divergence(
    left: ParsedModule, right: ParsedModule, a: ModuleDigests, b: ModuleDigests
) -> Finding:
    matched = match(left.module, right.module, left.resources, right.resources)
    details: dict[str, Json] = {
        "matched": len(matched.pairs),
        "left_only": [list(left.position(op)) for op in matched.left],
        "right_only": [list(right.position(op)) for op in matched.right],
        "functions": [name for name in a.functions if a.functions[name] != b.functions[name]],
    }
    places = [
        f"{parsed.source.name}:{parsed.position(ops[0])[0]} ({ops[0].name})"
        for parsed, ops in ((left, matched.left), (right, matched.right))
        if ops
    ]
    if places:
        said = f"the graphs differ, first at {' and '.join(places)}"
    else:
        said = "the same operations, but other attributes of a function or of the module"
    return Finding(Tier.GRAPH, Verdict.UNDECIDED, said, details)
