"""Why a value was pruned, or kept."""

from __future__ import annotations

from xdsl.ir import Block, Operation, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free

from irkit.errors import RecordingError
from irkit.explanation import Explanation
from irkit.recording import ComputeGraph
from irkit.streaming.paths import explain
from irkit.value import Value


def dropped(graph: ComputeGraph, value: Value | str) -> Explanation:
    """Explains whether ``value`` (or the output of that name) is in ``graph``, and why.

    For a kept value there is a path to an output or an effect; for a dropped one there is none,
    and a graph that was not pruned keeps it all the same. The value's handle must have been made
    by the recording that ``graph`` belongs to. Streamed graphs are explained from the op log.
    Raises ``RecordingError`` for a value of another recording, or one that the log does not have.
    """
    if graph.recording.is_buffered:
        found = _in_module(graph, value)
    else:
        program = graph.streamed()
        program.sweep()
        found = explain(program, value)
    return found if found.kept or graph.pruned else found.unpruned()


def _in_module(graph: ComputeGraph, value: Value | str) -> Explanation:
    whole = graph.recording.buffered()
    returned = whole.returned()
    if isinstance(value, str):
        if value not in returned:
            raise RecordingError(f"no output called {value!r}")
        start = returned[value]
    elif value.ssa is None or _block_of(value.ssa) is not whole.block:
        raise RecordingError(f"{value!r} was not recorded in this graph")
    else:
        start = value.ssa
    outputs = {returned[name]: name for name in graph.outputs}
    previous: dict[SSAValue, tuple[SSAValue | None, str]] = {start: (None, "")}
    queue = [start]
    last = start
    for current in queue:
        last = current
        if current in outputs:
            return Explanation(True, _path(previous, current), f"output {outputs[current]!r}")
        for use in current.uses:
            user = _top_level(use.operation, whole.block)
            if user.has_trait(IsTerminator) or not _is_needed(use.operation, user):
                continue
            if not is_side_effect_free(user):
                path = (*_path(previous, current), user.name)
                return Explanation(True, path, "an effect")
            for result in user.results:
                if result not in previous:
                    previous[result] = (current, user.name)
                    queue.append(result)
    return Explanation.of_dropped(_path(previous, last))


def _block_of(value: SSAValue) -> Block | None:
    owner = value.owner
    return owner if isinstance(owner, Block) else owner.parent


def _top_level(op: Operation, block: Block) -> Operation:
    while op.parent is not block:
        parent = op.parent_op()
        assert parent is not None
        op = parent
    return op


def _is_needed(op: Operation, user: Operation) -> bool:
    """Whether ``op``, which is ``user`` or in its regions, is not dead code of a region.

    Pruning takes that away even where ``user`` stays, so what only it reads goes too.
    """
    seen = {op}
    queue = [op]
    for current in queue:
        if current is user:
            return True
        parent = current.parent_op()
        if parent is not None and (
            current.has_trait(IsTerminator) or not is_side_effect_free(current)
        ):
            readers = {parent}
        else:
            readers = {use.operation for result in current.results for use in result.uses}
        queue.extend(readers - seen)
        seen |= readers
    return False


def _path(previous: dict[SSAValue, tuple[SSAValue | None, str]], end: SSAValue) -> tuple[str, ...]:
    steps: list[str] = []
    current: SSAValue | None = end
    while current is not None:
        current, step = previous[current]
        if step:
            steps.append(step)
    return tuple(reversed(steps))
