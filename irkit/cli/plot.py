"""``irkit plot``."""

from __future__ import annotations

import click


@click.command()
@click.argument("reports", nargs=-1, required=True, type=click.Path(dir_okay=False))
@click.option("-o", "--output", default="memory.png", show_default=True, help="png, svg or pdf.")
@click.option("--log-scale", is_flag=True, help="Memory on a logarithmic axis.")
def plot(reports: tuple[str, ...], output: str, *, log_scale: bool) -> None:
    """Draw resident memory over time, one line for each of REPORTS (lower --report)."""
    from irkit.memory_plot import draw_memory
    from irkit.report import read_report

    draw_memory([read_report(path) for path in reports], output, log_scale=log_scale)
