"""What every entry of the catalogue is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from irkit.testing.drawing import Drawing
from irkit.value import Value

Generator: TypeAlias = Callable[[Drawing], "Sequence[Value] | Value | None"]
"""Records one step; what it gives can be read by later ones."""
