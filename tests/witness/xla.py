"""XLA's CPU compiler and upstream's reference interpreter, both in jaxlib, on StableHLO text."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax._src import xla_bridge
from jax._src.interpreters.mlir import make_ir_context
from jax._src.lib import xla_client
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

Array = np.ndarray[Any, Any]


def compiled(text: str, *inputs: Array, optimized: bool = True) -> list[Array]:
    """What ``main`` gives, compiled by XLA for the CPU; large programs faster if not optimized."""
    backend: Any = xla_bridge.get_backend("cpu")
    options: Any = xla_client.CompileOptions()
    if not optimized:
        options.executable_build_options.debug_options.xla_backend_optimization_level = 0
    with make_ir_context():
        module = ir.Module.parse(text)
        devices = xla_client.DeviceList(tuple(backend.local_devices()[:1]))
        program = backend.compile_and_load(module, devices, options)
    with jax.enable_x64(True):
        buffers = [jax.device_put(value) for value in inputs]
        found = program.execute_sharded(buffers).disassemble_into_single_device_arrays()
    return [np.asarray(shards[0]) for shards in found]


def interpreted(text: str, *inputs: Array) -> list[Array]:
    """What ``main`` gives by upstream's reference interpreter, which takes no complex results."""
    with make_ir_context():
        module = ir.Module.parse(text)
        arguments = [
            ir.DenseElementsAttr.get(np.ascontiguousarray(value), type=type_)
            for value, type_ in zip(inputs, _argument_types(module), strict=True)
        ]
        results: list[Any] = stablehlo.eval_module(module, arguments)
        return [np.array(result) for result in results]


def _argument_types(module: Any) -> list[Any]:
    return list(module.body.operations[0].type.inputs)
