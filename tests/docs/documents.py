"""The Markdown files of the repository, their fenced blocks, links and headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {".venv", ".git", ".driveline", ".pytest_cache", ".hypothesis", "node_modules"}
_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n+)?^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(
    r"^(make|driveline|uv|pip|curl|git|docker|helm|kubectl|\.venv/bin/\S+|\.?/?deploy/\S+|python3? -m) ?", re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """One fenced block; `reason` is why it is not run, if a comment `<!-- not run: ... -->` before it says so."""

    document: Path
    number: int
    language: str
    text: str
    reason: str | None

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.number}"

    @property
    def is_command(self) -> bool:
        """Marked as a shell's, or unmarked and looking like it."""
        return self.language in ("sh", "bash", "console") or (not self.language and bool(_COMMAND.search(self.text)))


def documents() -> list[Path]:
    """Every Markdown file that is ours."""
    found = (path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))
    return sorted(found)


def blocks(document: Path, text: str | None = None) -> list[Block]:
    """The fenced blocks of a document, in their order."""
    text = document.read_text() if text is None else text
    found = enumerate(_FENCE.finditer(text), 1)
    return [Block(document, n, m["language"], m["text"], m["reason"]) for n, m in found]


def broken_links(document: Path, text: str | None = None) -> list[str]:
    """Links to files or headings that are not there."""
    text = document.read_text() if text is None else text
    without_code = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in _LINK.findall(without_code):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = document if not path else document.parent / path
        if not file.exists() or (anchor and anchor not in headings(file)):
            broken.append(target)
    return broken


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ +(.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}
