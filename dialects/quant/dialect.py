"""The dialect by its name, for readers of text."""

from __future__ import annotations

from xdsl.ir import Dialect

from dialects.quant.loose_types import AnyQuantizedType, CalibratedType
from dialects.quant.types import UniformType

Quant = Dialect("quant", [], [AnyQuantizedType, CalibratedType, UniformType])
