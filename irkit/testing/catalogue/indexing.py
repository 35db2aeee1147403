"""``gather`` and ``scatter`` with any dimension numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from irkit import hlo
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import plain
from irkit.testing.catalogue.reducers import reducer, same_shape
from irkit.testing.drawing import Drawing
from irkit.testing.elements import INTEGERS
from irkit.testing.picks import Picks
from irkit.testing.type_facts import dtype_of
from irkit.value import Value


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """Which dimension of operand, indices and slices is what."""

    window: tuple[int, ...]
    """Of the operand: those that a slice runs over."""
    collapsed: tuple[int, ...]
    batching: tuple[int, ...]
    index_map: tuple[int, ...]
    """Of the operand: those that an index has a number for."""
    indices_shape: tuple[int, ...]
    indices_batching: tuple[int, ...]
    index_vector_dim: int
    batch_sizes: tuple[int, ...]
    """The shape of the indices without the dimension of an index's numbers."""
    offsets: tuple[int, ...]
    """Of the result (or updates): where the window's dimensions stand."""

    @classmethod
    def of(cls, picks: Picks, shape: tuple[int, ...]) -> IndexPlan:
        """A plan for an operand of this shape."""
        # An empty dimension has no element that a collapsed one could be.
        roles = [
            picks.choose(("window", "collapsed", "batching") if n else ("window", "batching"))
            for n in shape
        ]
        window, collapsed, batching = (
            tuple(dim for dim, role in enumerate(roles) if role == wanted)
            for wanted in ("window", "collapsed", "batching")
        )
        free = [dim for dim in range(len(shape)) if dim not in batching]
        index_map = tuple(picks.distinct(free, picks.between(0, len(free))))
        extra = [picks.choose((2, 1, 3, 0)) for _ in range(picks.below(3))]
        order = picks.permutation(len(batching) + len(extra))
        sizes = [*(shape[dim] for dim in batching), *extra]
        placed = [sizes[place] for place in order]
        implied = len(index_map) == 1 and picks.flag()
        vector_dim = len(placed) if implied else picks.between(0, len(placed))
        indices = [*placed]
        if not implied:
            indices.insert(vector_dim, len(index_map))
        positions = [order.index(number) for number in range(len(batching))]
        return cls(
            window,
            collapsed,
            batching,
            index_map,
            tuple(indices),
            tuple(place + (not implied and place >= vector_dim) for place in positions),
            vector_dim,
            tuple(placed),
            tuple(picks.distinct(range(len(placed) + len(window)), len(window), ordered=True)),
        )

    def result_shape(self, window: list[int]) -> tuple[int, ...]:
        """The shape of slices of these sizes."""
        sizes, batches = iter(window), iter(self.batch_sizes)
        rank = len(self.batch_sizes) + len(self.window)
        return tuple(next(sizes if i in self.offsets else batches) for i in range(rank))


def slice_sizes(d: Drawing, plan: IndexPlan, shape: tuple[int, ...]) -> list[int]:
    """How large slices are in each dimension of an operand of this shape."""
    return [
        n - d.picks.below(n + 1) if dim in plan.window else min(n, 1) for dim, n in enumerate(shape)
    ]


def gather(d: Drawing) -> Value:
    """Slices of any size, along dimensions in any order."""
    x = plain(d, most_rank=4)
    plan = IndexPlan.of(d.picks, x.shape)
    indices = d.value(plan.indices_shape, d.dtype(INTEGERS))
    return hlo.gather(
        x,
        indices,
        offset_dims=plan.offsets,
        collapsed_slice_dims=plan.collapsed,
        operand_batching_dims=plan.batching,
        start_indices_batching_dims=plan.indices_batching,
        start_index_map=plan.index_map,
        index_vector_dim=plan.index_vector_dim,
        slice_sizes=slice_sizes(d, plan, x.shape),
        indices_are_sorted=d.picks.flag(),
    )


def scatter(d: Drawing) -> tuple[Value, ...]:
    """One or two inputs of one shape, updates as large as a window or smaller."""
    inputs = same_shape(d, plain(d, most_rank=4), d.picks.between(1, 2))
    plan = IndexPlan.of(d.picks, inputs[0].shape)
    indices = d.value(plan.indices_shape, d.dtype(INTEGERS))
    sizes = [n - d.picks.below(n + 1) for n in (inputs[0].shape[dim] for dim in plan.window)]
    shape = plan.result_shape(sizes)
    updates = [d.value(shape, dtype_of(value.type)) for value in inputs]
    return hlo.scatter(
        inputs,
        indices,
        updates,
        update_window_dims=plan.offsets,
        inserted_window_dims=plan.collapsed,
        input_batching_dims=plan.batching,
        scatter_indices_batching_dims=plan.indices_batching,
        scatter_dims_to_operand_dims=plan.index_map,
        index_vector_dim=plan.index_vector_dim,
        indices_are_sorted=d.picks.flag(),
        unique_indices=d.picks.flag(),
        update_computation=reducer(d, inputs),
    )


REGIONS: Mapping[str, int] = {"scatter": 1}
GENERATORS: Mapping[str, Generator] = {"gather": gather, "scatter": scatter}
