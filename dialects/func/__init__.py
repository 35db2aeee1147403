"""Functions: ``func.func``, ``func.call``, ``func.return``.

Our own, because importing xDSL's costs as much as all the rest of irkit.
Source: https://mlir.llvm.org/docs/Dialects/Func/
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dialects.func.call import CallOp, ReturnOp
from dialects.func.function import FuncOp

__all__ = ["CallOp", "Func", "FuncOp", "ReturnOp"]

Func = Dialect("func", [FuncOp, CallOp, ReturnOp], [])
