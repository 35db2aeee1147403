"""What IREE needs for external weights: globals that name a parameter, and their loads.

Source: https://iree.dev/reference/mlir-dialects/Util/ and .../Flow/ (parameter attributes).
"""

from xdsl.ir import Dialect

from dialects.util.names import suggested_name
from dialects.util.ops import GlobalOp, LoadOp
from dialects.util.parameter import ParameterAttr

Util = Dialect("util", [GlobalOp, LoadOp], [])
Flow = Dialect("flow", [], [ParameterAttr])

__all__ = ["Flow", "GlobalOp", "LoadOp", "ParameterAttr", "Util", "suggested_name"]
