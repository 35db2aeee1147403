"""JAX lowering the same Llama shape to StableHLO text: the peer of benchmarks/model_lowering.py.

    python -m benchmarks.jax_llama --weights out/tinyllama-1.1b --constants embedded -o jax.mlir

``embedded`` closes over the weights, so that they become constants of the module; ``abstract``
passes shapes only. The text is printed straight into the file, which takes less than the usual
``lowered.as_text()`` (``--as-text``). The forward is the one of irkit's ``llama`` model: RMSNorm,
RoPE, grouped-query attention, SwiGLU and a causal mask.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.op_scaling import peak_bytes


def forward(config, weights, tokens):
    """Logits of ``tokens`` (batch, sequence)."""
    import jax
    import jax.numpy as jnp

    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    head = config["hidden_size"] // heads
    length = tokens.shape[1]

    def norm(x, scale):
        wide = x.astype(jnp.float32)
        mean = jnp.mean(wide * wide, axis=-1, keepdims=True)
        return (wide * jax.lax.rsqrt(mean + config["rms_norm_eps"])).astype(x.dtype) * scale

    def linear(x, name):
        return jnp.einsum("bsi,oi->bso", x, weights[name])

    positions = jnp.arange(length, dtype=jnp.float32)
    steps = jnp.arange(0, head, 2, dtype=jnp.float32) / head
    angles = positions[:, None] * (config["rope_theta"] ** -steps)[None, :]
    angles = jnp.concatenate([angles, angles], axis=-1)

    def rotate(x):
        left, right = jnp.split(x, 2, axis=-1)
        turned = jnp.concatenate([-right, left], axis=-1)
        return x * jnp.cos(angles).astype(x.dtype) + turned * jnp.sin(angles).astype(x.dtype)

    x = weights["model.embed_tokens.weight"][tokens]
    mask = jnp.tril(jnp.ones((length, length), bool))
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        h = norm(x, weights[at + "input_layernorm.weight"])

        def split(y, count):
            return y.reshape(y.shape[0], length, count, head).transpose(0, 2, 1, 3)

        q = rotate(split(linear(h, at + "self_attn.q_proj.weight"), heads))
        k = rotate(split(linear(h, at + "self_attn.k_proj.weight"), kv_heads))
        v = split(linear(h, at + "self_attn.v_proj.weight"), kv_heads)
        k, v = (jnp.repeat(t, heads // kv_heads, axis=1) for t in (k, v))
        scores = jnp.einsum("bhqd,bhkd->bhqk", q, k) / head**0.5
        scores = jnp.where(mask, scores.astype(jnp.float32), -jnp.inf)
        mixed = jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(scores).astype(x.dtype), v)
        mixed = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
        x = x + linear(mixed, at + "self_attn.o_proj.weight")
        h = norm(x, weights[at + "post_attention_layernorm.weight"])
        gate = jax.nn.silu(linear(h, at + "mlp.gate_proj.weight"))
        x = x + linear(gate * linear(h, at + "mlp.up_proj.weight"), at + "mlp.down_proj.weight")
    return linear(norm(x, weights["model.norm.weight"]), "lm_head.weight")


def main() -> None:
    """Lowers once and prints seconds and peak memory as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="safetensors file or folder")
    parser.add_argument("--constants", choices=["embedded", "abstract"], default="embedded")
    parser.add_argument("--model", default="tinyllama-1.1b")
    parser.add_argument("--as-text", action="store_true", help="by way of lowered.as_text()")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()

    import yaml

    from irkit.spec_files import spec_folder
    from irkit.weights import open_weights

    # Read as plain YAML: JAX must not pay for irkit's validation.
    spec = yaml.safe_load((spec_folder("models") / f"{options.model}.yaml").read_text())
    config = spec["config"]
    source = open_weights(options.weights)
    start = time.perf_counter()
    import jax

    tokens = jax.ShapeDtypeStruct((spec["batch"], spec["sequence"]), "int32")
    if options.constants == "abstract":
        shapes = {
            name: jax.ShapeDtypeStruct(source.info(name).shape, source.info(name).dtype)
            for name in source.names
        }
        lowered = jax.jit(lambda w, t: forward(config, w, t)).lower(shapes, tokens)
    else:
        arrays = {name: jax.numpy.asarray(read(source, name)) for name in source.names}
        lowered = jax.jit(lambda t: forward(config, arrays, t)).lower(tokens)
    if options.as_text:
        options.out.write_text(lowered.as_text())
    else:
        with options.out.open("w") as file:
            lowered.compiler_ir("stablehlo").operation.print(file=file)
    seconds = time.perf_counter() - start
    json.dump({"seconds": seconds, "peak_bytes": peak_bytes()}, sys.stdout)


def read(source, name):
    """One weight as an array."""
    import numpy as np

    info = source.info(name)
    array = np.empty(info.shape, info.dtype)
    source.read_into(name, 0, memoryview(array.view(np.uint8)).cast("B"))
    return array


if __name__ == "__main__":
    main()
