"""The same module and inputs run by XLA (through jaxlib) or by IREE, each where it is installed.

Both can end a process that gives them something they do not expect, so they run in one of their
own: this module, as a program.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np

from irkit.errors import IRKitError
from irkit.interpreter.array_file import read_arrays, write_arrays
from irkit.interpreter.closeness import FAR, ulp_distance
from irkit.interpreter.numbers import (
    DType,
    as_bits,
    from_bits,
    is_complex,
    is_float,
    narrow,
    part_dtype,
    quiet,
    widen,
)
from irkit.interpreter.values import Array
from irkit.own_process import own_environment, python_command

Peer: TypeAlias = Literal["jax", "iree"]
"""Who else runs the module."""
_MODULES = {"jax": "jax", "iree": "iree.compiler"}


class PeerError(IRKitError, RuntimeError):
    """The other implementation is not there, or did not run the module."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far apart two results are."""

    largest: float
    """The largest absolute difference of elements that are finite on both sides."""
    ulps: int
    """The largest distance in units in the last place;
    :data:`~irkit.interpreter.closeness.FAR` where one side is not finite."""
    index: tuple[int, ...]
    """Where that is."""
    scaled: float
    """``largest`` in units in the last place of the largest element; of integers it is infinite."""
    discrete: bool = False
    """Whether these are integers or booleans, which must be equal."""

    def __str__(self) -> str:
        if not self.ulps:
            return "equal"
        ulps = "not comparable" if self.ulps == FAR else f"{self.ulps} ULP"
        place = f" at {list(self.index)}" if self.index else ""
        scaled = f" ({self.scaled:.3g} ULP of the largest element)" if self.scaled < inf else ""
        return f"{ulps}{place}, max abs {self.largest:g}{scaled}"

    def within(self, ulps: int) -> bool:
        """Whether no element is further away than so many units in the last place, of itself or of
        the largest element. Sums that cancel are far from each other in units of their own."""
        if self.discrete or self.ulps == FAR:
            return self.ulps == 0
        return self.ulps <= ulps or self.scaled <= ulps


@quiet
def difference(ours: Array, theirs: Array) -> Difference:
    """Compares two arrays of one shape and dtype; -0 and +0 are equal, and so are all NaN.

    Raises :class:`PeerError` where shapes or dtypes differ.
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        raise PeerError(
            f"{ours.dtype}{list(ours.shape)} here is {theirs.dtype}{list(theirs.shape)} there"
        )
    if not ours.size:
        return Difference(0.0, 0, (), 0.0)
    apart = ulp_distance(ours, theirs)
    place = np.unravel_index(int(np.argmax(apart)), apart.shape)
    a, b = widen(ours), widen(theirs)
    discrete = not is_float(ours.dtype) and not is_complex(ours.dtype)
    if discrete:
        a, b = a.astype(np.float64), b.astype(np.float64)
    largest = _greatest(np.abs(a - b))
    unit = 0.0 if discrete else _epsilon(ours.dtype) * _greatest(np.abs(b))
    scaled = largest / unit if unit else (inf if largest else 0.0)
    return Difference(largest, int(apart[place]), tuple(int(i) for i in place), scaled, discrete)


def _epsilon(dtype: DType) -> float:
    """The distance from 1 to the next number."""
    one = narrow(np.asarray(1.0), part_dtype(dtype))
    following = from_bits(as_bits(one) + np.asarray(1, f"u{one.itemsize}"), one.dtype)
    return float(widen(following)) - 1.0


def _greatest(sizes: Array) -> float:
    """The greatest finite number, or 0."""
    finite = sizes[np.isfinite(sizes)]
    return float(finite.max()) if finite.size else 0.0


def run_peer(
    peer: Peer,
    text: str,
    inputs: Sequence[Array],
    *,
    function: str = "main",
    weights: str | None = None,
) -> list[Array]:
    """Runs a module elsewhere.

    ``weights`` names a file that IREE reads external parameters from. Raises :class:`PeerError`
    where the package is not installed, refuses the module, or ends its process, and where XLA is
    asked for another function than ``main``.
    """
    if peer == "jax" and function != "main":
        raise PeerError(f"XLA runs @main, not @{function}")
    if find_spec(_MODULES[peer].partition(".")[0]) is None:
        raise PeerError(f"{peer} is not installed: pip install 'irkit[{peer}]'")
    with tempfile.TemporaryDirectory(prefix="irkit-") as folder:
        given, taken = Path(folder) / "given", Path(folder) / "taken"
        write_arrays(given, inputs, peer=peer, text=text, function=function, weights=weights)
        done = subprocess.run(
            [*python_command("irkit.interpreter.peers"), str(given), str(taken)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            env=own_environment(),
        )
        if done.returncode or not taken.exists():
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise PeerError(
                f"{peer} did not run the module (status {done.returncode}): "
                + " ".join(lines[-_LAST_LINES:])
            )
        return read_arrays(taken)[0]


_LAST_LINES = 4


def _jax(text: str, inputs: list[Array], function: str, weights: str | None) -> list[Array]:
    jax: Any = import_module("jax")
    mlir: Any = import_module("jax._src.interpreters.mlir")
    ir: Any = import_module("jaxlib.mlir.ir")
    xla_client: Any = import_module("jaxlib.xla_client")
    # Without it jax would make 32-bit arrays of 64-bit ones.
    jax.config.update("jax_enable_x64", True)
    device = jax.devices("cpu")[0]
    with mlir.make_ir_context() as context:
        # What a thread of its verifier reports would wait for this one for ever.
        context.enable_multithreading(False)
        executable = device.client.compile_and_load(
            ir.Module.parse(text),
            xla_client.DeviceList((device,)),
            xla_client.CompileOptions(),
        )
    buffers = [jax.device_put(values, device) for values in inputs]
    results = executable.execute_sharded(buffers)
    return [np.asarray(part[0]) for part in results.disassemble_into_single_device_arrays()]


def _iree(text: str, inputs: list[Array], function: str, weights: str | None) -> list[Array]:
    compiler: Any = import_module("iree.compiler")
    runtime: Any = import_module("iree.runtime")
    binary = compiler.compile_str(
        text,
        target_backends=["llvm-cpu"],
        input_type="stablehlo",
        extra_args=["--iree-llvmcpu-target-cpu=host"],
    )
    config = runtime.Config("local-task")
    context = runtime.SystemContext(config=config)
    if weights is not None:
        index = runtime.ParameterIndex()
        index.load(weights)
        provider = index.create_provider(scope="model")
        context.add_vm_module(runtime.create_io_parameters_module(config.vm_instance, provider))
    module = runtime.VmModule.copy_buffer(config.vm_instance, binary)
    context.add_vm_module(module)
    found: Any = context.modules[module.name][function](*inputs)
    return [np.asarray(value) for value in _listed(found)]


def _listed(found: Any) -> list[Any]:
    """No result, one, or several, as a list."""
    if found is None:
        return []
    return [*found] if isinstance(found, tuple | list) else [found]


_RUNNERS: dict[Peer, Callable[[str, list[Array], str, str | None], list[Array]]] = {
    "jax": _jax,
    "iree": _iree,
}


def _main(given: str, taken: str) -> None:
    inputs, about = read_arrays(Path(given))
    run = _RUNNERS[cast(Peer, about["peer"])]
    write_arrays(
        Path(taken), run(str(about["text"]), inputs, str(about["function"]), about["weights"])
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
