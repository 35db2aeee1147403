"""What a model file may say: one pydantic model a family, and the errors that name the key.

A spec has the fields of this project (``family``, ``dtype``, ``sequence``, ...) at its top level
and, under ``config``, the keys of a Hugging Face ``config.json`` with their own names, or the path
of such a file. Only :mod:`irkit.models.registry` imports this module, and only when a model is
loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from irkit.errors import IRKitError, shown


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"should be a number, not {value}")
    return value


Size = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, lt=1 << 31)]
Layers = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=10_000)]
"""Each is recorded on its own, and its tensors are listed beforehand."""
Positive = Annotated[float, BeforeValidator(_no_boolean), Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=1000)]
Prefix = Annotated[str, Field(max_length=200)]
"""Stands in the name of each tensor."""


class ModelSpecError(IRKitError, ValueError):
    """A model file that can not be used.

    ``source`` is the file, ``key`` the dotted path of the key at fault (empty for the file as a
    whole).
    """

    def __init__(self, source: str, key: str, message: str) -> None:
        super().__init__(": ".join(part for part in (source, key, message) if part))
        self.source = source
        self.key = key


class _Strict(BaseModel):
    # Built on first use: a run reads one family.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class LlamaConfig(_Strict):
    """``LlamaConfig`` of transformers."""

    vocab_size: Size
    """Rows of the embedding and of the head."""
    hidden_size: Size
    """Width of the residual stream."""
    intermediate_size: Size
    """Width inside the feed-forward block."""
    num_hidden_layers: Layers
    """Decoder layers."""
    num_attention_heads: Size
    """Query heads."""
    num_key_value_heads: Size
    """Key and value heads; divides the query heads (grouped-query attention)."""
    head_dim: Annotated[Size, Field(le=1 << 16)]
    """Width of one head, even; ``hidden_size / num_attention_heads`` if not given."""
    max_position_embeddings: Size = 2048
    """Longest sequence that the model was trained for."""
    rms_norm_eps: Positive = 1e-6
    """Added to the mean square before the root."""
    rope_theta: Annotated[Positive, Field(ge=1)] = 10000.0
    """Base of the rotary frequencies."""
    rope_scaling: None = None
    """Stretched rotary frequencies are not supported."""
    hidden_act: Literal["silu"] = "silu"
    """Gate of the feed-forward block."""
    attention_bias: Literal[False] = False
    """Biases of the attention projections are not supported."""
    mlp_bias: Literal[False] = False
    """Biases of the feed-forward projections are not supported."""
    tie_word_embeddings: bool = False
    """Whether the head is the embedding matrix."""
    initializer_range: Positive = 0.02
    """Standard deviation of generated weights."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        values: dict[str, Any] = {str(k): v for k, v in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        rope = values.pop("rope_parameters", None)
        if isinstance(rope, Mapping):
            _fill_rope(values, {str(k): v for k, v in rope.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        heads, hidden = values.get("num_attention_heads"), values.get("hidden_size")
        if values.get("num_key_value_heads") is None and heads is not None:
            values["num_key_value_heads"] = heads
        if values.get("head_dim") is None and isinstance(heads, int) and isinstance(hidden, int):
            values["head_dim"] = hidden // max(heads, 1)
        return values

    @model_validator(mode="after")
    def _check(self) -> LlamaConfig:
        _divides(
            self.num_key_value_heads,
            "num_key_value_heads",
            self.num_attention_heads,
            "num_attention_heads",
        )
        if self.head_dim % 2:
            raise ValueError(f"head_dim {self.head_dim} is odd; rotary embedding needs pairs")
        return self


def _fill_rope(values: dict[str, Any], rope: dict[str, Any]) -> None:
    """Takes ``rope_parameters``, the newer form of ``rope_theta`` and ``rope_scaling``."""
    kind = rope.pop("rope_type", "default")
    values.setdefault("rope_theta", rope.pop("rope_theta", 10000.0))
    if kind != "default" or rope:
        values["rope_scaling"] = {"rope_type": kind, **rope}


class Gpt2Config(_Strict):
    """``GPT2Config`` of transformers."""

    vocab_size: Size
    """Rows of the token embedding, which is also the head."""
    n_positions: Size
    """Rows of the learned position embedding."""
    n_embd: Size
    """Width of the residual stream."""
    n_layer: Layers
    """Decoder layers."""
    n_head: Size
    """Attention heads; divides ``n_embd``."""
    n_inner: Size | None = None
    """Width inside the feed-forward block; ``4 * n_embd`` if not given."""
    activation_function: Literal["gelu_new"] = "gelu_new"
    """The tanh form of GELU."""
    layer_norm_epsilon: Positive = 1e-5
    """Added to the variance before the root."""
    initializer_range: Positive = 0.02
    """Standard deviation of generated weights."""
    scale_attn_weights: Literal[True] = True
    """Scores are divided by the root of the head's width."""
    scale_attn_by_inverse_layer_idx: Literal[False] = False
    """Scaling by the layer's number is not supported."""
    tie_word_embeddings: Literal[True] = True
    """An untied head is not supported."""

    @model_validator(mode="after")
    def _check(self) -> Gpt2Config:
        _divides(self.n_head, "n_head", self.n_embd, "n_embd")
        return self


class BertConfig(_Strict):
    """``BertConfig`` of transformers."""

    vocab_size: Size
    """Rows of the token embedding."""
    hidden_size: Size
    """Width of the residual stream."""
    num_hidden_layers: Layers
    """Encoder layers."""
    num_attention_heads: Size
    """Attention heads; divides ``hidden_size``."""
    intermediate_size: Size
    """Width inside the feed-forward block."""
    hidden_act: Literal["gelu"] = "gelu"
    """GELU by the error function."""
    max_position_embeddings: Size = 512
    """Rows of the learned position embedding."""
    type_vocab_size: Size = 2
    """Rows of the token type embedding."""
    layer_norm_eps: Positive = 1e-12
    """Added to the variance before the root."""
    initializer_range: Positive = 0.02
    """Standard deviation of generated weights."""
    position_embedding_type: Literal["absolute"] = "absolute"
    """Relative positions are not supported."""

    @model_validator(mode="after")
    def _check(self) -> BertConfig:
        _divides(self.num_attention_heads, "num_attention_heads", self.hidden_size, "hidden_size")
        return self


class WhisperConfig(_Strict):
    """``WhisperConfig`` of transformers."""

    vocab_size: Size
    """Rows of the token embedding, which is also the head."""
    num_mel_bins: Size = 80
    """Channels of the log-mel spectrogram."""
    d_model: Size
    """Width of the residual streams."""
    encoder_layers: Layers
    """Encoder layers."""
    encoder_attention_heads: Size
    """Attention heads of an encoder layer; divides ``d_model``."""
    encoder_ffn_dim: Size
    """Width inside the encoder's feed-forward block."""
    decoder_layers: Layers
    """Decoder layers."""
    decoder_attention_heads: Size
    """Attention heads of a decoder layer; divides ``d_model``."""
    decoder_ffn_dim: Size
    """Width inside the decoder's feed-forward block."""
    max_source_positions: Size = 1500
    """Positions after the convolutions: half as many as spectrogram frames."""
    max_target_positions: Size = 448
    """Rows of the decoder's position embedding, and length of its cache."""
    activation_function: Literal["gelu"] = "gelu"
    """GELU by the error function."""
    scale_embedding: Literal[False] = False
    """Embeddings scaled by the root of the width are not supported."""
    init_std: Positive = 0.02
    """Standard deviation of generated weights."""
    tie_word_embeddings: Literal[True] = True
    """An untied head is not supported."""

    @model_validator(mode="after")
    def _check(self) -> WhisperConfig:
        for key in ("encoder_attention_heads", "decoder_attention_heads"):
            _divides(getattr(self, key), key, self.d_model, "d_model")
        return self


class _Spec(_Strict):
    """The fields of every family."""

    name: Text
    """Shown in reports; the file's name without its ending if not given."""
    description: str = ""
    """One line for the reader of the file."""
    dtype: Literal["f32", "bf16", "f16"] = "f32"
    """Element type of the weights and of the arithmetic; sums of squares, means, and softmax are
    taken in f32 whatever it is."""
    batch: Size = 1
    """Sequences in one forward."""


class _TextSpec(_Spec):
    sequence: Size = 128
    """Tokens of each sequence in one forward."""
    all_hidden: bool = False
    """Whether ``hidden_states.N`` and ``attentions.N`` are outputs too."""


class LlamaSpec(_TextSpec):
    """A Llama decoder with its head."""

    family: Literal["llama"]
    config: LlamaConfig
    prefix: Prefix = "model."
    """What the decoder's tensor names begin with; the head is ``lm_head.weight``."""
    cache: Size | None = None
    """Length of the key and value caches. Given, the forward is a decode step: it takes the
    position of its first token and the caches, and gives the caches back. Not given, the forward
    reads the whole sequence at once."""

    @model_validator(mode="after")
    def _check(self) -> LlamaSpec:
        if self.cache is not None and self.cache < self.sequence:
            raise ValueError(f"cache {self.cache} is shorter than sequence {self.sequence}")
        limit = self.config.max_position_embeddings
        _fits(max(self.sequence, self.cache or 0), "max_position_embeddings", limit)
        return self


class Gpt2Spec(_TextSpec):
    """A GPT-2 decoder with its head."""

    family: Literal["gpt2"]
    config: Gpt2Config
    prefix: Prefix = ""
    """What tensor names begin with: nothing in the published checkpoints, ``transformer.`` in
    those that transformers saves."""

    @model_validator(mode="after")
    def _check(self) -> Gpt2Spec:
        _fits(self.sequence, "n_positions", self.config.n_positions)
        return self


class BertSpec(_TextSpec):
    """A BERT encoder."""

    family: Literal["bert"]
    config: BertConfig
    prefix: Prefix = ""
    """What the encoder's tensor names begin with: nothing in a checkpoint of the encoder alone,
    ``bert.`` in one with a head."""
    head: Literal["none", "sentence-embedding", "masked-lm"] = "none"
    """What follows the encoder: nothing (the output is ``last_hidden_state``), the normalised mean
    of the token vectors (``sentence_embedding``), or the masked language model (``logits``)."""
    norm_names: Literal["weight-bias", "gamma-beta"] = "weight-bias"
    """How the checkpoint names a layer norm's scale and shift; old ones say gamma and beta."""

    @model_validator(mode="after")
    def _check(self) -> BertSpec:
        _fits(self.sequence, "max_position_embeddings", self.config.max_position_embeddings)
        return self


class WhisperSpec(_Spec):
    """A Whisper encoder, or one step of its decoder."""

    family: Literal["whisper"]
    config: WhisperConfig
    part: Literal["encoder", "decoder"]
    """``encoder``: spectrogram to hidden states. ``decoder``: one token, its position, the hidden
    states and the caches to logits and caches."""
    prefix: Prefix = "model."
    """What tensor names begin with."""
    all_hidden: bool = False
    """Whether ``hidden_states.N`` and ``attentions.N`` (and ``cross_attentions.N``) are outputs
    too."""


AnySpec: TypeAlias = LlamaSpec | Gpt2Spec | BertSpec | WhisperSpec
"""Any family; the key ``family`` says which."""

SPECS: Mapping[str, type[AnySpec]] = {
    "llama": LlamaSpec,
    "gpt2": Gpt2Spec,
    "bert": BertSpec,
    "whisper": WhisperSpec,
}
"""What each family's file may say."""

CONFIGS: Mapping[str, type[BaseModel]] = {
    "llama": LlamaConfig,
    "gpt2": Gpt2Config,
    "bert": BertConfig,
    "whisper": WhisperConfig,
}
"""The keys of ``config`` that each family reads."""


def config_keys(family: str) -> list[str]:
    """The keys of a ``config.json`` that a family reads."""
    return [*CONFIGS[family].model_fields, *(["rope_parameters"] if family == "llama" else [])]


def validate_spec(
    source: str,
    data: Mapping[str, Any],
    where: Callable[[Iterable[str | int]], str] | None = None,
) -> AnySpec:
    """Checks a spec that was read from ``source``; ``where`` gives the place of a key in it.

    Raises :class:`ModelSpecError` with the path of the first key at fault.
    """

    def refuse(path: Sequence[str | int], message: str) -> NoReturn:
        place = source if where is None else where(path)
        key = ".".join(f"{part!s:.80}" for part in path)
        raise ModelSpecError(place, key, message) from None

    family = data.get("family")
    if not isinstance(family, str) or family not in SPECS:
        fault = "is needed;" if family is None else f"{shown(family)} is not"
        refuse(["family"], f"{fault} one of: {', '.join(SPECS)}")
    try:
        return SPECS[family].model_validate(dict(data))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        refuse(detail["loc"], _explain(detail))


def _explain(detail: ErrorDetails) -> str:
    """A sentence from a pydantic error."""
    message = detail["msg"].removeprefix("Value error, ")
    match detail["type"]:
        case "missing":
            return "is needed"
        case "extra_forbidden":
            return "is not a key of this family"
        case "value_error":
            return message
        case _:
            return f"{message[0].lower()}{message[1:]}, not {shown(detail['input'])}"


def _divides(part: int, part_name: str, whole: int, whole_name: str) -> None:
    if whole % part:
        raise ValueError(f"{part_name} {part} does not divide {whole_name} {whole}")


def _fits(length: int, limit_name: str, limit: int) -> None:
    if length > limit:
        raise ValueError(f"{length} positions are more than config.{limit_name} {limit}")
