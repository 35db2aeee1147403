"""BERT: an encoder with learned positions and layer norms behind each block.

Tensor names are those of transformers' ``BertModel`` and ``BertForMaskedLM``. A sentence embedding
is the mean of the token vectors, normalised, as sentence-transformers computes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from irkit import hlo
from irkit.builder import Builder
from irkit.models import layers
from irkit.models.parameters import Parameters, TensorSpec, TensorTable
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.models.config import BertSpec

_NORM_NAMES = {"weight-bias": ("weight", "bias"), "gamma-beta": ("gamma", "beta")}


def tensors(spec: BertSpec) -> dict[str, TensorSpec]:
    """The tensors that the forward reads, by their names in the checkpoint."""
    config = spec.config
    hidden = config.hidden_size
    norm = _NORM_NAMES[spec.norm_names]
    table = TensorTable(spec.dtype, config.initializer_range)
    embeddings = f"{spec.prefix}embeddings"
    table.add(f"{embeddings}.word_embeddings.weight", config.vocab_size, hidden)
    table.add(f"{embeddings}.token_type_embeddings.weight", config.type_vocab_size, hidden)
    table.add(f"{embeddings}.position_embeddings.weight", config.max_position_embeddings, hidden)
    table.norm(f"{embeddings}.LayerNorm", hidden, norm)
    for number in range(config.num_hidden_layers):
        layer = f"{spec.prefix}encoder.layer.{number}"
        for part in ("query", "key", "value"):
            table.linear(f"{layer}.attention.self.{part}", hidden, hidden)
        table.linear(f"{layer}.attention.output.dense", hidden, hidden)
        table.norm(f"{layer}.attention.output.LayerNorm", hidden, norm)
        table.linear(f"{layer}.intermediate.dense", hidden, config.intermediate_size)
        table.linear(f"{layer}.output.dense", config.intermediate_size, hidden)
        table.norm(f"{layer}.output.LayerNorm", hidden, norm)
    if spec.head == "masked-lm":
        table.linear("cls.predictions.transform.dense", hidden, hidden)
        table.norm("cls.predictions.transform.LayerNorm", hidden, norm)
        table.add("cls.predictions.bias", config.vocab_size)
    return table.tensors


def forward(spec: BertSpec, builder: Builder) -> dict[str, Value]:
    """Records the forward.

    Arguments, all ``i32[batch, sequence]``: ``input_ids``; ``attention_mask``, 1 at tokens and 0 at
    padding; ``token_type_ids``.

    Outputs: by the spec's head ``last_hidden_state`` ``[batch, sequence, hidden]``,
    ``sentence_embedding`` ``[batch, hidden]``, or ``logits`` ``[batch, sequence, vocabulary]``;
    with ``all_hidden`` also, in f32, ``hidden_states.N`` ``[batch, sequence, hidden]`` (0 is the
    embedding) and ``attentions.N`` ``[batch, heads, sequence, sequence]``.
    """
    config = spec.config
    checkpoint = Parameters(builder, tensors(spec))
    encoder = checkpoint.under(spec.prefix)
    ids, attention_mask, token_types = (
        builder.argument(name, (spec.batch, spec.sequence), "i32")
        for name in ("input_ids", "attention_mask", "token_type_ids")
    )

    with builder.scope("embeddings") as scope:
        p = encoder / "embeddings"
        x = layers.embedding(p / "word_embeddings", ids)
        x = x + layers.embedding(p / "token_type_embeddings", token_types)
        x = _norm(spec, p / "LayerNorm", layers.add_positions(p / "position_embeddings", x))
        mask = padding_mask(attention_mask, config.num_attention_heads)
        scope.returns(x, mask)

    extra: dict[str, Value] = {}
    for number in range(config.num_hidden_layers):
        with builder.scope(f"layers.{number}") as scope:
            p = encoder / "encoder" / "layer" / number
            mixed, shares = self_attention(p / "attention", x, mask, config.num_attention_heads)
            kept: dict[str, Value] = {}
            if spec.all_hidden:
                kept[f"hidden_states.{number}"] = layers.cast(x, "f32")
                kept[f"attentions.{number}"] = layers.cast(shares, "f32")
            x = _norm(spec, p / "attention" / "output" / "LayerNorm", mixed + x)
            inner = layers.gelu(layers.linear(p / "intermediate" / "dense", x))
            inner = layers.linear(p / "output" / "dense", inner)
            x = _norm(spec, p / "output" / "LayerNorm", inner + x)
            scope.returns(x, *kept.values())
        extra |= kept

    with builder.scope("head") as scope:
        name, main = head(spec, checkpoint, x, attention_mask)
        if spec.all_hidden:
            extra[f"hidden_states.{config.num_hidden_layers}"] = layers.cast(x, "f32")
        scope.returns(main, *extra.values())
    return {name: main} | extra


def head(
    spec: BertSpec, checkpoint: Parameters, x: Value, attention_mask: Value
) -> tuple[str, Value]:
    """The main output and its name, by the spec's head, from ``[batch, sequence, hidden]``."""
    match spec.head:
        case "none":
            return "last_hidden_state", x
        case "sentence-embedding":
            return "sentence_embedding", sentence_embedding(x, attention_mask)
        case _:
            return "logits", masked_lm(spec, checkpoint, x)


