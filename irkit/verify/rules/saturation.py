"""Equality under rules: both functions in one e-graph (egglog), saturated with equations.

Source: Y. Zhang et al., "Better Together: Unifying Datalog and Equality Saturation", PLDI 2023.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import ClassVar

import egglog

from irkit.verify.rules.evaluation import FOLDING, constant_value, folded
from irkit.verify.rules.program import Node, TermGraph
from irkit.verify.rules.rule import Rule
from irkit.verify.rules.terms import Apply, Equation, Hole, Signature, Term, signatures

MOST_SIGNATURES = 2000
"""Distinct ones, those that equations bring with them included."""
ROUNDS = 4
"""Of rules looking at what rules have brought."""
MOST_ITERATIONS = 16


class Value(egglog.Expr):
    """A value of the program."""

    @classmethod
    def leaf(cls, number: egglog.i64Like) -> Value:
        """A hole of the program."""
        ...  # noqa: PIE790 - egglog takes this for a declaration


class Operands(egglog.Expr):
    """The operands of an application, as a list."""

    none: ClassVar[Operands]

    @classmethod
    def of(cls, first: Value, rest: Operands) -> Operands:
        """One more operand, before the others."""
        ...  # noqa: PIE790 - egglog takes this for a declaration


@egglog.function
def application(signature: egglog.i64Like, operands: Operands) -> Value:
    """What the operation of a signature gives."""
    ...  # noqa: PIE790 - egglog takes this for a declaration


@contextmanager
def _engine() -> Generator[egglog.EGraph]:
    """An e-graph that goes in the thread that made it, as it must: egglog's objects refer to each
    other, and the cyclic collector runs in any thread."""
    engine = egglog.EGraph()
    try:
        yield engine
    finally:
        del engine._state.egraph  # pyright: ignore[reportPrivateUsage]


class Saturation:
    """The equations that rules give for a graph, and which of its nodes they make equal."""

    def __init__(self, graph: TermGraph, rules: Sequence[Rule]) -> None:
        self._graph = graph
        self._numbers: dict[Signature, int] = {}
        self._folds = _folds(graph)
        self.equations = _equations(graph, rules, [s for s, _ in self._folds])

    def equal(
        self, pairs: Iterable[tuple[Node, Node]], rules: frozenset[str] | None = None
    ) -> bool:
        """Whether the nodes of every pair are equal by the rules of these names (all if None)."""
        with _engine() as engine:
            return self._are_equal(engine, pairs, rules)

    def _are_equal(
        self,
        engine: egglog.EGraph,
        pairs: Iterable[tuple[Node, Node]],
        rules: frozenset[str] | None,
    ) -> bool:
        values = self._values(engine)
        wanted = [(values[a], values[b]) for a, b in pairs if a != b]
        chosen = [e for e in self.equations if rules is None or e.rule in rules]
        if rules is None or FOLDING in rules:
            for constant, node in self._folds:
                engine.register(egglog.union(values[node]).with_(self._expression(Apply(constant))))
        ruleset = egglog.ruleset(*(self._rewrite(equation) for equation in chosen))
        for _ in range(MOST_ITERATIONS):
            if all(engine.check_bool(a == b) for a, b in wanted):
                return True
            if not engine.run(ruleset).updated:
                break
        return all(engine.check_bool(a == b) for a, b in wanted)

    def needed(self, pairs: Sequence[tuple[Node, Node]]) -> list[str]:
        """Rules that suffice for the pairs, and none of which can be left out, by name."""
        names = sorted({equation.rule for equation in self.equations})
        if self._folds and FOLDING not in names:
            names.append(FOLDING)
        kept = list(names)
        for name in names:
            fewer = [other for other in kept if other != name]
            if self.equal(pairs, frozenset(fewer)):
                kept = fewer
        return sorted(kept)

    def _values(self, engine: egglog.EGraph) -> list[Value]:
        """Every node of the graph, put into the e-graph."""
        values: list[Value] = []
        for number, (what, operands) in enumerate(self._graph.nodes):
            if isinstance(what, Hole):
                expression = Value.leaf(number)
            else:
                expression = self._applied(what, [values[operand] for operand in operands])
            values.append(engine.let(f"n{number}", expression))
        return values

    def _applied(self, signature: Signature, operands: Sequence[Value]) -> Value:
        listed = Operands.none
        for operand in reversed(operands):
            listed = Operands.of(operand, listed)
        return application(self._number(signature), listed)

    def _number(self, signature: Signature) -> int:
        return self._numbers.setdefault(signature, len(self._numbers))

    def _expression(self, term: Term) -> Value:
        if isinstance(term, Hole):
            return egglog.var(term.name, Value)
        return self._applied(term.signature, [self._expression(o) for o in term.operands])

    def _rewrite(self, equation: Equation) -> egglog.RewriteOrRule:
        left, right = self._expression(equation.left), self._expression(equation.right)
        return egglog.rewrite(left).to(right)


def _equations(
    graph: TermGraph, rules: Sequence[Rule], constants: Iterable[Signature]
) -> list[Equation]:
    """What the rules say of the signatures of a graph, and of those that they bring with them."""
    known: dict[Signature, None] = {
        what: None for what, _ in graph.nodes if isinstance(what, Signature)
    }
    known.update(dict.fromkeys(constants))
    found: dict[Equation, None] = {}
    asked: dict[Signature, list[int]] = {}
    for _ in range(ROUNDS):
        before = len(known)
        by_type: dict[object, list[Signature]] = {}
        for signature in known:
            if signature.plain:
                by_type.setdefault(signature.type, []).append(signature)
        for signature in [s for s in known if s.plain]:
            inner = [by_type.get(type_, []) for type_ in signature.operand_types]
            counts = list(map(len, inner))
            if asked.get(signature) == counts:
                # Nothing new may stand in any place, so there is no other answer.
                continue
            asked[signature] = counts
            for rule in rules:
                for equation in rule.equations(signature, inner):
                    found[equation] = None
                    known.update(dict.fromkeys(signatures(equation.right)))
        if len(known) == before or len(known) > MOST_SIGNATURES:
            break
    return list(found)


def _folds(graph: TermGraph) -> list[tuple[Signature, Node]]:
    """The nodes that depend on no input, and the constants that they are."""
    found: list[tuple[Signature, Node]] = []
    known: dict[Node, Signature] = {}
    for node, (what, operands) in enumerate(graph.nodes):
        if not isinstance(what, Signature) or not what.plain:
            continue
        if constant_value(what) is not None:
            known[node] = what
        elif all(operand in known for operand in operands):
            values = [constant_value(known[operand]) for operand in operands]
            result = folded(what, [value for value in values if value is not None])
            if result is not None:
                known[node] = result
                found.append((result, node))
    return found
