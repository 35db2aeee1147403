"""The backward sweep against reachability on the whole program, and against planted bugs."""

from __future__ import annotations

import inspect
import random
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.streaming import sweep as sweep_module
from irkit.streaming.op_log import OpLog
from irkit.streaming.record import ARGUMENT, DEAD, FLAG, PARAMETER, WORD, ChunkRecord
from irkit.streaming.sweep import Liveness, Sweep
from irkit.streaming.template import Template

KINDS = [
    # results, removable, suggestion (of several names: one a result)
    (1, True, None), (1, True, "cst"), (1, False, None), (0, False, None), (0, True, None),
    (2, True, None), (3, False, None), (1, True, "c"), (2, True, ("left", "c")),
]  # fmt: skip
ARGUMENTS = 2


@dataclass(frozen=True)
class Op:
    """An operation of a flat program: its kind (or a parameter), and the values it reads."""

    kind: int
    reads: tuple[int, ...]
    parameter: int | None = None


@dataclass(frozen=True)
class Program:
    """Values are numbered: arguments, then results in order. ``borders`` end chunks."""

    ops: tuple[Op, ...]
    borders: frozenset[int]
    roots: tuple[int, ...]
    exported: frozenset[int]
    """Values that leave their chunk though nothing may read them (their handles lived on)."""


def random_program(rng: random.Random) -> Program:
    ops: list[Op] = []
    values = ARGUMENTS
    parameters = 0
    for _ in range(rng.randrange(40)):
        if rng.random() < 0.15:
            ops.append(Op(1, (), parameters))
            parameters += 1
            values += 1
            continue
        kind = rng.randrange(len(KINDS))
        reads = tuple(rng.randrange(values) for _ in range(rng.randrange(4)))
        ops.append(Op(kind, reads))
        values += KINDS[kind][0]
    some = [v for v in range(values) if rng.random() < 0.2]
    roots = tuple(rng.randrange(values) for _ in range(rng.randrange(4)))
    borders = frozenset(i for i in range(len(ops)) if rng.random() < 0.3)
    return Program(tuple(ops), borders, roots, frozenset(some))


def definitions(program: Program) -> list[int | None]:
    """For each value the operation that defines it."""
    found: list[int | None] = [None] * ARGUMENTS
    for index, op in enumerate(program.ops):
        found += [index] * KINDS[op.kind][0]
    return found


def reachable(program: Program, *, keep_all: bool = False) -> set[int]:
    """The operations that roots and effects need, found by walking operands."""
    owner = definitions(program)
    pending = [owner[v] for v in program.roots]
    pending += [i for i, op in enumerate(program.ops) if keep_all or not KINDS[op.kind][1]]
    kept: set[int] = set()
    while pending:
        index = pending.pop()
        if index is None or index in kept:
            continue
        kept.add(index)
        pending += [owner[v] for v in program.ops[index].reads]
    return kept


def chunks(program: Program) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for index in range(len(program.ops)):
        found[-1].append(index)
        if index in program.borders:
            found.append([])
    return found


def logged(program: Program) -> tuple[OpLog, list[int], dict[int, int]]:
    """The program as records, the roots as words, and the word of each value that has one."""
    log = OpLog(1 << 20)
    owner = definitions(program)
    chunk_of = {i: number for number, chunk in enumerate(chunks(program)) for i in chunk}
    leaves = set(program.roots) | program.exported
    for index, op in enumerate(program.ops):
        leaves |= {v for v in op.reads if owner[v] is None or chunk_of[owner[v]] < chunk_of[index]}
    words = {value: ARGUMENT | value for value in range(ARGUMENTS)}
    first = {index: v for v, index in reversed(list(enumerate(owner))) if index is not None}
    templates = {
        (kind, reads): log.templates.add(
            Template(("%s",), (), reads, results, removable, None, None, suggestion)
            if isinstance(suggestion, tuple)
            else Template(("%s",), (), reads, results, removable, suggestion, None)
        )
        for kind, (results, removable, suggestion) in enumerate(KINDS)
        for reads in range(4)
    }
    next_word = 0
    for chunk in chunks(program):
        record = ChunkRecord(next_word)
        live_ins = sorted({v for i in chunk for v in program.ops[i].reads
                           if owner[v] is None or chunk_of[owner[v]] != chunk_of[i]})  # fmt: skip
        local = {value: number for number, value in enumerate(live_ins)}
        record.live_ins = array("Q", [words[v] for v in live_ins])
        number = len(live_ins)
        for index in chunk:
            op = program.ops[index]
            if op.parameter is None:
                template = templates[op.kind, len(op.reads)]
            else:
                template = PARAMETER | op.parameter
            if template not in record.templates:
                record.templates.append(template)
            record.operations.append(record.templates.index(template))
            record.operands.extend(local[v] for v in op.reads)
            for result in range(KINDS[op.kind][0]):
                value = first[index] + result
                local[value] = number
                number += 1
                if op.parameter is not None:
                    words[value] = PARAMETER | op.parameter
                elif value in leaves:
                    record.live_outs.append(local[value])
                    words[value] = next_word
                    next_word += 1
        log.append(record)
    return log, [words[v] for v in program.roots], words


def parameter_name(position: int) -> str:
    """Several parameters may suggest one name: upstream replaces what no identifier may hold."""
    return f"p{position % 2}"


def suggested(op: Op) -> Sequence[str | None]:
    names = KINDS[op.kind][2]
    return names if isinstance(names, tuple) else [names]


