"""Compiles lowered text for the CPU, by XLA (jaxlib) and by IREE."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Program = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
"""Runs ``main`` on arguments in order; gives its results in order."""


def compile_with_jaxlib(text: str) -> Program:
    """A program that XLA runs."""
    import jax
    from jax._src.interpreters.mlir import make_ir_context
    from jax.extend import backend
    from jaxlib import _jax, xla_client
    from jaxlib.mlir import ir

    client = backend.get_backend("cpu")
    devices = _jax.DeviceList(tuple(client.local_devices()[:1]))
    with make_ir_context():
        module = ir.Module.parse(text)
        program = client.compile_and_load(module, devices, xla_client.CompileOptions())

    def run(arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
        results = program.execute_sharded([jax.device_put(a) for a in arguments])
        return [np.asarray(copies[0]) for copies in results.disassemble_into_single_device_arrays()]

    return run


def compile_with_iree(text: str) -> Program:
    """A program that IREE runs."""
    import iree.compiler
    import iree.runtime

    binary = iree.compiler.compile_str(
        text,
        input_type="stablehlo",
        target_backends=["llvm-cpu"],
        extra_args=["--iree-llvmcpu-target-cpu=host"],
    )
    context = iree.runtime.SystemContext(config=iree.runtime.Config("local-sync"))
    module = iree.runtime.VmModule.copy_buffer(context.instance, binary)
    context.add_vm_module(module)
    main = context.modules[module.name]["main"]

    def run(arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
        results = main(*arguments)
        many = results if isinstance(results, Sequence) else [results]
        return [result.to_host() for result in many]

    return run


COMPILERS: dict[str, Callable[[str], Program]] = {
    "jaxlib": compile_with_jaxlib,
    "iree": compile_with_iree,
}
