"""How the demo looks: its tables, and the one page at the end; within 80 columns, plain where nobody watches."""

from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from driveline.demo.aftermath import Refusals
from driveline.demo.benchmarks import Row
from driveline.demo.draw import AUTOMOTIVE, OCCUPATION
from driveline.demo.offer_rows import OfferRow
from driveline.demo.outcome import Outcome
from driveline.demo.partnerships.open_house import Guest
from driveline.demo.partnerships.tally import STEPS
from driveline.demo.sources import Official, state_means
from driveline.running import Running
from driveline.verify.values import NAMES

BLOCKS = 2  # of states, side by side
LONGEST_REASON = 84
PLAIN_WIDTH = 100
LONGEST_LINE, MOST_LINES = 98, 24  # of a trace


def _table(*columns: str, gap: int = 2) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="underline")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _titled(title: str, table: Table, note: str = "") -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), table, *([Text(note, style="dim")] if note else []))


def nation_table(rows: Iterable[Row], official: dict[str, Official]) -> RenderableType:
    """Released, put in and official percentiles, by type of shop."""
    table = _table("type of shop (occupation)", *NAMES, "contributors", gap=1)
    for row in rows:
        soc = official[OCCUPATION.get(row.shop_type, AUTOMOTIVE)]
        table.add_row(f"{row.shop_type} ({soc.soc})")
        released = [row.number(name) for name in NAMES]
        table.add_row("  released", *released, str(row.said.get("contributors", "")), style="green")
        table.add_row("  put in", *(row.put_in.get(name, "") for name in NAMES))
        table.add_row("  official", *(f"{soc.percentiles[float(q)]:.2f}" for q in NAMES.values()))
    note = "put in: the entries that stand, rounded to $0.25 alike; official: BLS OEWS 2025"
    return _titled("Hourly pay in the nation, by type of shop", table, note)


def state_table(rows: list[Row]) -> RenderableType:
    """Benchmarks by state, in blocks side by side."""
    means = state_means()
    table = _table(*("state", "p25", "median", "p75", "of", "mean*") * BLOCKS, gap=1)
    height = -(-len(rows) // BLOCKS)
    for line in range(height):
        cells: list[str] = []
        for row in rows[line::height]:
            p25, p50, p75 = (row.number(name) or "-" for name in ("p25", "p50", "p75"))
            many = str(row.said["contributors"]) if row.published else "-"
            cells += [row.place, p25, f"[green]{p50}[/]", p75, many, str(means[row.place])]
        table.add_row(*cells)
    note = (
        "of: contributors; -: not shown; *: official mean of 49-3023, BLS OEWS 2025.\n"
        "PA: real shops, drawn pay. Every other state: synthetic shops, drawn pay."
    )
    return _titled("Hourly pay by state: independent repair shops, all roles", table, note)


def offer_table(rows: Iterable[OfferRow]) -> RenderableType:
    """One state's benefits and labor rates, beside what went in and the official statistic."""
    table = _table("benefit or rate", "", "share", "amount", "p25", "median", "p75", "of", "mean*", gap=1)
    for row in rows:
        many = str(row.said.get("contributors", "-"))
        for what, said, *last in (("released", row.released, many, row.official), ("put in", row.put_in, "", "")):
            numbers = [said.get("share", "") and f"{said['share']}%", said.get("amount", "")]
            numbers += [said.get(name, "") for name in ("p25", "p50", "p75")]
            style = "green" if what == "released" else ""
            table.add_row(row.asked if what == "released" else "", what, *numbers, *last, style=style)
    note = (
        "share: of shops that offer it; amount: the median of what is said, in percent, days or dollars.\n"
        "*: official mean hourly pay of 49-3023 in the state, BLS OEWS 2025."
    )
    return _titled("Benefits and posted labor rates", table, note)


def refusal_table(refusals: Refusals, dead: list[str]) -> RenderableType:
    """What was refused, how often, and an example of the reason that the partner reads."""
    table = _table("what was sent", "refused", "for example")
    table.columns[2].justify = "left"
    table.columns[2].no_wrap = False
    for kind, reasons in sorted(refusals.reasons.items(), key=lambda item: -len(item[1])):
        table.add_row(kind, f"{len(reasons):,}", _short(reasons[0]))
    if dead:
        table.add_row("broken, on an inner topic", f"{len(dead):,}", _short(f"dead letter of {dead[0]}"))
    return _titled("Refused, and why", table)


def trace_listing(traces: Mapping[str, list[str]]) -> RenderableType:
    """What `driveline trace` says of an event each, cut where it is long."""
    parts: list[RenderableType] = []
    for event, lines in traces.items():
        parts.append(Text(f"\ndriveline trace {event}", style="bold"))
        parts += [
            Text(line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}...") for line in lines[:MOST_LINES]
        ]
        if len(lines) > MOST_LINES:
            parts.append(Text(f"... and {len(lines) - MOST_LINES} lines more", style="dim"))
    return Group(*parts)


def _short(text: str) -> Text:
    return Text(text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 3] + "...")


