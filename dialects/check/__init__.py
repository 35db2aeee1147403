"""``check``: upstream's test dialect, which says what values a program must have computed.

Its files hold a program, its inputs and the expected outputs in one.
Source: https://github.com/openxla/stablehlo/blob/main/stablehlo/tests/CheckOps.td
"""

from __future__ import annotations

from xdsl.ir import Dialect

from dialects.check.ops import (
    ExpectAlmostEqConstOp,
    ExpectAlmostEqOp,
    ExpectCloseOp,
    ExpectEqConstOp,
    ExpectEqOp,
    ExpectSerializedEqOp,
)

__all__ = [
    "Check",
    "ExpectAlmostEqConstOp",
    "ExpectAlmostEqOp",
    "ExpectCloseOp",
    "ExpectEqConstOp",
    "ExpectEqOp",
    "ExpectSerializedEqOp",
]

Check = Dialect(
    "check",
    [
        ExpectAlmostEqConstOp,
        ExpectAlmostEqOp,
        ExpectCloseOp,
        ExpectEqConstOp,
        ExpectEqOp,
        ExpectSerializedEqOp,
    ],
    [],
)
