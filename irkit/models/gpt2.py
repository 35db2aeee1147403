"""GPT-2: a decoder with layer norms, learned positions, and the embedding as its head.

Tensor names are those of transformers' ``GPT2LMHeadModel``, whose projections store their weights
``[in, out]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from irkit.builder import Builder
from irkit.models import layers
from irkit.models.parameters import Parameters, TensorSpec, TensorTable
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.models.config import Gpt2Spec


def tensors(spec: Gpt2Spec) -> dict[str, TensorSpec]:
    """The tensors that the forward reads, by their names in the checkpoint."""
    config = spec.config
    hidden = config.n_embd
    inner = config.n_inner or 4 * hidden
    table = TensorTable(spec.dtype, config.initializer_range)
    table.add(f"{spec.prefix}wte.weight", config.vocab_size, hidden)
    table.add(f"{spec.prefix}wpe.weight", config.n_positions, hidden)
    for number in range(config.n_layer):
        layer = f"{spec.prefix}h.{number}"
        table.norm(f"{layer}.ln_1", hidden)
        table.conv1d_linear(f"{layer}.attn.c_attn", hidden, 3 * hidden)
        table.conv1d_linear(f"{layer}.attn.c_proj", hidden, hidden)
        table.norm(f"{layer}.ln_2", hidden)
        table.conv1d_linear(f"{layer}.mlp.c_fc", hidden, inner)
        table.conv1d_linear(f"{layer}.mlp.c_proj", inner, hidden)
    table.norm(f"{spec.prefix}ln_f", hidden)
    return table.tensors


def forward(spec: Gpt2Spec, builder: Builder) -> dict[str, Value]:
    """Records the forward.

    Argument: ``input_ids`` ``i32[batch, sequence]``.

    Outputs: ``logits`` ``[batch, sequence, vocabulary]``; with ``all_hidden`` also, in f32,
    ``hidden_states.N`` ``[batch, sequence, hidden]`` (0 is the embedding, the last one is behind
    the final norm) and ``attentions.N`` ``[batch, heads, sequence, sequence]``.
    """
    config = spec.config
    p = Parameters(builder, tensors(spec)).under(spec.prefix)
    ids = builder.argument("input_ids", (spec.batch, spec.sequence), "i32")

    with builder.scope("embeddings") as scope:
        x = layers.add_positions(p / "wpe", layers.embedding(p / "wte", ids))
        mask = layers.causal_mask(
            builder, (spec.batch, config.n_head, spec.sequence, spec.sequence)
        )
        scope.returns(x, mask)

    extra: dict[str, Value] = {}
    for number in range(config.n_layer):
        with builder.scope(f"layers.{number}") as scope:
            layer = p / "h" / number
            normal = layers.layer_norm(layer / "ln_1", x, config.layer_norm_epsilon)
            mixed, shares = self_attention(layer / "attn", normal, mask, config.n_head)
            kept: dict[str, Value] = {}
            if spec.all_hidden:
                kept[f"hidden_states.{number}"] = layers.cast(x, "f32")
                kept[f"attentions.{number}"] = layers.cast(shares, "f32")
            x = x + mixed
            normal = layers.layer_norm(layer / "ln_2", x, config.layer_norm_epsilon)
            inner = layers.gelu_tanh(layers.conv1d_linear(layer / "mlp" / "c_fc", normal))
            x = x + layers.conv1d_linear(layer / "mlp" / "c_proj", inner)
            scope.returns(x, *kept.values())
        extra |= kept

    with builder.scope("head") as scope:
        x = layers.layer_norm(p / "ln_f", x, config.layer_norm_epsilon)
        logits = layers.linear(p / "wte", x)
        if spec.all_hidden:
            extra[f"hidden_states.{config.n_layer}"] = layers.cast(x, "f32")
        scope.returns(logits, *extra.values())
    return {"logits": logits} | extra


def self_attention(p: Parameters, x: Value, mask: Value, heads: int) -> tuple[Value, Value]:
    """``[batch, sequence, hidden]`` to the same, and the attention map.

    One projection gives query, key and value side by side.
    """
    joined = layers.conv1d_linear(p / "c_attn", x)
    query, key, value = (layers.split_heads(part, heads) for part in layers.parts(joined, 3))
    mixed, shares = layers.attention(query, key, value, query.shape[-1] ** -0.5, mask)
    return layers.conv1d_linear(p / "c_proj", layers.merge_heads(mixed)), shares
