"""Which of the four forms each parameter takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from xdsl.dialects.builtin import IntegerType, TensorType
from xdsl.ir import Attribute

from dialects.element_storage import storage_size
from irkit.errors import IRKitError
from irkit.policy import ConstantsForm, Policy

if TYPE_CHECKING:
    from irkit.weights import WeightSource

WRITES_BYTES = ("inline", "resource")
"""The forms that need a weight source, for they write the weights into the module."""


class ArtifactError(IRKitError, ValueError):
    """An artifact form that can not be made from what was given."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter."""

    name: str
    type: TensorType[Attribute]

    @property
    def bytes(self) -> int:
        """Size of its elements."""
        return math.prod(self.type.get_shape()) * storage_size(self.type.element_type)


@dataclass(frozen=True, slots=True)
class ArtifactForm:
    """The form of a whole artifact; parameters under ``threshold`` bytes are inline in it."""

    name: ConstantsForm
    threshold: int = 0

    @property
    def as_arguments(self) -> bool:
        """Whether parameters are function arguments."""
        return self.name == "argument"

    def of(self, parameter: Parameter) -> ConstantsForm:
        """The form of one parameter."""
        if self.name in ("resource", "external") and parameter.bytes < self.threshold:
            return "inline"
        return self.name

    def suggested_name(self, parameter: Parameter) -> str:
        """What the operation that defines the parameter suggests for its result."""
        if self.of(parameter) == "external":
            from irkit.artifact.external import load_name

            return load_name(parameter)
        return constant_name(parameter.type)

    @staticmethod
    def choose(
        policy: Policy | None, asked: ConstantsForm | None, weights: WeightSource | None
    ) -> ArtifactForm:
        """The asked form, else the policy's, else ``external`` with weights and ``argument``
        without.

        Raises :class:`ArtifactError` for an unknown form, and for one that writes weights where
        there are none.
        """
        name = asked or (policy.constants_form if policy is not None else None)
        if name is None:
            name = "argument" if weights is None else "external"
        if name not in get_args(ConstantsForm):
            known = ", ".join(get_args(ConstantsForm))
            raise ArtifactError(f"constants={name!r} is none of the forms: {known}")
        threshold = 0 if policy is None else policy.constants_threshold
        if weights is None and (name in WRITES_BYTES or (name == "external" and threshold > 0)):
            raise ArtifactError(
                f"constants={name!r} writes weights into the module: give weights=..., or use "
                "'argument' or 'external'"
            )
        return ArtifactForm(name, threshold)


def constant_name(type: TensorType[Attribute]) -> str:
    """What upstream suggests for the result of a constant: ``c`` for integers, else ``cst``."""
    return "c" if isinstance(type.element_type, IntegerType) else "cst"
