"""Keeping a counterexample in files, and the commands that run both modules on it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from irkit.errors import IRKitError
from irkit.interpreter.inputs import inputs_file
from irkit.interpreter.values import Array
from irkit.output_file import AtomicFile
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.trials.counterexample import Counterexample
from irkit.verify.verdict import Finding, Tier
from irkit.weights.safetensors import DTYPES

_ALIGNMENT = 8
"""Of the tensors' bytes in a ``.safetensors`` file."""


class NotKeptError(IRKitError):
    """A counterexample for which there is no format of file."""


def keep(found: Counterexample, path: Path) -> list[Path]:
    """Writes the inputs to ``path`` (``.npz``) and the external parameters, if any were read, to
    ``.safetensors`` files beside it; gives the paths of the latter, one for each side.

    Raises :class:`NotKeptError` for parameters of a type that such files cannot hold, and
    :class:`~irkit.output_file.OutputError`.
    """
    weights = [side for side in found.parameters if side]
    contents = [_safetensors(side) for side in weights]
    with AtomicFile(path, digest=False) as file:
        file.write(inputs_file(found.inputs))
    if not weights:
        return []
    paths = [path.with_suffix(f".{side}.safetensors") for side in ("left", "right")]
    if len(contents) == 2 and contents[0] == contents[1]:
        paths = [path.with_suffix(".safetensors")] * 2
    elif len(contents) == 1:
        contents *= 2
        paths = [path.with_suffix(".safetensors")] * 2
    for place, content in dict(zip(paths, contents, strict=True)).items():
        with AtomicFile(place, digest=False) as file:
            file.write(content)
    return paths


def _safetensors(tensors: Mapping[str, Array]) -> bytes:
    names = {dtype: name for name, dtype in DTYPES.items()}
    header: dict[str, object] = {}
    data = b""
    for key, values in tensors.items():
        if values.dtype not in names:
            raise NotKeptError(
                f"the parameter {key!r} is of type {values.dtype}, which .safetensors has not"
            )
        raw = values.tobytes()
        header[key] = {
            "dtype": names[values.dtype],
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text + data


def replay_commands(
    pair: Pair, found: Counterexample, inputs: Path, weights: Sequence[Path]
) -> list[str]:
    """Commands that run the left and the right module on what :func:`keep` wrote."""
    commands: list[str] = []
    for place, module in enumerate((pair.left, pair.right)):
        words = ["irkit", "run", str(module), "--function", found.function, "--input", str(inputs)]
        if weights:
            words += ["--weights", str(weights[place])]
        commands.append(shlex.join(words))
    return commands


def reproducing_command(pair: Pair, finding: Finding, options: Options) -> str:
    """The command that comes to the same counterexample again."""
    words = ["irkit-verify", str(pair.left), str(pair.right), "--tier", finding.tier.name.lower()]
    trials = options.trials
    if finding.tier is Tier.TRIALS and finding.counterexample is not None:
        trials = finding.counterexample.draw.trial + 1
    words += ["--seed", str(options.seed), "--trials", str(trials)]
    if options.assume_real:
        words += ["--assume", "real"]
    if options.max_ulps:
        words += ["--max-ulps", str(options.max_ulps)]
    return shlex.join(words)