def padding_mask(attention_mask: Value, heads: int) -> Value:
    """``i32[batch, keys] -> i1[batch, heads, keys, keys]``: true where the key is no padding."""
    batch, keys = attention_mask.shape
    seen = attention_mask > 0
    return hlo.broadcast_in_dim(seen, [batch, heads, keys, keys], [0, 3])


def self_attention(p: Parameters, x: Value, mask: Value, heads: int) -> tuple[Value, Value]:
    """``[batch, sequence, hidden]`` to the same, and the attention map."""
    query, key, value = (
        layers.split_heads(layers.linear(p / "self" / part, x), heads)
        for part in ("query", "key", "value")
    )
    mixed, shares = layers.attention(query, key, value, query.shape[-1] ** -0.5, mask)
    return layers.linear(p / "output" / "dense", layers.merge_heads(mixed)), shares


def sentence_embedding(x: Value, attention_mask: Value) -> Value:
    """``[batch, sequence, hidden]`` and ``i32[batch, sequence]`` to ``[batch, hidden]``.

    The mean over the tokens that are no padding, scaled to length one.
    """
    batch, _, hidden = x.shape
    weight = layers.cast(attention_mask, "f32")
    wide = layers.cast(x, "f32")
    total = layers.sum_over(wide * layers.broadcast_leading(weight, x.shape), 1)
    count = layers.at_least(layers.sum_over(weight, 1), 1e-9)
    mean = total / layers.broadcast_leading(count, (batch, hidden))
    length = layers.at_least(hlo.sqrt(layers.sum_over(mean * mean, 1)), 1e-12)
    return layers.cast(mean / layers.broadcast_leading(length, (batch, hidden)), x.dtype)


def masked_lm(spec: BertSpec, checkpoint: Parameters, x: Value) -> Value:
    """``[batch, sequence, hidden] -> [batch, sequence, vocabulary]``; the embedding is the head."""
    p = checkpoint / "cls" / "predictions"
    x = layers.gelu(layers.linear(p / "transform" / "dense", x))
    x = _norm(spec, p / "transform" / "LayerNorm", x)
    words = checkpoint.under(spec.prefix) / "embeddings" / "word_embeddings"
    logits = layers.linear(words, x)
    return logits + layers.broadcast_trailing(p["bias"], logits.shape)


def _norm(spec: BertSpec, p: Parameters, x: Value) -> Value:
    return layers.layer_norm(p, x, spec.config.layer_norm_eps, _NORM_NAMES[spec.norm_names])
