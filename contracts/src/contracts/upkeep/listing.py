"""The table of topics as the README shows it."""

from __future__ import annotations

from contracts.topic import Topic
from contracts.topics import TOPICS, partner_topics

BEGIN, END = "<!-- topics: written by python -m contracts.generate -->", "<!-- /topics -->"
DAY_MS = 86_400_000


def with_listing(readme: str) -> str:
    """Return a README with the table between its marks brought up to date."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{listing()}{END}{after}" if rest else readme


def listing() -> str:
    """Return the table of all topics in Markdown."""
    heads = ("topic", "carries", "key", "written by", "read by", "going to be read by", "kept", "scope")
    lines = [_line(heads), _line(["---"] * len(heads))]
    rows = [(t.name, t) for t in TOPICS if not t.name.endswith(".dead")]
    own, rejected = partner_topics("name")
    dead = next(t for t in TOPICS if t.name.endswith(".dead"))
    rows += [("partner.<name>", own), ("partner.<name>.rejected", rejected), ("<service>.dead", dead)]
    for name, topic in rows:
        lines.append(_line(_cells(name, topic)))
    return "".join(lines)


def _cells(name: str, topic: Topic) -> list[str]:
    kept = "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms // DAY_MS} days"
    kept += ", compacted" if topic.cleanup == "compact" else ""
    writers = {"partner.<name>": "the partner", "<service>.dead": "the service"}.get(name, ", ".join(topic.writers))
    carries = topic.carries.replace(" of name", "").replace("name publishes", "the partner publishes")
    readers = "the partner" if name.endswith(".rejected") else ", ".join(topic.readers)
    read = [carries, topic.key or "", writers, readers, ", ".join(topic.later_readers)]
    return [f"`{name}`", *read, kept, topic.scope or ""]


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
