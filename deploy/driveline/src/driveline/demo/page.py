"""How the demo looks: the tables as they come, and the one page at the end; within 80 columns, plain where nobody watches."""

from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from driveline.demo.aftermath import Refusals
from driveline.demo.benchmarks import Row
from driveline.demo.draw import AUTOMOTIVE, OCCUPATION
from driveline.demo.outcome import Outcome
from driveline.demo.sources import Official, state_means
from driveline.running import Running
from driveline.verify.values import NAMES

STATE_COLUMNS = 2
REASON_WIDTH = 44


def _table(title: str, *columns: str, caption: str | None = None) -> Table:
    table = Table(
        title=title, caption=caption, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False
    )
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def nation_table(rows: Iterable[Row], official: dict[str, Official]) -> Table:
    """Released, put in and official percentiles, by type of shop."""
    table = _table(
        "Hourly pay in the nation, by type of shop", "", *NAMES, "contributors",
        caption="put in: the percentiles of the entries that stand, before rounding to $0.25 rounded alike;\n"
        "official: BLS OEWS May 2025, the occupation as a whole",
    )  # fmt: skip
    for row in rows:
        soc = official[OCCUPATION.get(row.shop_type, AUTOMOTIVE)]
        table.add_row(f"[bold]{row.shop_type}[/] ({soc.soc})")
        released = [row.number(name) for name in NAMES]
        table.add_row("  released", *released, str(row.said.get("contributors", "")), style="green")
        table.add_row("  put in", *(row.put_in.get(name, "") for name in NAMES))
        table.add_row("  official", *(f"{soc.percentiles[float(q)]:.2f}" for q in NAMES.values()), end_section=True)
    return table


def state_table(rows: list[Row]) -> Table:
    """Benchmarks by state, in two blocks side by side."""
    means = state_means()
    block = ("state", "p25", "median", "p75", "of", "mean*")
    table = _table(
        "Hourly pay by state: independent repair shops, all roles",
        *(name if at == 0 or name != "state" else f"  {name}" for at in range(STATE_COLUMNS) for name in block),
        caption="of: contributors. * official mean of 49-3023 (BLS OEWS May 2025).\n"
        "PA: real shops with drawn pay; every other state: synthetic shops. '-': not shown, the disclosure rules say no.",
    )
    height = -(-len(rows) // STATE_COLUMNS)
    for line in range(height):
        cells: list[str] = []
        for at, row in enumerate(rows[line::height]):
            numbers = [row.number(name) or "-" for name in ("p25", "p50", "p75")]
            many = str(row.said["contributors"]) if row.published else "-"
            cells += [
                ("  " if at else "") + row.place,
                numbers[0],
                f"[green]{numbers[1]}[/]",
                numbers[2],
                many,
                str(means[row.place]),
            ]
        table.add_row(*cells)
    return table


def refusal_table(refusals: Refusals, dead: list[str]) -> Table:
    """What was refused, how often, and an example of the reason that the partner reads."""
    table = _table("Refused, and why", "what was sent", "refused", "for example")
    table.columns[2].justify = "left"
    table.columns[2].no_wrap = False
    for kind, reasons in sorted(refusals.reasons.items(), key=lambda item: -len(item[1])):
        table.add_row(kind, f"{len(reasons):,}", Text(_short(reasons[0])))
    if dead:
        table.add_row("broken, on an inner topic", f"{len(dead):,}", Text("dead letter: " + _short(dead[0])))
    return table


def _short(text: str) -> str:
    return text if len(text) <= 2 * REASON_WIDTH else text[: 2 * REASON_WIDTH - 3] + "..."


def summary(outcome: Outcome, running: Running, *, keep: bool) -> RenderableType:
    """The one page: what happened, in what time, how fast, and what is or would be served."""
    story, manifest = outcome.story, outcome.manifest
    told = ", ".join(f"{count:,} {way}" for way, count in story.told.items())
    happened = Table.grid(padding=(0, 2))
    happened.add_column(style="bold", no_wrap=True)
    happened.add_column()
    happened.add_row("joined", f"{outcome.schools.counts['joined']:,} schools, {outcome.real_shops:,} Pennsylvania shops, "
                     f"{outcome.applications.counts.get('joined', 0):,} synthetic shops elsewhere; {outcome.left} left again")  # fmt: skip
    happened.add_row(
        "published", f"{len(story.published):,} records in {outcome.published_seconds:.1f} s, from another process"
    )
    happened.add_row("told", told)
    happened.add_row("released", f"epoch {manifest['epoch']}, cutoff {manifest['cutoffs']['pay']}, {outcome.check.cells:,} cells of "
                     f"{outcome.standing:,} entries under {manifest['policies']['pay']}")  # fmt: skip
    time = _table("In what time", "", "s")
    for what, seconds in outcome.stages:
        time.add_row(what, f"{seconds:.1f}")
    time.add_row("[bold]all of it[/]", f"[bold]{outcome.seconds:.1f}[/]")
    speed = _table("Through each service, while it was busy", "consumer group", "events", "a second")
    for group, pace in sorted(outcome.paces.items()):
        speed.add_row(group, f"{pace.events:,}", f"{pace.rate:,.0f}" if pace.events else "-")
    claims = Table.grid(padding=(0, 1))
    for claim in outcome.claims():
        claims.add_row("[green]✓[/]" if claim.shown else "[red]✗ NOT SHOWN[/]", claim.text)
    verdict = (
        "[bold green]Everything above was checked.[/]" if outcome.clean else "[bold red]Not everything was shown.[/]"
    )
    parts = (
        Text("\nDriveline: the demo in one page", style="bold"),
        Padding(happened, (1, 0)),
        time,
        speed,
        claims,
        "",
        verdict,
        "",
        served(running, keep=keep),
    )
    return Group(*parts)


def served(running: Running, *, keep: bool) -> RenderableType:
    """What the system serves now, or what `driveline up` would."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("[bold]It serves now[/]" if keep else "[bold]`driveline up` would serve[/]", "")
    address = running.membership if keep else "http://127.0.0.1:8001"
    table.add_row("membership", f"{address}  /v1/members /v1/events /v1/receipts/ID /oauth/token")
    table.add_row("matching", f"{running.matching if keep else 'http://127.0.0.1:8002'}  /livez /readyz /metrics")
    address = running.exchange if keep else "http://127.0.0.1:8003"
    table.add_row("exchange", f"{address}  /v1/benchmarks/pay?role=tech_a&state=PA /v1/epochs")
    table.add_row(
        "notifications", f"{running.notifications if keep else 'http://127.0.0.1:8004'}  /livez /readyz /metrics"
    )
    table.add_row("kafka", f"{running.kafka if keep else 'a port of its own'}  partner.wrenchway, partner.ase, ...")
    return table


def printer() -> Console:
    """Standard output: coloured and as wide as the terminal, or plain and 100 columns wide."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=100, no_color=True)
