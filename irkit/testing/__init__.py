"""Random programs, policies and weights for tests of whatever is made with irkit.

The strategies are for Hypothesis (``pip install irkit[testing]``)::

    from hypothesis import given

    import irkit
    from irkit.testing import forwards, policies


    @given(forwards(), policies())
    def test_streaming_changes_nothing(forward, policy):
        whole = irkit.record(forward).to_compute_graph().pruned_to_outputs()
        chunks = irkit.record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
        assert str(chunks.to_stablehlo()) == str(whole.to_stablehlo())

=====================  =========================================================================
``types()``            tensor types of all dtypes, ranks 0 to 5
``programs()``         programs of 1 to 10^5 steps (:class:`Program`), valid by construction
``forwards()``         the same, as functions of a ``Builder``
``policies()``         policies of every end of chunks, place of the log and limit
``weights()``          arrays by name; :mod:`irkit.testing.weight_files` saves them
=====================  =========================================================================

A :class:`Program` is plain data. It replays from a file (``to_json``, ``from_json``), comes in any
size from a seed (``Program.random``), and shrinks without Hypothesis too (:func:`shrink`): any
steps with any picks are a valid program, so parts can be left out at will. What the steps can
record is the catalogue (``irkit.testing.catalogue.KINDS``). :mod:`irkit.testing.mutations` makes
modules that differ from a given one in one place, and modules that mean the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from irkit.testing.errors import ProgramError
    from irkit.testing.policy_strategy import policies
    from irkit.testing.program import PrivateFunction, Program
    from irkit.testing.shrinking import shrink
    from irkit.testing.step import Step
    from irkit.testing.strategies import forwards, programs, types, weights

# Hypothesis is needed by the strategies alone.
_HOMES = {
    "PrivateFunction": "irkit.testing.program",
    "Program": "irkit.testing.program",
    "ProgramError": "irkit.testing.errors",
    "Step": "irkit.testing.step",
    "forwards": "irkit.testing.strategies",
    "policies": "irkit.testing.policy_strategy",
    "programs": "irkit.testing.strategies",
    "shrink": "irkit.testing.shrinking",
    "types": "irkit.testing.strategies",
    "weights": "irkit.testing.strategies",
}

__all__ = [
    "PrivateFunction",
    "Program",
    "ProgramError",
    "Step",
    "forwards",
    "policies",
    "programs",
    "shrink",
    "types",
    "weights",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'irkit.testing' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