def _happened(outcome: Outcome) -> Table:
    story, manifest = outcome.story, outcome.manifest
    joined = outcome.applications.counts.get("joined", 0)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row(
        "joined",
        f"{outcome.schools.counts['joined']:,} schools, {outcome.real_shops:,} Pennsylvania shops, "
        f"{joined:,} synthetic shops elsewhere; {outcome.left} left again",
    )
    table.add_row(
        "published", f"{len(story.published):,} records in {outcome.published_seconds:.1f} s, by another process"
    )
    table.add_row(
        "positions",
        ", ".join(f"{count:,} {way}" for way, count in sorted(story.told.items(), key=lambda item: -item[1])),
    )
    table.add_row(
        "released",
        f"epoch {manifest['epoch']}: {outcome.check.cells:,} cells of {outcome.standing:,} entries, "
        + ", ".join(
            f"{count:,} of {measure} (to {manifest['cutoffs'][measure]})"
            for measure, count in sorted(outcome.cells.items())
        ),
    )
    acts, counted = outcome.partnerships, outcome.partnerships.tally
    table.add_row(
        "partnerships",
        f"{acts.needs} requests and {acts.offers} offers of {len(acts.cast.people)} people in {acts.seconds:.1f} s; "
        + ", ".join(f"{counted.steps[step]} {step}" for step in STEPS),
    )
    for what, templates in (("mails", counted.mails), ("texts", counted.texts)):
        said = ", ".join(f"{count} {name}" for name, count in templates.most_common())
        table.add_row(what, f"{templates.total():,}: {said}")
    return table


def _time(outcome: Outcome) -> Table:
    table = _table("", "seconds")
    for what, seconds in outcome.stages:
        table.add_row(what, f"{seconds:.1f}")
    table.add_row("all of it", f"{outcome.seconds:.1f}", style="bold")
    return table


def _speed(outcome: Outcome) -> Table:
    table = _table("while", "consumer group", "events", "seconds", "events a second")
    table.columns[1].justify = "left"
    for phase, paces in outcome.paces.items():
        for group, pace in sorted(paces.items()):
            if pace.events:
                table.add_row(phase, group, f"{pace.events:,}", f"{pace.seconds:.1f}", f"{pace.rate:,.0f}")
    return table


def _claims(outcome: Outcome) -> Table:
    table = Table.grid(padding=(0, 1))
    for claim in outcome.claims():
        table.add_row("[green]✓[/]" if claim.shown else "[red]✗ NOT SHOWN[/]", claim.text)
    return table


def summary(outcome: Outcome, running: Running, *, keep: bool) -> RenderableType:
    """The one page: what happened, in what time, how fast, and what is or would be served."""
    verdict = ("Everything above was checked.", "bold green")
    if not outcome.clean:
        verdict = ("Not everything was shown.", "bold red")
    return Group(
        _titled("Driveline: the demo in one page", _happened(outcome)),
        _titled("In what time", _time(outcome)),
        _titled(
            "Through each service",
            _speed(outcome),
            "each as fast as the step before it feeds it; what a service can do alone is in bench/",
        ),
        _titled("Shown", _claims(outcome)),
        Text(verdict[0], style=verdict[1]),
        _titled("It serves now" if keep else "`driveline up` would serve", served(running, keep=keep)),
    )


def served(running: Running, *, keep: bool) -> Table:
    """What the system serves now, or what `driveline up` would."""
    here = {"membership": 8001, "matching": 8002, "exchange": 8003, "notifications": 8004}
    paths = {
        "membership": "/sign-in /v1/members /v1/events /v1/receipts/ID",
        "matching": "/home /v1/needs /v1/offers",
        "exchange": "/benchmarks /v1/benchmarks/pay?state=PA /v1/epochs",
        "notifications": "/v1/subscriptions /v1/messages?cause=ID",
    }
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, port in here.items():
        address = getattr(running, name) if keep else f"http://127.0.0.1:{port}"
        table.add_row(Text(name, style="bold"), address, paths.get(name, "/livez /readyz /metrics"))
    kafka = running.kafka if keep else "on a free port"
    table.add_row(Text("kafka", style="bold"), kafka, "partner.wrenchway partner.ase ...")
    return table


def invite(out: Console, guests: Iterable[Guest], minutes: int) -> None:
    """Print links to sign in by, each whole on a line of its own, however narrow the terminal is."""
    parts: list[RenderableType] = []
    for guest in guests:
        name = f" ({guest.name})" if guest.name else ""
        parts += [Text.assemble((guest.who, "bold"), f"{name}, who {guest.sees}"), Text(f"  {guest.url}")]
    note = f"Each link signs in one browser, once, within {minutes} minutes. Use a private window for each."
    out.print(Text("\nSign in as", style="bold"), *parts, Text(note, style="dim"), sep="\n", soft_wrap=True)


def printer() -> Console:
    """Standard output: coloured and as wide as the terminal, or plain and of a fixed width."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH, no_color=True)
