"""``irkit explain``."""

from __future__ import annotations

import click

SCHEMA = "irkit.explain/1"


@click.command()
@click.argument("operation", required=False)
@click.argument("constraint", required=False, metavar="[ID]")
@click.option("--list", "listed", is_flag=True, help="List the operations.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def explain(operation: str | None, constraint: str | None, form: str, *, listed: bool) -> None:
    """Show what is known of a StableHLO operation, or of one of its constraints.

    \b
    irkit explain dot_general
    irkit explain stablehlo.dot_general C13
    irkit explain --list

    The constraints are those that `irkit check` reports by the same ids.
    """
    from irkit.operation_page import constraint_line, operation_names, operation_page, page_text

    if listed:
        names = operation_names()
        _show({"operations": names}, "\n".join(names), form)
        return
    if operation is None:
        raise click.UsageError("name an operation, or give --list")
    page = operation_page(operation)
    if constraint is None:
        _show({"operation": page.data()}, page_text(page), form)
        return
    line = constraint_line(page, constraint)
    text = f"{page.name}: ({line.id}) {line.text}" + (f" [{line.note}]" if line.note else "")
    data = {"id": line.id, "text": line.text, "checked": line.checked, "note": line.note}
    _show({"operation": page.name, "constraint": data}, text, form)


def _show(data: dict[str, object], text: str, form: str) -> None:
    if form == "text":
        click.echo(text)
        return
    import json

    click.echo(json.dumps({"schema": SCHEMA, **data}, indent=2))
