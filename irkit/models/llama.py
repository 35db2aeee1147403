"""Llama: a decoder with root-mean-square norms, rotary positions, grouped queries, and SwiGLU.

Tensor names are those of transformers' ``LlamaForCausalLM``. Without a cache the forward reads the
whole sequence; with one it is a decode step, and the caches are arguments and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from irkit import hlo
from irkit.builder import Builder
from irkit.models import layers
from irkit.models.parameters import Parameters, TensorSpec, TensorTable
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.models.config import LlamaConfig, LlamaSpec


class Cache(NamedTuple):
    """Keys and values of one layer: ``[batch, key_heads, cache, head_dim]``."""

    key: Value
    value: Value


class Positions(NamedTuple):
    """What attention needs to know of places; made once, read by every layer."""

    cosine: Value
    """``[sequence, head_dim]``."""
    sine: Value
    """``[sequence, head_dim]``."""
    mask: Value
    """``i1[batch, key_heads, group, sequence, keys]``."""


def tensors(spec: LlamaSpec) -> dict[str, TensorSpec]:
    """The tensors that the forward reads, by their names in the checkpoint."""
    config = spec.config
    hidden, inner = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim
    table = TensorTable(spec.dtype, config.initializer_range)
    table.add(f"{spec.prefix}embed_tokens.weight", config.vocab_size, hidden)
    for number in range(config.num_hidden_layers):
        layer = f"{spec.prefix}layers.{number}"
        table.add(f"{layer}.input_layernorm.weight", hidden, mean=1.0)
        table.linear(f"{layer}.self_attn.q_proj", hidden, queries, bias=False)
        table.linear(f"{layer}.self_attn.k_proj", hidden, keys, bias=False)
        table.linear(f"{layer}.self_attn.v_proj", hidden, keys, bias=False)
        table.linear(f"{layer}.self_attn.o_proj", queries, hidden, bias=False)
        table.add(f"{layer}.post_attention_layernorm.weight", hidden, mean=1.0)
        table.linear(f"{layer}.mlp.gate_proj", hidden, inner, bias=False)
        table.linear(f"{layer}.mlp.up_proj", hidden, inner, bias=False)
        table.linear(f"{layer}.mlp.down_proj", inner, hidden, bias=False)
    table.add(f"{spec.prefix}norm.weight", hidden, mean=1.0)
    if not config.tie_word_embeddings:
        table.linear("lm_head", hidden, config.vocab_size, bias=False)
    return table.tensors


def forward(spec: LlamaSpec, builder: Builder) -> dict[str, Value]:
    """Records the forward.

    Arguments: ``input_ids`` ``i32[batch, sequence]``; with a cache also ``position`` ``i32[]``, the
    place of the first of these tokens, and for each layer ``past.N.key`` and ``past.N.value``
    ``[batch, key_heads, cache, head_dim]``.

    Outputs: ``logits`` ``[batch, sequence, vocabulary]``; with a cache ``present.N.key`` and
    ``present.N.value``; with ``all_hidden`` also, in f32, ``hidden_states.N``
    ``[batch, sequence, hidden]`` (0 is the embedding, the last one is behind the final norm) and
    ``attentions.N`` ``[batch, heads, sequence, keys]``.
    """
    config = spec.config
    checkpoint = Parameters(builder, tensors(spec))
    decoder = checkpoint.under(spec.prefix)

    ids = builder.argument("input_ids", (spec.batch, spec.sequence), "i32")
    position, caches = cache_arguments(spec, builder)

    with builder.scope("embeddings") as scope:
        x = layers.embedding(decoder / "embed_tokens", ids)
        positions = make_positions(spec, builder, position)
        scope.returns(x, *positions)

    extra: dict[str, Value] = {}
    for number in range(config.num_hidden_layers):
        with builder.scope(f"layers.{number}") as scope:
            p = decoder / "layers" / number
            kept: dict[str, Value] = {}
            normal = layers.rms_norm(p / "input_layernorm", x, config.rms_norm_eps)
            query, key, value = project(config, p / "self_attn", normal, positions)
            if position is not None:
                key = layers.write_cache(caches[number].key, key, position)
                value = layers.write_cache(caches[number].value, value, position)
                kept |= {f"present.{number}.key": key, f"present.{number}.value": value}
            mixed, shares = layers.attention(
                query, key, value, config.head_dim**-0.5, positions.mask
            )
            if spec.all_hidden:
                kept[f"hidden_states.{number}"] = layers.cast(x, "f32")
                kept[f"attentions.{number}"] = layers.cast(ungroup(shares), "f32")
            mixed = layers.merge_heads(ungroup(mixed))
            x = x + layers.linear(p / "self_attn" / "o_proj", mixed)
            normal = layers.rms_norm(p / "post_attention_layernorm", x, config.rms_norm_eps)
            x = x + swiglu(p / "mlp", normal)
            scope.returns(x, *kept.values())
        extra |= kept

    with builder.scope("head") as scope:
        x = layers.rms_norm(decoder / "norm", x, config.rms_norm_eps)
        head = decoder / "embed_tokens" if config.tie_word_embeddings else checkpoint / "lm_head"
        logits = layers.linear(head, x)
        if spec.all_hidden:
            extra[f"hidden_states.{config.num_hidden_layers}"] = layers.cast(x, "f32")
        scope.returns(logits, *extra.values())
    return {"logits": logits} | extra


def cache_arguments(spec: LlamaSpec, builder: Builder) -> tuple[Value | None, list[Cache]]:
    """Declares the position and each layer's cache, where the spec has a cache."""
    if spec.cache is None:
        return None, []
    config = spec.config
    position = builder.argument("position", (), "i32")
    shape = (spec.batch, config.num_key_value_heads, spec.cache, config.head_dim)
    return position, [
        Cache(
            builder.argument(f"past.{number}.key", shape, spec.dtype),
            builder.argument(f"past.{number}.value", shape, spec.dtype),
        )
        for number in range(config.num_hidden_layers)
    ]


