"""A forward recorded through bounded chunks, and its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from dialects.byte_sink import ByteSink
from irkit.artifact.form import ArtifactForm, Parameter
from irkit.artifact.writer import ArtifactWriter
from irkit.builder import Builder
from irkit.collector import fewer_collections
from irkit.interruption import doing
from irkit.memory_limit import MemoryWatch
from irkit.outputs import ForwardResult, are_named, named_outputs, select_outputs
from irkit.policy import Policy
from irkit.streaming.declared_body import DeclaredBody
from irkit.streaming.emitter import Emitter, NestedText
from irkit.streaming.function_text import (
    FUNCTION_END,
    MODULE_END,
    function_header,
    module_header,
    return_line,
)
from irkit.streaming.nested_names import NameCounters
from irkit.streaming.op_log import OpLog
from irkit.streaming.sweep import Liveness, Sweep
from irkit.streaming.tape import ChunkedTape

if TYPE_CHECKING:
    from irkit.weights import WeightSource

Forward = Callable[[Builder], ForwardResult]


class StreamedProgram:
    """Records ``forward`` at once; the log stays until :meth:`close`.

    ``outputs`` names the outputs to keep (all if None). With ``prune`` false the program is kept
    as recorded.
    """

    def __init__(
        self,
        forward: Forward,
        policy: Policy,
        form: ArtifactForm,
        weights: WeightSource | None,
        *,
        outputs: Sequence[str] | None = None,
        prune: bool = True,
    ) -> None:
        self.form = form
        self.weights = weights
        self._prune = prune
        watch = MemoryWatch(policy) if policy.chunk_end == "bytes" else None
        memory = policy.log_memory_limit if policy.log == "memory" else 0
        self.log = OpLog(memory, policy.log_directory)
        self.operations_emitted = 0
        self.widest_cut = 0
        self._liveness: Liveness | None = None
        self._body: DeclaredBody | None = None
        if policy.live_outs == "declared":
            self._body = DeclaredBody(self.log.templates, self._suggested, policy.log_directory)
        self.tape = ChunkedTape(
            policy,
            self.log.templates,
            self.log.append if self._body is None else self._body.append,
            on_close=None if watch is None else partial(watch.look, self._place),
            on_forget=None if self._body is None else self._body.forget,
            parameters_are_arguments=form.as_arguments,
            prune=prune,
        )
        self.builder = Builder(self.tape, weights)
        try:
            with fewer_collections():
                self._record(forward, outputs)
        except BaseException:
            self.close()
            raise

    def _record(self, forward: Forward, outputs: Sequence[str] | None) -> None:
        builder = self.builder
        try:
            with doing(lambda: f"recording ({builder.operations_recorded:,} operations)"):
                result = forward(builder)
            returned = named_outputs(result)
            kept = select_outputs(returned, outputs)
            self.outputs = tuple(kept)
            self.results = [
                (name if are_named(result) else None, value.type) for name, value in kept.items()
            ]
            for name, value in returned.items():
                builder.own(value, f"output {name!r}")
            self.roots = self.tape.finish(list(kept.values()))
            self.words = {name: value.word for name, value in returned.items()}
            """Of everything that the forward returned, outputs that were not wanted included."""
        finally:
            builder.close()
        self.operations_recorded = self.tape.operations_recorded

    def _place(self) -> str:
        return f"after {self.tape.operations_recorded:,} operations"

    @property
    def emitted_as_recorded(self) -> bool:
        """Whether live-outs are declared, so that there is no log."""
        return self._body is not None

    @property
    def parameters(self) -> list[Parameter]:
        """The declared parameters that are no arguments, by position."""
        types = self.tape.parameter_types
        return [Parameter(n, types[i]) for n, i in self.tape.parameters.items()]

    def _suggested(self, position: int) -> str:
        return self.form.suggested_name(self.tape.parameter_at(position))

    def write(self, out: ByteSink, module_name: str) -> None:
        """Writes the module's text, in UTF-8.

        Raises ``WeightError`` where a weight can not be read or its file has changed, and what
        ``out`` raises.
        """
        artifact = ArtifactWriter(out, self.form, self.parameters, self.weights)
        self.sweep()
        final, live = self._final_state()
        nested = NestedText(self.log.templates, final)
        artifact.prologue(module_header(module_name), live)
        out.write(function_header(self.tape.arguments, self.results).encode())
        if self._body is not None:
            emitter = self._body.emitter
            self._body.replay(artifact, nested)
        else:
            emitter = Emitter(self.log.templates, _Sink(artifact, nested), self._suggested)
            for record in self.log:
                emitter.emit(record)
        names = [emitter.name_of(word) for word in self.roots]
        types: list[TensorType[Attribute]] = [type_ for _, type_ in self.results]
        out.write((return_line(names, types) + FUNCTION_END).encode())
        for text in self.tape.functions:
            out.write(text)
        out.write(MODULE_END.encode())
        artifact.epilogue()
        _check_unchanged(self.weights)

    def sweep(self) -> None:
        """Finds what the outputs need, once; nothing is left to find with declared live-outs."""
        if self._liveness is not None:
            return
        if self._body is not None:
            self._liveness = Liveness(
                kept=self._body.operations,
                parameters=set(self._body.parameters),
                widest_cut=self._body.widest_cut,
            )
        else:
            sweep = Sweep(self.log.templates, self.roots, self._suggested, keep_all=not self._prune)
            self.log.rewrite_backward(sweep.visit)
            self._liveness = sweep.found
        self.operations_emitted = self._liveness.kept
        self.widest_cut = self._liveness.widest_cut

    def _final_state(self) -> tuple[NameCounters, list[int]]:
        """The naming state at the end of the function, and the parameters that are read."""
        assert self._liveness is not None
        live = sorted(self._liveness.parameters)
        arguments = len(self.tape.arguments)
        if self._body is None:
            return self._liveness.final_counters(arguments), live
        last = self._body.emitter.counters
        return NameCounters(last.number, arguments, last.conflict, last.used), live

    def close(self) -> None:
        """Frees the log."""
        self.log.close()
        self.tape.functions.close()
        if self._body is not None:
            self._body.close()


class _Sink:
    """Lines straight to the artifact; the function's final numbering is known."""

    def __init__(self, artifact: ArtifactWriter, nested: NestedText) -> None:
        self.text = artifact.text
        self.parameter = artifact.parameter
        self._nested = nested

    def nested(self, template: int, names: list[str]) -> None:
        self.text(self._nested.fill(template, names))


def _check_unchanged(weights: WeightSource | None) -> None:
    if weights is not None:
        # Not loaded without weights.
        from irkit.weights import check_unchanged

        check_unchanged(weights)
