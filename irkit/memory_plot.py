"""A picture of resident memory over time, of one run or several."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from irkit.errors import IRKitError
from irkit.output_file import AtomicFile
from irkit.report import Report

MB = 1e6
FORMATS = ("png", "svg", "pdf")
_COLOURS = ("#0b6e99", "#d1495b", "#66a182", "#edae49", "#5f4b8b", "#8d6a4f")
_INK = "#222222"


class PlotError(IRKitError, RuntimeError):
    """A picture that can not be drawn."""


def draw_memory(reports: Sequence[Report], path: str | Path, *, log_scale: bool = False) -> None:
    """Draws memory over time, one line a report, and writes it to ``path`` (png, svg or pdf).

    Below the lines each run has a bar of its phases. The peak in the legend is the kernel's; a
    sample can miss it. Raises :class:`PlotError` where matplotlib is missing or the format
    unknown, and :class:`~irkit.output_file.OutputError`.
    """
    suffix = "png" if str(path) == "-" else Path(path).suffix.lstrip(".").lower()
    if suffix not in FORMATS:
        raise PlotError(f"{path}: the name must end in {', '.join(f'.{f}' for f in FORMATS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError("matplotlib is not installed: pip install 'irkit[plot]'") from None
    figure: Any = Figure(figsize=(8, 4 + 0.3 * len(reports)), dpi=150, layout="constrained")
    axes, strip = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [12, len(reports)], "hspace": 0.02}
    )
    for number, report in enumerate(reports):
        colour = _COLOURS[number % len(_COLOURS)]
        _draw_run(axes, report, colour)
        _draw_phases(strip, report, number, colour)
    _label(axes, reports, log_scale=log_scale)
    _label_strip(strip, reports)
    picture = BytesIO()
    figure.savefig(picture, format=suffix)
    with AtomicFile(path, digest=False) as file:
        file.write(picture.getvalue())


def _draw_run(axes: Any, report: Report, colour: str) -> None:
    times = [t for t, _ in report.memory]
    sizes = [size / MB for _, size in report.memory]
    peak = report.peak_resident_bytes / MB
    label = f"{report.label}: peak {peak:,.0f} MB, {report.wall_seconds:.1f} s"
    axes.plot(times, sizes, color=colour, linewidth=1.6, label=label)
    axes.fill_between(times, sizes, color=colour, alpha=0.08, linewidth=0)
    if times:
        axes.plot(times[-1:], sizes[-1:], "o", color=colour, markersize=4)


def _draw_phases(strip: Any, report: Report, row: int, colour: str) -> None:
    """A bar of the run's phases, each named where its name has room."""
    longest = max((t for t, _ in report.memory), default=1.0)
    for number, phase in enumerate(report.phases):
        seconds = phase.end - phase.start
        alpha = (0.25, 0.45)[number % 2]
        strip.barh(row, seconds, left=phase.start, height=0.8, color=colour, alpha=alpha, lw=0)
        if seconds > 0.015 * len(phase.name) * longest:
            place = (phase.start + phase.end) / 2
            strip.text(place, row, phase.name, ha="center", va="center", fontsize=7, color=_INK)


def _label(axes: Any, reports: Sequence[Report], *, log_scale: bool) -> None:
    models = sorted({report.model for report in reports})
    axes.set_title(f"Lowering {', '.join(models)}", loc="left", color=_INK, pad=4)
    axes.set_ylabel("resident memory (MB)")
    axes.set_xlim(left=0)
    if log_scale:
        axes.set_yscale("log", subs=[2, 5])
        for axis_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            axis_formatter("{x:,.0f}")
    else:
        axes.set_ylim(bottom=0)
        axes.margins(y=0.15)
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1.06), ncols=2, fontsize=8)
    axes.tick_params(axis="x", labelbottom=False, length=0)


def _label_strip(strip: Any, reports: Sequence[Report]) -> None:
    strip.set_xlabel("seconds; below the lines, the phases of each run")
    strip.set_yticks(range(len(reports)), [report.label for report in reports], fontsize=7)
    strip.set_ylim(len(reports) - 0.5, -0.5)
    strip.tick_params(axis="y", length=0)
    strip.spines[["top", "right", "left"]].set_visible(False)
