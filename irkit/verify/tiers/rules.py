"""Tier 3, rules: equality of graphs under named rewrite rules, by equality saturation."""

from __future__ import annotations

from irkit.errors import IRKitError
from irkit.verify.graph.module import ModuleDigester, difference_beside_bodies
from irkit.verify.graph.operations import UnreadableGraphError
from irkit.verify.nan_bits import tells_nans_apart
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.rules.catalogue import EXACT_RULES, REAL_RULES, keeping_nans
from irkit.verify.rules.program import Node, TermGraph, TooLargeError
from irkit.verify.verdict import Finding, Tier, Verdict

MOST_NODES = 20_000
"""Of both modules together; the e-graph holds each in memory."""


def judge(pair: Pair, options: Options) -> Finding:
    """Saturates each public function of both sides; names the rules that were needed.

    Floating-point rules that hold for real numbers only are used with ``options.assume_real``.
    """
    try:
        from irkit.verify.rules.saturation import Saturation
    except ImportError:
        said = "tier 3 needs the package egglog: pip install 'irkit[verify]'"
        return Finding(Tier.RULES, Verdict.UNDECIDED, said)
    graph = TermGraph(MOST_NODES)
    try:
        pairs = _pairs(pair, graph)
    except (TooLargeError, UnreadableGraphError, _DifferentError) as error:
        return Finding(Tier.RULES, Verdict.UNDECIDED, str(error))
    rules = (*EXACT_RULES, *REAL_RULES) if options.assume_real else EXACT_RULES
    if any(tells_nans_apart(op) for side in pair.modules for op in side.module.walk()):
        rules = tuple(map(keeping_nans, rules))
    saturation = Saturation(graph, rules)
    if not saturation.equal(pairs):
        said = f"no proof by {len(rules)} rules ({len(saturation.equations)} equations)"
        return Finding(Tier.RULES, Verdict.UNDECIDED, said)
    used = saturation.needed(pairs)
    real = any(rule.real and rule.name in used for rule in rules)
    under = " if floating-point numbers are real ones" if real else ""
    said = f"equal under the rules {', '.join(used) or '(none)'}{under}"
    return Finding(Tier.RULES, Verdict.EQUAL, said, {"rules": list(used), "assume_real": real})


class _DifferentError(IRKitError):
    """Something besides the bodies of functions differs."""


def _pairs(pair: Pair, graph: TermGraph) -> list[tuple[Node, Node]]:
    """What has to be equal: the results of each public function, and the effects it has."""
    left, right = (ModuleDigester(m.module, m.resources) for m in pair.modules)
    beside = difference_beside_bodies(left, right)
    if beside is not None:
        raise _DifferentError(beside)
    pairs: list[tuple[Node, Node]] = []
    functions = left.functions(), right.functions()
    for name in functions[0]:
        one, other = functions[0][name], functions[1][name]
        if max(len(one.body.blocks), len(other.body.blocks)) > 1:
            raise _DifferentError(f"@{name} has several blocks, which rules do not follow")
        roots = graph.add(one, left.attributes), graph.add(other, right.attributes)
        pairs += zip(*roots, strict=True)
    return pairs
