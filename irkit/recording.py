"""``irkit.record``: a forward, its compute graph, and its StableHLO text.

The same calls serve both ways of recording. Without a policy everything is held, as the buffered
reference does; with one that ends chunks, the forward is recorded when the graph is first asked
for something, because what may be dropped on the way depends on the outputs that are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from dialects.byte_sink import ByteSink
from irkit.artifact.form import ArtifactForm
from irkit.buffered.graph import BufferedProgram, record_buffered
from irkit.builder import Builder
from irkit.names import check_name
from irkit.outputs import ForwardResult, check_selection
from irkit.policy import ConstantsForm, Policy
from irkit.streaming.program import StreamedProgram

if TYPE_CHECKING:
    import numpy.typing as npt

    from irkit.weights import WeightSource

Forward: TypeAlias = Callable[[Builder], ForwardResult]
"""A function that records operations through a builder and returns the outputs."""

PolicyLike: TypeAlias = "Policy | str | PathLike[str]"
"""A policy, the name of one in ``specs/policies``, or the path of a YAML file."""

WeightsLike: TypeAlias = "WeightSource | str | PathLike[str] | Mapping[str, npt.NDArray[Any]]"
"""A weight source, the path of one, or arrays by name."""


class StableHLOText:
    """The text of a module: kept as it is, or made anew each time it is written."""

    def __init__(self, write: Callable[[ByteSink], None]) -> None:
        self._write = write

    def write_to(self, out: ByteSink) -> None:
        """Sends the bytes to anything with a ``write`` method."""
        self._write(out)

    def write(self, path: str | PathLike[str]) -> None:
        """Writes a file, which appears whole or not at all."""
        from irkit.output_file import AtomicFile

        with AtomicFile(Path(path), digest=False) as out:
            self._write(out)

    @property
    def text(self) -> str:
        """All of it in memory."""
        parts: list[bytes] = []
        self._write(_Parts(parts))
        return b"".join(parts).decode()

    def __str__(self) -> str:
        return self.text


class _Parts:
    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        self._parts.append(bytes(data))


class ComputeGraph:
    """The recorded operations, and the outputs that they serve.

    Graphs are values: :meth:`pruned_to_outputs` gives another and leaves this one as it is.
    """

    def __init__(
        self,
        recording: Recording,
        outputs: Sequence[str] | None,
        *,
        pruned: bool,
        buffered: BufferedProgram | None = None,
    ) -> None:
        self.recording = recording
        self.pruned = pruned
        """Whether dead operations were dropped."""
        self._wanted = outputs
        self._buffered = buffered
        self._streamed: StreamedProgram | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs that the graph returns."""
        if self._wanted is not None:
            return tuple(self._wanted)
        return self.buffered().outputs if self.recording.is_buffered else self.streamed().outputs

    @property
    def num_nodes(self) -> int:
        """Operations in the function; those inside regions and the return are not counted."""
        if self.recording.is_buffered:
            return self.buffered().nodes
        program = self.streamed()
        program.sweep()
        return program.operations_emitted

    def pruned_to_outputs(self, outputs: Sequence[str] | None = None) -> ComputeGraph:
        """What the outputs called ``outputs`` need (all outputs if None), by upstream's rule for
        dead code: an operation goes if nothing kept reads it and it has no effect.

        Raises ``BuildError`` for an unknown output: here if the forward has been recorded, else
        when it is.
        """
        wanted = self._wanted
        if outputs is not None:
            wanted = check_selection(outputs, self.outputs if self._is_recorded else outputs)
        buffered = self.buffered().pruned(wanted) if self.recording.is_buffered else None
        return ComputeGraph(self.recording, wanted, pruned=True, buffered=buffered)

    @property
    def _is_recorded(self) -> bool:
        """Whether the outputs are known without running the forward."""
        known = self.recording.is_buffered or self._streamed is not None
        return known or self._wanted is not None

    def to_stablehlo(self) -> StableHLOText:
        """The module's text."""
        if self.recording.is_buffered:
            text = self.buffered().text()
            return StableHLOText(lambda out: _write_whole(out, text))
        program = self.streamed()
        name = self.recording.name
        return StableHLOText(lambda out: program.write(out, name))

    def buffered(self) -> BufferedProgram:
        """The whole module; only where the recording is buffered."""
        if self._buffered is None:
            self._buffered = self.recording.buffered()
        return self._buffered

    def streamed(self) -> StreamedProgram:
        """The recorded chunks; only where the recording is streamed."""
        if self._streamed is None:
            self._streamed = self.recording.streamed(self._wanted, prune=self.pruned)
        return self._streamed


def _write_whole(out: ByteSink, text: str) -> None:
    out.write(text.encode())


class Recording:
    """A forward with the settings under which it is recorded; made by :func:`record`."""

    def __init__(
        self,
        forward: Forward,
        policy: Policy,
        form: ArtifactForm,
        weights: WeightSource | None,
        name: str,
    ) -> None:
        self.forward = forward
        self.policy = policy
        self.form = form
        self.weights = weights
        self.name = name
        self._whole: BufferedProgram | None = None
        if self.is_buffered:
            self._whole = record_buffered(forward, form, weights, name)

    @property
    def is_buffered(self) -> bool:
        """Whether everything is held."""
        return self.policy.buffered

    def to_compute_graph(self) -> ComputeGraph:
        """The graph as recorded, dead operations included."""
        return ComputeGraph(self, None, pruned=False)

    def buffered(self) -> BufferedProgram:
        """The whole program."""
        assert self._whole is not None
        return self._whole

    def streamed(self, outputs: Sequence[str] | None, *, prune: bool) -> StreamedProgram:
        """Runs the forward through chunks."""
        return StreamedProgram(
            self.forward, self.policy, self.form, self.weights, outputs=outputs, prune=prune
        )


def record(
    forward: Forward,
    *,
    policy: PolicyLike | None = None,
    weights: WeightsLike | None = None,
    constants: ConstantsForm | None = None,
    name: str = "main",
) -> Recording:
    """Prepares a forward for lowering; without a policy it runs here and everything is held.

    ``constants`` is the artifact form of parameters (``argument``, ``inline``, ``resource``,
    ``external``); by default ``external`` with weights and ``argument`` without. ``name`` becomes
    the module's symbol name.
    Raises ``BuildError``, ``PolicyError``, ``WeightError`` or ``ArtifactError``.
    """
    check_name("a module", name)
    chosen = as_policy(policy)
    source = as_weights(weights)
    form = ArtifactForm.choose(chosen, constants, source)
    return Recording(forward, chosen, form, source, name)


def as_policy(policy: PolicyLike | None) -> Policy:
    """The policy itself, or read by name or path; the buffered one for None."""
    if policy is None:
        return Policy(name="buffered")
    if isinstance(policy, Policy):
        return policy
    from irkit.policy_file import load_policy

    return load_policy(Path(policy))


def as_weights(weights: WeightsLike | None) -> WeightSource | None:
    """The source itself, or opened."""
    if weights is None:
        return None
    from irkit.weights import open_weights

    return open_weights(Path(weights) if isinstance(weights, str | PathLike) else weights)
