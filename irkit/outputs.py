"""What a forward returned, as named outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from irkit.errors import BuildError, located
from irkit.names import check_name
from irkit.value import Value

ForwardResult: TypeAlias = Value | Sequence[Value] | Mapping[str, Value]
"""One value, several in order, or several by name."""


def named_outputs(result: ForwardResult, what: str = "the forward") -> dict[str, Value]:
    """Outputs by name; those without one are named by their position.

    ``what`` returned the result, for messages. Raises ``BuildError`` for anything that is no value,
    and for names that are no strings.
    """
    if isinstance(result, Value):
        return {"0": result}
    unchecked: Any = result
    if isinstance(unchecked, Mapping):
        items = dict(cast(Mapping[object, object], unchecked))
    elif isinstance(unchecked, Sequence) and not isinstance(unchecked, str | bytes):
        items = {str(i): value for i, value in enumerate(cast(Sequence[object], unchecked))}
    else:
        raise BuildError(
            located(
                f"{what} returned {type(unchecked).__name__}; it must return a Value, a sequence "
                "of Values, or a mapping of names to Values"
            )
        )
    outputs: dict[str, Value] = {}
    for name, value in items.items():
        check_name(f"an output of {what}", name)
        if not isinstance(value, Value):
            raise BuildError(located(f"output {name!r} of {what} is {value!r:.80}, not a Value"))
        outputs[cast(str, name)] = value
    return outputs


def check_selection(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """``names``, if they are some of the ``known`` outputs, each asked for once.

    Raises ``BuildError`` naming the unknown ones and what there is.
    """
    if isinstance(names, str):
        raise BuildError(located(f"outputs are given as a list: [{names!r}], not {names!r}"))
    unknown = [name for name in names if name not in known]
    if unknown:
        more = f" and {len(known) - 20} more" if len(known) > 20 else ""
        there = ", ".join(known[:20]) + more if known else "none"
        asked = ", ".join(map(repr, unknown))
        raise BuildError(located(f"no output called {asked}; there are: {there}"))
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise BuildError(located(f"output {repeated[0]!r} is asked for more than once"))
    return tuple(names)


def select_outputs(outputs: Mapping[str, Value], names: Sequence[str] | None) -> dict[str, Value]:
    """The outputs called ``names``, in that order; all of them for None.

    Raises ``BuildError`` as :func:`check_selection` does.
    """
    if names is None:
        return dict(outputs)
    return {name: outputs[name] for name in check_selection(names, list(outputs))}


def are_named(result: ForwardResult) -> bool:
    """Whether the forward gave its outputs names of its own."""
    return isinstance(result, Mapping)
