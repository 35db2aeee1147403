"""The tensors that random programs use as parameters."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from irkit.testing.elements import DTYPES, some_elements
from irkit.types import numpy_dtype

_SHAPES = ((), (1,), (2, 3), (0,), (3,), (2,), (4,), (1, 2), (3, 4), (2, 2))
_F32 = {
    "w": (2, 3),
    "layer.1/b 0": (3,),
    "arg0": (3, 4),
    "c": (),
    "c_0": (2,),
    "cst_1": (2, 3),
    "iterArg": (),
    "7": (2,),
    "größe": (2, 2, 2),
    "long.enough.to.be.written.as.hex": (132,),
    "unread_7": (0, 4),
}
"""Names that upstream would change, or that other values could have."""


@lru_cache(maxsize=1)
def parameter_types() -> MappingProxyType[str, tuple[tuple[int, ...], str]]:
    """Shapes and dtypes of the parameters by name: one of each dtype, and more of ``f32``."""
    types = {name: (shape, "f32") for name, shape in _F32.items()}
    for number, dtype in enumerate(DTYPES):
        types[f"p.{dtype}"] = (_SHAPES[number % len(_SHAPES)], dtype)
    return MappingProxyType(types)


@lru_cache(maxsize=1)
def parameter_arrays() -> MappingProxyType[str, np.ndarray[Any, Any]]:
    """The tensors themselves, read-only and the same in every process."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for number, (name, (shape, dtype)) in enumerate(parameter_types().items()):
        array = some_elements(shape, numpy_dtype(dtype), number)
        array.setflags(write=False)
        arrays[name] = array
    return MappingProxyType(arrays)
