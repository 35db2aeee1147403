"""Whisper: an encoder of log-mel spectrograms, and one step of its decoder.

Tensor names are those of transformers' ``WhisperForConditionalGeneration``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from irkit import hlo
from irkit.builder import Builder
from irkit.models import layers
from irkit.models.parameters import Parameters, TensorSpec, TensorTable
from irkit.value import Value

if TYPE_CHECKING:
    from irkit.models.config import WhisperSpec

_EPSILON = 1e-5


def tensors(spec: WhisperSpec) -> dict[str, TensorSpec]:
    """The tensors that the spec's part reads, by their names in the checkpoint."""
    config = spec.config
    table = TensorTable(spec.dtype, config.init_std)
    if spec.part == "encoder":
        encoder = f"{spec.prefix}encoder"
        for name, channels in (("conv1", config.num_mel_bins), ("conv2", config.d_model)):
            table.add(f"{encoder}.{name}.weight", config.d_model, channels, 3)
            table.add(f"{encoder}.{name}.bias", config.d_model)
        table.add(f"{encoder}.embed_positions.weight", config.max_source_positions, config.d_model)
        for number in range(config.encoder_layers):
            _layer_tensors(table, f"{encoder}.layers.{number}", spec, config.encoder_ffn_dim)
        table.norm(f"{encoder}.layer_norm", config.d_model)
    else:
        decoder = f"{spec.prefix}decoder"
        table.add(f"{decoder}.embed_tokens.weight", config.vocab_size, config.d_model)
        table.add(f"{decoder}.embed_positions.weight", config.max_target_positions, config.d_model)
        for number in range(config.decoder_layers):
            _layer_tensors(table, f"{decoder}.layers.{number}", spec, config.decoder_ffn_dim)
        table.norm(f"{decoder}.layer_norm", config.d_model)
    return table.tensors


def _layer_tensors(table: TensorTable, layer: str, spec: WhisperSpec, inner: int) -> None:
    width = spec.config.d_model
    for block in ("self_attn",) if spec.part == "encoder" else ("self_attn", "encoder_attn"):
        table.norm(f"{layer}.{block}_layer_norm", width)
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            table.linear(f"{layer}.{block}.{part}", width, width, bias=part != "k_proj")
    table.norm(f"{layer}.final_layer_norm", width)
    table.linear(f"{layer}.fc1", width, inner)
    table.linear(f"{layer}.fc2", inner, width)


def forward(spec: WhisperSpec, builder: Builder) -> dict[str, Value]:
    """Records the spec's part: see :func:`encoder` and :func:`decoder_step`."""
    return encoder(spec, builder) if spec.part == "encoder" else decoder_step(spec, builder)


def encoder(spec: WhisperSpec, builder: Builder) -> dict[str, Value]:
    """Records the encoder.

    Argument: ``input_features`` ``[batch, mel_bins, 2 * positions]``, ``positions`` being
    ``max_source_positions``.

    Outputs: ``last_hidden_state`` ``[batch, positions, d_model]``; with ``all_hidden`` also, in
    f32, ``hidden_states.N`` of that shape (0 is the embedding, the last one is behind the final
    norm) and ``attentions.N`` ``[batch, heads, positions, positions]``.
    """
    config = spec.config
    p = Parameters(builder, tensors(spec)).under(spec.prefix) / "encoder"
    shape = (spec.batch, config.num_mel_bins, 2 * config.max_source_positions)
    features = builder.argument("input_features", shape, spec.dtype)

    with builder.scope("embeddings") as scope:
        x = layers.gelu(layers.conv1d(p / "conv1", features, stride=1, padding=1))
        x = layers.gelu(layers.conv1d(p / "conv2", x, stride=2, padding=1))
        x = hlo.transpose(x, permutation=[0, 2, 1])
        x = layers.add_positions(p / "embed_positions", x)
        scope.returns(x)

    extra: dict[str, Value] = {}
    for number in range(config.encoder_layers):
        with builder.scope(f"layers.{number}") as scope:
            layer = p / "layers" / number
            normal = layers.layer_norm(layer / "self_attn_layer_norm", x, _EPSILON)
            key, value = keys_and_values(
                layer / "self_attn", normal, config.encoder_attention_heads
            )
            mixed, shares = attend(layer / "self_attn", normal, key, value)
            kept: dict[str, Value] = {}
            if spec.all_hidden:
                kept[f"hidden_states.{number}"] = layers.cast(x, "f32")
                kept[f"attentions.{number}"] = layers.cast(shares, "f32")
            x = feed_forward(layer, x + mixed)
            scope.returns(x, *kept.values())
        extra |= kept

    with builder.scope("head") as scope:
        x = layers.layer_norm(p / "layer_norm", x, _EPSILON)
        if spec.all_hidden:
            extra[f"hidden_states.{config.encoder_layers}"] = layers.cast(x, "f32")
        scope.returns(x, *extra.values())
    return {"last_hidden_state": x} | extra


