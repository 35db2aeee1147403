"""``irkit weights``."""

from __future__ import annotations

from pathlib import Path

import click

from irkit.cli.options import find_model, set_option


@click.command()
@click.argument("model")
@click.option("-o", "--output", required=True, help="Folder to fill, or a .safetensors file.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the generator."
)
@click.option(
    "--dtype",
    type=click.Choice(["bf16", "f16", "f32"]),
    help="Element type of the weights; the model's if not given.",
)
@click.option(
    "--shard-bytes",
    metavar="SIZE",
    help="Split into files of at most this size (2GB, 512MiB), with an index. Folders only.",
)
@set_option
def weights(
    model: str,
    output: str,
    seed: int,
    dtype: str | None,
    shard_bytes: str | None,
    overrides: tuple[str, ...],
) -> None:
    """Write random weights of MODEL's shapes as safetensors, in bounded memory."""
    if dtype is not None:
        overrides = (*overrides, f"dtype={dtype}")
    found = find_model(model, overrides)
    from irkit.models.registry import Model
    from irkit.weights.generate import write_random_safetensors

    if not isinstance(found, Model):
        raise click.UsageError(f"{model} is a function: only a model's spec lists its tensors")
    size = None
    if shard_bytes is not None:
        if Path(output).suffix == ".safetensors":
            raise click.UsageError("--shard-bytes needs a folder as output, not one file")
        from irkit.policy_file import parse_size

        try:
            size = parse_size(shard_bytes)
        except ValueError as error:
            raise click.UsageError(f"--shard-bytes: {error}") from None
    write_random_safetensors(output, found.tensors(), seed=seed, shard_bytes=size)
