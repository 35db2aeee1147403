"""Random dimension numbers of ``gather`` and ``scatter``, which place windows in an operand."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Placement:
    """Shapes and dimension numbers; "spread" is the result of ``gather``, or an update."""

    operand: list[int]
    indices: list[int]
    spread: list[int]
    sizes: list[int]
    window_dims: tuple[int, ...]
    dropped_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...]
    indices_batching_dims: tuple[int, ...]
    index_map: tuple[int, ...]
    index_vector_dim: int


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Every combination of dimensions, batching ones among them."""
    rank = draw(st.integers(1, 3))
    operand = [draw(st.integers(1, 4)) for _ in range(rank)]
    roles = [draw(st.sampled_from("wwdb")) for _ in range(rank)]
    sizes = [
        draw(st.integers(0, size)) if role == "w" else 1
        for size, role in zip(operand, roles, strict=True)
    ]
    batching = [d for d in range(rank) if roles[d] == "b"]
    others = [d for d in range(rank) if roles[d] != "b"]
    batch_sizes = [operand[d] for d in batching] + draw(st.lists(st.integers(1, 3), max_size=2))
    order = draw(st.permutations(range(len(batch_sizes))))
    batch_shape = [batch_sizes[d] for d in order]
    mapped = draw(st.permutations(others))[: draw(st.integers(0, len(others)))]
    vector_dim = draw(st.integers(0, len(batch_shape)))
    if len(mapped) == 1 and draw(st.booleans()):
        # Indices that are scalars have no dimension for index vectors.
        vector_dim, indices = len(batch_shape), list(batch_shape)
    else:
        indices = [*batch_shape[:vector_dim], len(mapped), *batch_shape[vector_dim:]]
    has_vectors = len(indices) > len(batch_shape)
    sources = [order.index(i) for i in range(len(batching))]
    window_sizes = [sizes[d] for d in range(rank) if roles[d] == "w"]
    spread_rank = len(batch_shape) + len(window_sizes)
    window_dims = sorted(draw(st.permutations(range(spread_rank)))[: len(window_sizes)])
    batches, windows = iter(batch_shape), iter(window_sizes)
    spread = [next(windows if d in window_dims else batches) for d in range(spread_rank)]
    return Placement(
        operand,
        indices,
        spread,
        sizes,
        tuple(window_dims),
        tuple(d for d in range(rank) if roles[d] == "d"),
        tuple(batching),
        tuple(s + (has_vectors and s >= vector_dim) for s in sources),
        tuple(mapped),
        vector_dim,
    )