def decoder_step(spec: WhisperSpec, builder: Builder) -> dict[str, Value]:
    """Records one step of the decoder.

    Arguments: ``input_ids`` ``i32[batch, 1]``, the token; ``position`` ``i32[]``, its place;
    ``encoder_hidden_states`` ``[batch, source_positions, d_model]``; for each layer ``past.N.key``
    and ``past.N.value`` ``[batch, heads, target_positions, width]``.

    Outputs: ``logits`` ``[batch, 1, vocabulary]``; ``present.N.key`` and ``present.N.value``; with
    ``all_hidden`` also, in f32, ``hidden_states.N`` ``[batch, 1, d_model]``, ``attentions.N``
    ``[batch, heads, 1, target_positions]`` and ``cross_attentions.N``
    ``[batch, heads, 1, source_positions]``.
    """
    config = spec.config
    heads = config.decoder_attention_heads
    p = Parameters(builder, tensors(spec)).under(spec.prefix) / "decoder"
    ids = builder.argument("input_ids", (spec.batch, 1), "i32")
    position = builder.argument("position", (), "i32")
    source = builder.argument(
        "encoder_hidden_states",
        (spec.batch, config.max_source_positions, config.d_model),
        spec.dtype,
    )
    shape = (spec.batch, heads, config.max_target_positions, config.d_model // heads)
    caches = [
        [builder.argument(f"past.{number}.{part}", shape, spec.dtype) for part in ("key", "value")]
        for number in range(config.decoder_layers)
    ]

    with builder.scope("embeddings") as scope:
        x = layers.embedding(p / "embed_tokens", ids)
        x = x + layers.broadcast_trailing(layers.row(p / "embed_positions", position), x.shape)
        mask = layers.causal_mask(
            builder, (spec.batch, heads, 1, config.max_target_positions), position
        )
        scope.returns(x, mask)

    extra: dict[str, Value] = {}
    for number in range(config.decoder_layers):
        with builder.scope(f"layers.{number}") as scope:
            layer = p / "layers" / number
            kept: dict[str, Value] = {}
            normal = layers.layer_norm(layer / "self_attn_layer_norm", x, _EPSILON)
            key, value = keys_and_values(layer / "self_attn", normal, heads)
            past_key, past_value = caches[number]
            key = layers.write_cache(past_key, key, position)
            value = layers.write_cache(past_value, value, position)
            kept |= {f"present.{number}.key": key, f"present.{number}.value": value}
            mixed, shares = attend(layer / "self_attn", normal, key, value, mask)
            if spec.all_hidden:
                kept[f"hidden_states.{number}"] = layers.cast(x, "f32")
                kept[f"attentions.{number}"] = layers.cast(shares, "f32")
            x = x + mixed
            normal = layers.layer_norm(layer / "encoder_attn_layer_norm", x, _EPSILON)
            key, value = keys_and_values(layer / "encoder_attn", source, heads)
            mixed, shares = attend(layer / "encoder_attn", normal, key, value)
            if spec.all_hidden:
                kept[f"cross_attentions.{number}"] = layers.cast(shares, "f32")
            x = feed_forward(layer, x + mixed)
            scope.returns(x, *kept.values())
        extra |= kept

    with builder.scope("head") as scope:
        x = layers.layer_norm(p / "layer_norm", x, _EPSILON)
        logits = layers.linear(p / "embed_tokens", x)
        if spec.all_hidden:
            extra[f"hidden_states.{config.decoder_layers}"] = layers.cast(x, "f32")
        scope.returns(logits, *extra.values())
    return {"logits": logits} | extra


def keys_and_values(p: Parameters, x: Value, heads: int) -> tuple[Value, Value]:
    """``[batch, keys, d_model]`` to key and value, both ``[batch, heads, keys, width]``."""
    key, value = (
        layers.split_heads(layers.linear(p / part, x), heads) for part in ("k_proj", "v_proj")
    )
    return key, value


def attend(
    p: Parameters, x: Value, key: Value, value: Value, mask: Value | None = None
) -> tuple[Value, Value]:
    """``[batch, queries, d_model]`` to the same, and the attention map.

    The query is scaled before it meets the keys, not the scores after it.
    """
    _, heads, _, width = key.shape
    query = layers.split_heads(layers.linear(p / "q_proj", x) * width**-0.5, heads)
    mixed, shares = layers.attention(query, key, value, None, mask)
    return layers.linear(p / "out_proj", layers.merge_heads(mixed)), shares


def feed_forward(p: Parameters, x: Value) -> Value:
    """``[..., d_model] -> [..., d_model]``, with its norm and the residual."""
    normal = layers.layer_norm(p / "final_layer_norm", x, _EPSILON)
    return x + layers.linear(p / "fc2", layers.gelu(layers.linear(p / "fc1", normal)))
