"""What a weight source is: named tensors whose bytes are read in blocks."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

import numpy as np

from irkit.errors import IRKitError, shown

WritableBuffer: TypeAlias = bytearray | memoryview


class WeightError(IRKitError, ValueError):
    """Weights that cannot be read; the message names the file, the tensor and the byte."""

    def __init__(
        self, where: object, problem: str, *, tensor: str | None = None, offset: int | None = None
    ) -> None:
        place = str(where)
        if tensor is not None:
            place += f": tensor {shown(tensor)}"
        if offset is not None:
            place += f" at byte {offset}"
        super().__init__(f"{place}: {problem}")


LARGEST = 1 << 62
"""Bytes, or size of a dimension, that no tensor of a file can have."""


def bytes_of(shape: Sequence[int], itemsize: int) -> int:
    """The size of a tensor of this shape, from a file that may say anything.

    Raises ``ValueError`` where it is past :data:`LARGEST`, before the product gets long.
    """
    if 0 in shape:
        return 0
    size = itemsize
    for dim in shape:
        size *= dim
        if size > LARGEST:
            raise ValueError(f"has more than 2**62 bytes in the shape {shown(list(shape))}")
    return size


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor's shape and numpy (or ``ml_dtypes``) dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Size of its elements, which lie in row-major order, little-endian."""
        return math.prod(self.shape) * self.dtype.itemsize


class WeightSource(Protocol):
    """Tensors by name. Nothing is mapped or held: bytes go from where they lie to the caller."""

    @property
    def names(self) -> Sequence[str]:
        """Every tensor, in the order of the source."""
        ...

    def __contains__(self, name: object, /) -> bool: ...

    def info(self, name: str) -> TensorInfo:
        """Raises :class:`WeightError` for an unknown name."""
        ...

    def read_into(self, name: str, offset: int, buffer: WritableBuffer) -> None:
        """Fills ``buffer`` with the tensor's bytes from ``offset`` on.

        Raises :class:`WeightError` where they cannot be read or do not exist.
        """
        ...

    def close(self) -> None:
        """Closes files; the source is not used after that."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class CheckedSource(ABC):
    """A source that knows its tensors beforehand and checks what it is asked for."""

    def __init__(self, where: object) -> None:
        self.where = where
        """What errors call the source: a path, usually."""

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """Every tensor, in the order of the source."""

    @abstractmethod
    def __contains__(self, name: object, /) -> bool: ...

    @abstractmethod
    def _info(self, name: str) -> TensorInfo:
        """Shape and dtype of a tensor that there is."""

    @abstractmethod
    def _read(self, name: str, offset: int, view: memoryview) -> None:
        """Fills ``view`` with bytes that the tensor has."""

    def info(self, name: str) -> TensorInfo:
        """Shape and dtype; raises :class:`WeightError` for an unknown name."""
        if name not in self:
            raise WeightError(self.where, self._unknown(name), tensor=name)
        return self._info(name)

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches

        names = self.names
        near = get_close_matches(name, names, 3) if len(names) <= 10_000 else []
        meant = f"; did you mean {', '.join(f'{each:.100}' for each in near)}?" if near else ""
        return f"there is no such tensor among its {len(names)}{meant}"

    def read_into(self, name: str, offset: int, buffer: WritableBuffer) -> None:
        """Fills ``buffer`` from ``offset`` on; raises :class:`WeightError`."""
        view = memoryview(buffer).cast("B")
        size = self.info(name).nbytes
        if offset < 0 or offset + len(view) > size:
            raise WeightError(
                self.where,
                f"{len(view)} bytes were asked for, the tensor has {size}",
                tensor=name,
                offset=offset,
            )
        if len(view):
            self._read(name, offset, view)

    @abstractmethod
    def check_unchanged(self) -> None:
        """Raises :class:`WeightError` where the source is no longer what it was when opened."""

    @abstractmethod
    def close(self) -> None:
        """Closes files; the source is not used after that."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def check_unchanged(source: WeightSource | None) -> None:
    """Asked when all is read: sources of ours say whether their files changed meanwhile.

    Raises :class:`WeightError`.
    """
    if isinstance(source, CheckedSource):
        source.check_unchanged()


def iter_blocks(source: WeightSource, name: str, buffer: WritableBuffer) -> Iterator[memoryview]:
    """The tensor's bytes in order, as filled parts of the one ``buffer``.

    Every part holds whole elements and is overwritten by the next. Raises ``ValueError`` where
    the buffer cannot hold one element, and :class:`WeightError` as ``read_into``.
    """
    info = source.info(name)
    view = memoryview(buffer).cast("B")
    step = len(view) - len(view) % info.dtype.itemsize
    if not step:
        raise ValueError(f"a buffer of {len(view)} bytes holds no element of {info.dtype}")
    for offset in range(0, info.nbytes, step):
        part = view[: min(step, info.nbytes - offset)]
        source.read_into(name, offset, part)
        yield part
