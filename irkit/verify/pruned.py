"""Whether one module is another one pruned, and what was dropped.

Dropping is sound where what is kept is computed as before: every result of the pruned module is, by
digest, one of the full module's; those without a name have kept their order, and the effects their
order and number. Nothing here knows how pruning is done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, StringAttr
from xdsl.ir import Operation

from dialects.func import FuncOp
from irkit.verify.graph.function import FunctionDigests, function_digests
from irkit.verify.graph.module import ModuleDigester, ModuleDigests
from irkit.verify.graph.operations import UnreadableGraphError
from irkit.verify.hashing import Digest
from irkit.verify.pair import Pair
from irkit.verify.verdict import Finding, Json, Tier, Verdict

_MOST_NAMED = 12

_NAME = "irkit.name"
"""A result's attribute."""

_ALIAS = "tf.aliasing_output"
"""An argument's attribute with the place of the result that may take its memory."""


@dataclass(frozen=True)
class Dropped:
    """What a pruned function has no more."""

    function: str
    outputs: tuple[str, ...]
    """Results that are not returned any more, by name or position."""
    dead: Counter[str]
    """Operations that no result of the full function needed either, by name."""
    unneeded: Counter[str]
    """Operations that only dropped results needed."""


class _Result(NamedTuple):
    value: Digest
    said: Digest
    """Of what the function says of the result: its name, ..."""
    named: bool
    """Whether it is known by its name, wherever it stands."""


@dataclass(frozen=True)
class _Body:
    digests: FunctionDigests
    returned: tuple[_Result, ...]


def judge_pruned(pair: Pair) -> Finding:
    """Compares the full module (left) with the pruned one (right).

    Undecided where a kept result or an effect is not the full module's: it may still mean the same.
    """
    left, right = (ModuleDigester(m.module, m.resources) for m in pair.modules)
    functions = left.functions(), right.functions()
    if functions[0].keys() != functions[1].keys():
        said = "the modules have not the same public functions"
        return Finding(Tier.GRAPH, Verdict.DIFFERENT, said)
    found: list[Dropped] = []
    try:
        fault = _module_fault(left.digests(), right.digests())
        for name, full in functions[0].items():
            fault = fault or _header_fault(name, full, functions[1][name])
            if fault is not None:
                break
            a = _body(full, left)
            b = _body(functions[1][name], right)
            fault = _fault(name, a, b)
            if fault is None:
                found.append(_dropped(name, full, a, b))
    except UnreadableGraphError as error:
        fault = str(error)
    if fault is not None:
        return Finding(Tier.GRAPH, Verdict.UNDECIDED, fault)
    said = "\n".join(
        ["what is kept is computed as before, with the same effects", *map(_described, found)]
    )
    details: dict[str, Json] = {
        "functions": [
            {
                "name": each.function,
                "outputs": list(each.outputs),
                "dead": dict(each.dead),
                "unneeded": dict(each.unneeded),
            }
            for each in found
        ]
    }
    return Finding(Tier.GRAPH, Verdict.EQUAL, said, details)


def _module_fault(full: ModuleDigests, pruned: ModuleDigests) -> str | None:
    """What differs besides the bodies of public functions, all of which have one."""
    if full.attributes != pruned.attributes:
        return "the attributes of the modules differ"
    if full.other != pruned.other:
        return "the modules differ in definitions that are no functions"
    if not pruned.named.items() <= full.named.items():
        return "the modules differ in functions that call themselves"
    return None


def _header_fault(name: str, full: FuncOp, pruned: FuncOp) -> str | None:
    """What differs in a function besides its results and its body."""
    sides = [_attributes_of(f.arg_attrs, len(f.function_type.inputs)) for f in (full, pruned)]
    if sides[0] != sides[1] or full.attributes != pruned.attributes:
        return f"the arguments of @{name}, or attributes, differ"
    fewer = len(pruned.function_type.outputs) != len(full.function_type.outputs)
    if fewer and any(_ALIAS in given.data for given in sides[0]):
        return f"{_ALIAS} of @{name} names results by their places, which are others now"
    if max(len(full.body.blocks), len(pruned.body.blocks)) > 1:
        return f"@{name} has several blocks, of which nothing can be told"
    return None


def _attributes_of(given: ArrayAttr[DictionaryAttr] | None, count: int) -> list[DictionaryAttr]:
    """Of each argument or result, also where none has any."""
    return list(given.data) if given else [DictionaryAttr({})] * count


def _body(function: FuncOp, module: ModuleDigester) -> _Body:
    digests = function_digests(function, module.attributes)
    attributes = _attributes_of(function.res_attrs, len(digests.results))
    returned = (
        _Result(value, module.attributes.of(said), _NAME in said.data)
        for value, said in zip(digests.results, attributes, strict=True)
    )
    return _Body(digests, tuple(returned))


def _fault(name: str, full: _Body, pruned: _Body) -> str | None:
    if full.digests.arguments != pruned.digests.arguments:
        return f"the arguments of @{name} differ"
    if full.digests.state != pruned.digests.state:
        return f"the effects of @{name} are not the same, or not in the same order"
    named = [result for result in full.returned if result.named]
    unnamed = iter([result for result in full.returned if not result.named])
    for place, result in enumerate(pruned.returned):
        if result in named:
            named.remove(result)
        elif result not in unnamed:
            said = f"result {place} of the pruned @{name} is no result of the full one"
            return f"{said}, or comes in another order"
    return None


def _dropped(name: str, function: FuncOp, full: _Body, pruned: _Body) -> Dropped:
    kept = list(pruned.returned)
    outputs: list[str] = []
    for place, result in enumerate(full.returned):
        if result in kept:
            kept.remove(result)
        else:
            outputs.append(_output_name(function, place))
    digests = full.digests
    needed_before = _closure(digests, digests.results)
    needed_now = _closure(digests, pruned.digests.results)
    dead = Counter(op.name for op in digests.operations if op not in needed_before)
    unneeded = Counter(op.name for op in needed_before if op not in needed_now)
    return Dropped(name, tuple(outputs), dead, unneeded)


def _closure(function: FunctionDigests, results: tuple[bytes, ...]) -> dict[Operation, None]:
    """The operations of the body that these results, or effects, need."""
    wanted = set(results)
    needed: dict[Operation, None] = {}
    for op in reversed(list(function.operations)):
        if op in function.effects or wanted.intersection(function.operations[op]):
            needed[op] = None
            wanted.update(function.read[op])
    return needed


def _output_name(function: FuncOp, place: int) -> str:
    attributes = list(function.res_attrs.data) if function.res_attrs else []
    named = attributes[place] if place < len(attributes) else DictionaryAttr({})
    name = named.data.get(_NAME)
    return name.data if isinstance(name, StringAttr) else str(place)


def _described(dropped: Dropped) -> str:
    outputs = ", ".join(dropped.outputs[:_MOST_NAMED]) or "none"
    more = len(dropped.outputs) - _MOST_NAMED
    if more > 0:
        outputs += f" and {more} more"
    return (
        f"@{dropped.function}: outputs dropped: {outputs}; "
        f"operations that nothing needed: {_counted(dropped.dead)}; "
        f"operations that only those outputs needed: {_counted(dropped.unneeded)}"
    )


def _counted(names: Counter[str]) -> str:
    total = sum(names.values())
    each = ", ".join(f"{count} {name}" for name, count in names.most_common(_MOST_NAMED))
    return f"{total} ({each})" if total else "none"