def check(program: Program, sweep_class: type[Sweep] = Sweep, *, keep_all: bool = False) -> None:
    """Everything that the sweep writes and counts, against the flat program."""
    log, roots, words = logged(program)
    sweep = sweep_class(log.templates, roots, parameter_name, keep_all=keep_all)
    log.rewrite_backward(sweep.visit)
    kept = reachable(program, keep_all=keep_all)
    owner = definitions(program)
    kept_reads = [{v for i in chunk if i in kept for v in program.ops[i].reads}
                  for chunk in chunks(program)]  # fmt: skip
    ends = set(program.roots)
    value_of = {word: value for value, word in words.items()}
    for number, (record, chunk) in enumerate(zip(log, chunks(program), strict=True)):
        alive = [not entry & DEAD for entry in record.operations]
        assert alive == [i in kept for i in chunk]
        later = ends.union(*kept_reads[number + 1 :])
        for offset, entry in enumerate(record.live_outs):
            value = value_of[record.first_word + offset]
            assert bool(entry & FLAG) == (value not in later), "unread live-out"
        for entry in record.live_ins:
            word = entry & WORD
            if word & (ARGUMENT | PARAMETER):
                assert not entry & FLAG
                continue
            value = value_of[word]
            last = value in kept_reads[number] and value not in later
            assert bool(entry & FLAG) == last, "last read of a live-in"
    numbered = [i for i in kept if KINDS[program.ops[i].kind][0]]
    names = Counter(
        name
        for op in (program.ops[i] for i in numbered)
        for name in ([parameter_name(op.parameter)] if op.parameter is not None else suggested(op))
    )
    found = sweep.found
    assert found.kept == len(kept)
    assert found.numbered == names.pop(None, 0)
    assert found.suggested == names
    assert found.parameters == {p for i in kept if (p := program.ops[i].parameter) is not None}
    assert found.widest_cut == widest(program, kept_reads, owner)


def widest(program: Program, kept_reads: list[set[int]], owner: list[int | None]) -> int:
    """Most values that cross from one chunk to the next (or out), parameters left out."""
    cuts = [0]
    defined: set[int] = set()
    for number, chunk in enumerate(chunks(program)):
        inside = set(chunk)
        defined |= {v for v, i in enumerate(owner)
                    if i in inside and program.ops[i].parameter is None}  # fmt: skip
        later = set(program.roots).union(*kept_reads[number + 1 :])
        cuts.append(len(defined & later))
    return max(cuts)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_sweep_keeps_what_is_reachable(rng: random.Random, keep_all: bool) -> None:
    check(random_program(rng), keep_all=keep_all)


def test_a_sweep_drops_what_is_dead_unless_it_is_told_not_to() -> None:
    program = Program((Op(0, (0,)),), frozenset(), (0,), frozenset())
    for told, kept in (({}, 0), ({"keep_all": False}, 0), ({"keep_all": True}, 1)):
        log, roots, _ = logged(program)
        sweep = Sweep(log.templates, roots, parameter_name, **told)
        log.rewrite_backward(sweep.visit)
        assert sweep.found.kept == kept


def test_nested_regions_are_named_after_all_that_was_kept() -> None:
    found = Liveness(numbered=3, suggested=Counter({"cst": 3, "c": 1}))
    counters = found.final_counters(2)
    assert (counters.number, counters.argument, counters.conflict) == (3, 2, 2)
    assert counters.used == {"cst", "c"}


MUTATIONS = [
    ("needed[number] or not removable or keep_all", "needed[number] or keep_all"),
    ("results]) or not removable or keep_all", "results]) or keep_all"),
    ("keep = any(needed[number : number + results])", "keep = any(needed[number : number + 1])"),
    ("needed[operands[k]] = 1", "needed[operands[k]] = k > start"),
    ("range(start, end)", "range(start, end - 1)"),
    ("operations[index] = position | DEAD", "operations[index] = position"),
    ("live.discard(word)", "pass"),
    ("needed[number] = 1\n                record", "record"),
    ("record.live_outs[index] = number | FLAG", "record.live_outs[index] = number"),
    ("if not needed[index] or word in live:", "if not needed[index]:"),
    ("if not needed[index] or word in live:", "if word in live:"),
    ("record.live_ins[index] = word | FLAG", "record.live_ins[index] = word"),
    ("live.add(word)", "pass"),
    ("self.found.parameters.add(word ^ PARAMETER)", "pass"),
    ("keep = keep or parameter in self.found.parameters", "pass"),
    ("max(self.found.widest_cut, len(live))", "len(live)"),
    ("kept[position] += 1", "kept[position] = 1"),
    ("elif template.results:", "else:"),
    ("if not word & ARGUMENT}", "}"),
]
"""What may go wrong, as replacements in the sweep's source."""


def survives(source: str) -> bool:
    """Whether 400 random programs find nothing wrong with a sweep made from ``source``."""
    module = ModuleType("tests.irkit.mutant")
    sys.modules[module.__name__] = module  # dataclasses look their module up by its name
    exec(compile(source, "mutant", "exec"), vars(module))
    rng = random.Random(0)
    try:
        for _ in range(400):
            check(random_program(rng), module.Sweep)
    except (AssertionError, LookupError):
        return False
    return True


def test_the_sweep_itself_survives() -> None:
    assert survives(inspect.getsource(sweep_module))


@pytest.mark.parametrize(("right", "wrong"), MUTATIONS)
def test_a_planted_bug_is_found(right: str, wrong: str) -> None:
    source = inspect.getsource(sweep_module)
    assert source.count(right) == 1
    assert not survives(source.replace(right, wrong))
