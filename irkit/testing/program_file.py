"""Programs as JSON. What is read is data, and may be hostile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from irkit.testing.errors import ProgramError
from irkit.testing.program import ArgumentType, PrivateFunction, Program
from irkit.testing.step import Step
from irkit.types import element_type

VERSION = 1
DEEPEST = 64
"""How deep regions may nest in a file."""

T = TypeVar("T")


def program_to_json(program: Program) -> str:
    """One line of JSON: ``{"irkit_program": 1, "steps": [[kind, [picks], [[inner]]], ...], ...}``.

    Trailing parts of a step that are empty are left out.
    """
    return json.dumps(
        {
            "irkit_program": VERSION,
            "arguments": _argument_data(program.arguments),
            "functions": [
                {
                    "arguments": _argument_data(function.arguments),
                    "steps": _steps_data(function.steps),
                    "outputs": list(function.outputs),
                }
                for function in program.functions
            ],
            "steps": _steps_data(program.steps),
            "outputs": list(program.outputs),
            "scope_length": program.scope_length,
            "window": program.window,
            "declares": program.declares,
        }
    )


def _argument_data(arguments: tuple[ArgumentType, ...]) -> list[object]:
    return [[list(shape), dtype] for shape, dtype in arguments]


def _steps_data(steps: tuple[Step, ...]) -> list[object]:
    data: list[object] = []
    for step in steps:
        parts: list[object] = [step.kind, list(step.picks), [*map(_steps_data, step.inner)]]
        while not parts[-1]:
            parts.pop()
        data.append(parts)
    return data


def program_from_json(text: str) -> Program:
    """The program that :func:`program_to_json` wrote.

    Raises ``ProgramError``, naming the place, for unknown keys, kinds or versions and for anything
    of another type than expected.
    """
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProgramError(f"no JSON of a program: {error}") from None
    return program_from_data(data)


def program_from_data(data: object) -> Program:
    """Like :func:`program_from_json`, from what JSON holds."""
    keys = _keys(
        data,
        "program",
        (
            "irkit_program",
            "arguments",
            "functions",
            "steps",
            "outputs",
            "scope_length",
            "window",
            "declares",
        ),
    )
    if keys["irkit_program"] != VERSION:
        _refuse("program.irkit_program", keys["irkit_program"], f"the version, {VERSION}")
    return Program(
        steps=_steps(keys["steps"], "program.steps", 0),
        outputs=_numbers(keys["outputs"], "program.outputs"),
        arguments=_each(keys["arguments"], "program.arguments", _argument),
        functions=_each(keys["functions"], "program.functions", _function),
        scope_length=_number(keys["scope_length"], "program.scope_length"),
        window=_number(keys["window"], "program.window"),
        declares=_number(keys["declares"], "program.declares"),
    )


def _function(data: object, where: str) -> PrivateFunction:
    keys = _keys(data, where, ("arguments", "steps", "outputs"))
    return PrivateFunction(
        _each(keys["arguments"], f"{where}.arguments", _argument),
        _steps(keys["steps"], f"{where}.steps", 0),
        _numbers(keys["outputs"], f"{where}.outputs"),
    )


def _argument(data: object, where: str) -> ArgumentType:
    parts = _list(data, where)
    if len(parts) != 2 or not isinstance(parts[1], str):
        _refuse(where, data, "a shape and a dtype")
    try:
        element_type(parts[1])
    except TypeError as error:
        raise ProgramError(f"{where}: {error}") from None
    return _numbers(parts[0], where), parts[1]


def _steps(data: object, where: str, depth: int) -> tuple[Step, ...]:
    if depth > DEEPEST:
        raise ProgramError(f"{where:.60}: regions nest deeper than {DEEPEST}")
    return _each(data, where, lambda step, at: _step(step, at, depth))


def _step(data: object, where: str, depth: int) -> Step:
    from irkit.testing.catalogue import KINDS

    parts = _list(data, where)
    if not 1 <= len(parts) <= 3 or not isinstance(parts[0], str):
        _refuse(where, data, "a kind, picks and inner steps")
    if parts[0] not in KINDS:
        raise ProgramError(f"{where}: {parts[0]!r:.80} is no kind of step")
    picks = _numbers(parts[1], where) if len(parts) > 1 else ()
    inner: tuple[tuple[Step, ...], ...] = ()
    if len(parts) > 2:
        inner = _each(parts[2], where, lambda steps, at: _steps(steps, at, depth + 1))
    return Step(parts[0], picks, inner)


def _each(data: object, where: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
    return tuple(read(item, f"{where}[{i}]") for i, item in enumerate(_list(data, where)))


def _numbers(data: object, where: str) -> tuple[int, ...]:
    return _each(data, where, _number)


def _number(data: object, where: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data < 1 << 63:
        _refuse(where, data, "a whole number from 0 on")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        _refuse(where, data, "a list")
    return cast("list[Any]", data)


def _keys(data: object, where: str, wanted: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(data, dict):
        _refuse(where, data, f"an object with the keys {', '.join(wanted)}")
    found = cast("dict[str, object]", data)
    for key in found.keys() ^ set(wanted):
        raise ProgramError(f"{where}: {'unknown' if key in found else 'missing'} key {key!r:.80}")
    return found


def _refuse(where: str, found: object, wanted: str) -> NoReturn:
    raise ProgramError(f"{where}: expected {wanted}, got {found!r:.80}")
