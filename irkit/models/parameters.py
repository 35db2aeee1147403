"""A model's tensors: what they look like, and how a layer finds its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from irkit.builder import Builder
    from irkit.value import Value


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor of a checkpoint, and the normal distribution that generated weights come from."""

    shape: tuple[int, ...]
    dtype: str
    """``f32``, ``bf16`` or ``f16``."""
    mean: float
    std: float


class Parameters:
    """The tensors whose names begin with ``prefix``, as parameters of a builder.

    ``p["weight"]`` declares the tensor ``prefix + "weight"``; ``p / "mlp"`` stands at
    ``prefix + "mlp."``.
    """

    __slots__ = ("builder", "prefix", "tensors")

    def __init__(
        self, builder: Builder, tensors: Mapping[str, TensorSpec], prefix: str = ""
    ) -> None:
        self.builder = builder
        self.tensors = tensors
        self.prefix = prefix

    def __truediv__(self, name: str | int) -> Parameters:
        return Parameters(self.builder, self.tensors, f"{self.prefix}{name}.")

    def under(self, prefix: str) -> Parameters:
        """Stands at a prefix that is written out, such as ``"model."`` or ``""``."""
        return Parameters(self.builder, self.tensors, self.prefix + prefix)

    def __contains__(self, name: str) -> bool:
        return self.prefix + name in self.tensors

    def __getitem__(self, name: str) -> Value:
        full = self.prefix + name
        spec = self.tensors[full]
        return self.builder.parameter(full, spec.shape, spec.dtype)


class TensorTable:
    """Collects the tensors of a model, in the order in which the forward reads them."""

    def __init__(self, dtype: str, std: float) -> None:
        self._dtype = dtype
        self._std = std
        self.tensors: dict[str, TensorSpec] = {}

    def add(self, name: str, *shape: int, mean: float = 0.0) -> None:
        """One tensor; ``mean`` is 1 for the scale of a norm."""
        self.tensors[name] = TensorSpec(shape, self._dtype, mean, self._std)

    def linear(self, name: str, inputs: int, outputs: int, *, bias: bool = True) -> None:
        """``name.weight`` ``[outputs, inputs]`` and ``name.bias`` ``[outputs]``."""
        self.add(f"{name}.weight", outputs, inputs)
        if bias:
            self.add(f"{name}.bias", outputs)

    def conv1d_linear(self, name: str, inputs: int, outputs: int) -> None:
        """The same with ``name.weight`` ``[inputs, outputs]``."""
        self.add(f"{name}.weight", inputs, outputs)
        self.add(f"{name}.bias", outputs)

    def norm(self, name: str, width: int, names: tuple[str, str] = ("weight", "bias")) -> None:
        """Scale and shift of a layer norm, both ``[width]``."""
        self.add(f"{name}.{names[0]}", width, mean=1.0)
        self.add(f"{name}.{names[1]}", width)
