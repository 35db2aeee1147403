"""What a forward returned, as named outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from irkit.errors import BuildError
from irkit.value import Value

ForwardResult: TypeAlias = Value | Sequence[Value] | Mapping[str, Value]
"""One value, several in order, or several by name."""


def named_outputs(result: ForwardResult) -> dict[str, Value]:
    """Outputs by name; those without one are named by their position.

    Raises ``BuildError`` for anything that is no value.
    """
    if isinstance(result, Value):
        return {"0": result}
    if isinstance(result, Mapping):
        outputs = dict(cast(Mapping[str, Value], result))
    elif isinstance(result, Sequence) and not isinstance(result, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        outputs = {str(i): value for i, value in enumerate(result)}
    else:
        raise BuildError(
            f"the forward returned {type(result).__name__}; it must return a Value, a sequence of "
            "Values, or a mapping of names to Values"
        )
    for name, value in outputs.items():
        if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BuildError(f"output {name!r} of the forward is {value!r}, not a Value")
    return outputs


def select_outputs(outputs: Mapping[str, Value], names: Sequence[str] | None) -> dict[str, Value]:
    """The outputs called ``names``, in that order; all of them for None.

    Raises ``BuildError`` naming the unknown ones and what there is.
    """
    if names is None:
        return dict(outputs)
    unknown = [name for name in names if name not in outputs]
    if unknown:
        known = ", ".join(list(outputs)[:20])
        raise BuildError(f"no output called {', '.join(map(repr, unknown))}; there are: {known}")
    return {name: outputs[name] for name in names}


def are_named(result: ForwardResult) -> bool:
    """Whether the forward gave its outputs names of its own."""
    return isinstance(result, Mapping)
