"""What a generator of the catalogue is given: a builder, picks, and the values there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from xdsl.dialects.builtin import TensorType, TupleType
from xdsl.ir import Attribute

from dialects.stablehlo.token import TokenType
from irkit import hlo
from irkit.builder import Builder
from irkit.testing.elements import DTYPES
from irkit.testing.new_values import new_tensor
from irkit.testing.picks import Picks
from irkit.testing.pool import Pool
from irkit.testing.step import Step
from irkit.testing.type_facts import can_be_made, dtype_of, is_static_tensor
from irkit.types import tensor
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.functions import Function

LARGEST = 64
"""Elements of the largest drawn shape."""

DIMENSIONS = (2, 3, 1, 4, 2, 3, 1, 0)
"""Sizes of drawn dimensions, by pick."""


class Drawing:
    """The state of a program while it is recorded.

    A generator reads ``picks``, records with ``b`` or :mod:`irkit.hlo`, and returns the values
    that later steps may read.
    """

    def __init__(
        self,
        builder: Builder,
        *,
        functions: Sequence[Function] = (),
        parameters: bool = True,
        window: int = 0,
    ) -> None:
        self.b = builder
        self.functions = functions
        """The private functions that can be called here."""
        self.pool = Pool(window)
        self.picks = Picks()
        self._step = Step("")
        self._parameters = parameters
        self._depth = 0

    # -- steps ---------------------------------------------------------------------------------

    def run(self, steps: Iterable[Step]) -> None:
        """Records steps. Raises ``ProgramError`` for a kind that the catalogue lacks."""
        from irkit.testing.catalogue import generator_of

        outer = self._step, self.picks
        for step in steps:
            self._step, self.picks = step, Picks(step.picks)
            made = generator_of(step.kind)(self)
            if isinstance(made, Value):
                self.add(made)
            elif made is not None:
                for value in made:
                    self.add(value)
        self._step, self.picks = outer

    def add(self, value: Value) -> None:
        """Lets later steps read ``value``."""
        self.pool.add(value)

    def run_apart(self, steps: Iterable[Step], every: int) -> list[Value]:
        """Records steps; of the tensors that they make, only every so many-th can be read later.

        Gives these.
        """
        known = {id(value) for value in self.pool}
        with self.inside(region=False):
            self.run(steps)
            made = {
                id(value): value
                for value in self.pool.inmost()
                if id(value) not in known and is_static_tensor(value.type)
            }
        kept = [*made.values()][::every]
        for value in kept:
            self.add(value)
        return kept

    def body(
        self,
        index: int,
        arguments: Sequence[Value],
        result_types: Sequence[Attribute],
        *,
        capture: bool = True,
    ) -> list[Value]:
        """Records the steps of the nested region ``index`` in the region that is being built.

        Called from the callable that records a region. The region's ``arguments`` and, if
        ``capture``, all values around can be read by its steps; gives values of the wanted types.
        """
        with self.inside(capture=capture):
            for argument in arguments:
                self.add(argument)
            self.run_inner(index)
            return [self.value_of(type_) for type_ in result_types]

    def run_inner(self, index: int) -> None:
        """Records the steps of ``inner[index]``, none where it is missing."""
        inner = self._step.inner
        if index < len(inner):
            self.run(inner[index])

    @contextmanager
    def inside(self, *, region: bool = True, capture: bool = True) -> Generator[None]:
        """What is recorded inside is out of reach afterwards.

        ``region`` says whether it is the region of an operation.
        """
        outer = self.pool
        if not capture:
            self.pool = Pool()
        self._depth += region
        try:
            with self.pool.region():
                yield
        finally:
            self._depth -= region
            self.pool = outer

    # -- types -----------------------------------------------------------------------------------

    def dtype(self, among: Sequence[str] = DTYPES) -> str:
        """The name of an element type."""
        return self.picks.choose(among)

    def shape(
        self,
        rank: int | None = None,
        *,
        least_rank: int = 0,
        most_rank: int = 5,
        dimensions: Sequence[int] = DIMENSIONS,
        largest: int = LARGEST,
    ) -> tuple[int, ...]:
        """A shape of at most ``largest`` elements; often one that a value has already.

        ``dimensions`` are the sizes to choose from (leave out 0 or 1 to have none of these).
        """
        low, high = (least_rank, most_rank) if rank is None else (rank, rank)
        if self.picks.flag():
            found = self.find(
                lambda v: (
                    is_static_tensor(v.type)
                    and low <= v.ndim <= high
                    and set(v.shape) <= set(dimensions)
                    and math.prod(v.shape) <= largest
                )
            )
            if found is not None:
                return found.shape
        sizes = [self.picks.choose(dimensions) for _ in range(self.picks.between(low, high))]
        for axis in range(len(sizes)):
            if math.prod(sizes) > largest:
                sizes[axis] = min(d for d in dimensions if d)
        return tuple(sizes)

    def tensor_type(
        self, dtypes: Sequence[str] = DTYPES, rank: int | None = None
    ) -> TensorType[Attribute]:
        """A tensor type; half of the time that of a value there is."""
        if self.picks.flag():
            found = self.find(self._fits(dtypes, rank))
            if found is not None:
                return found.type
        return tensor(self.shape(rank), self.dtype(dtypes))

    # -- values ----------------------------------------------------------------------------------

    def find(self, where: Callable[[Value], bool]) -> Value | None:
        """A value there is for which ``where`` holds, tokens and tuples included."""
        return self.pool.find(self.picks.number(), where)

    def any_value(
        self,
        dtypes: Sequence[str] | None = None,
        rank: int | None = None,
        where: Callable[[Value], bool] | None = None,
        *,
        least_rank: int = 0,
        most_rank: int = 5,
    ) -> Value:
        """A tensor of known shape: one there is, else a new one.

        ``where`` narrows which of those there are will do; a new one follows dtypes and rank only
        (``find`` gives None instead).
        """
        low, high = (least_rank, most_rank) if rank is None else (rank, rank)
        fits = self._fits(dtypes, None)
        found = self.find(
            lambda v: fits(v) and low <= v.ndim <= high and (where is None or where(v))
        )
        if found is not None:
            return found
        shape = self.shape(rank, least_rank=low, most_rank=high)
        return self.new(tensor(shape, self.dtype(dtypes or DTYPES)))

    def value(self, shape: Sequence[int], dtype: str) -> Value:
        """A value of this type: one there is, or a new one."""
        return self.value_of(tensor(shape, dtype))

    def value_of(self, type_: Attribute) -> Value:
        """A value of this type: one there is, or a new one.

        Raises ``TypeError`` for a type of which none can be made (a future's).
        """
        there = self.pool.of_type(type_)
        if not there:
            return self.new(type_)
        pick = self.picks.below(len(there) + 1)
        if pick == len(there) and can_be_made(type_):
            return self.new(type_)
        return there[-1 - pick % len(there)]

    def new(self, type_: Attribute) -> Value:
        """A value of this type that is recorded here. Raises ``TypeError`` as ``value_of``."""
        if isinstance(type_, TokenType):
            return hlo.create_token(self.b)
        if isinstance(type_, TupleType):
            parts = [self.value_of(part) for part in type_.types]
            return hlo.tuple(parts, builder=self.b)
        if not isinstance(type_, TensorType):
            raise TypeError(f"no value of type {type_} can be made of nothing")
        return new_tensor(self, cast("TensorType[Attribute]", type_))

    def scalar(self, dtype: str) -> Value:
        """A value of this dtype without dimensions."""
        return self.value((), dtype)

    def output(self) -> Value:
        """A value for a function to return: any tensor of known shape and plain dtype.

        The function's arguments are among those there are.
        """
        return self.any_value()

    def may_declare_parameters(self) -> bool:
        """Whether a parameter can be used here for the first time: not in regions or functions."""
        return self._parameters and not self._depth

    def _fits(self, dtypes: Collection[str] | None, rank: int | None) -> Callable[[Value], bool]:
        def fits(value: Value) -> bool:
            return (
                is_static_tensor(value.type)
                and (rank is None or value.ndim == rank)
                and (dtypes is None or dtype_of(value.type) in dtypes)
            )

        return fits
