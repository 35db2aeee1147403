"""Options that several commands have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from irkit.models.registry import Forward, Model

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a key of the model's spec: sequence=16, config.num_hidden_layers=2. Repeatable.",
)


def parse_overrides(texts: tuple[str, ...]) -> dict[str, Any]:
    """``("sequence=16", "config.n_layer=2")`` as ``{"sequence": 16, "config": {"n_layer": 2}}``.

    Values are read as YAML scalars.
    """
    from irkit.yaml_file import YamlError, parse_yaml

    result: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, raw = text.partition("=")
        section, dot, name = key.rpartition(".")
        if not equals or not name or (dot and not section):
            raise click.UsageError(f"--set {text}: give KEY=VALUE")
        try:
            value: Any = parse_yaml(raw, Path("--set")).data
        except YamlError as error:
            raise click.UsageError(f"--set {text}: {raw!r} is no plain value: {error}") from None
        (sections.setdefault(section, {}) if section else result)[name] = value
    for section in sections.keys() & result.keys():
        raise click.UsageError(f"--set {section}: given as a whole and key by key")
    result.update(sections)
    return result


def find_model(text: str, overrides: tuple[str, ...]) -> Model | Forward:
    """The model that a command names; a ``package.module`` may lie in the current folder."""
    from irkit.models.registry import names_function, resolve_model

    here = str(Path.cwd())
    # Only then: what else lies in the folder must not be imported in the place of a library.
    if names_function(text) and here not in sys.path:
        sys.path.insert(0, here)
    return resolve_model(text, **parse_overrides(overrides))