def make_positions(spec: LlamaSpec, builder: Builder, start: Value | None) -> Positions:
    """The rotation of each position, and the causal mask.

    Computed in the program from the place of the first token, so that nothing in it grows with
    the sequence; only the ``head_dim / 2`` frequencies are a constant.
    """
    config = spec.config
    shape = (spec.sequence, config.head_dim // 2)
    place = layers.counter(builder, 0, shape, start)
    frequency = builder.constant(
        np.array(
            [config.rope_theta ** (-i / config.head_dim) for i in range(0, config.head_dim, 2)],
            dtype=np.float32,
        )
    )
    angle = layers.cast(place, "f32") * layers.broadcast_trailing(frequency, shape)
    angle = hlo.concatenate([angle, angle], dimension=1)
    key_heads = config.num_key_value_heads
    group = config.num_attention_heads // key_heads
    keys = spec.cache or spec.sequence
    return Positions(
        layers.cast(hlo.cosine(angle), spec.dtype),
        layers.cast(hlo.sine(angle), spec.dtype),
        layers.causal_mask(builder, (spec.batch, key_heads, group, spec.sequence, keys), start),
    )


def project(
    config: LlamaConfig, p: Parameters, x: Value, positions: Positions
) -> tuple[Value, Value, Value]:
    """``[batch, sequence, hidden]`` to query, key and value.

    Key and value are ``[batch, key_heads, sequence, head_dim]``; the query is
    ``[batch, key_heads, group, sequence, head_dim]``, for consecutive query heads share a key
    head. Query and key are rotated.
    """
    key_heads = config.num_key_value_heads
    query = layers.split_heads(layers.linear(p / "q_proj", x), config.num_attention_heads)
    key = layers.split_heads(layers.linear(p / "k_proj", x), key_heads)
    value = layers.split_heads(layers.linear(p / "v_proj", x), key_heads)
    query = rotate(query, positions)
    batch, heads, *rest = query.shape
    grouped = hlo.reshape(query, [batch, key_heads, heads // key_heads, *rest])
    return grouped, rotate(key, positions), value


def ungroup(x: Value) -> Value:
    """``[batch, key_heads, group, ...] -> [batch, heads, ...]``."""
    batch, key_heads, group, *rest = x.shape
    return hlo.reshape(x, [batch, key_heads * group, *rest])


def rotate(x: Value, positions: Positions) -> Value:
    """``[batch, heads, sequence, head_dim]``: each pair ``(i, i + head_dim / 2)`` turned."""
    first, second = layers.parts(x, 2)
    turned = hlo.concatenate([-second, first], dimension=x.ndim - 1)
    cosine, sine = (
        layers.broadcast_trailing(table, x.shape) for table in (positions.cosine, positions.sine)
    )
    return x * cosine + turned * sine


def swiglu(p: Parameters, x: Value) -> Value:
    """``[..., hidden] -> [..., hidden]``: ``down(silu(gate(x)) * up(x))``."""
    gate = layers.silu(layers.linear(p / "gate_proj", x))
    return layers.linear(p / "down_proj", gate * layers.linear(p / "up_proj", x))
