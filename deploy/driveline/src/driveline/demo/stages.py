"""What the demo is doing: a bar while it does it, one line with its seconds when it is done; plain lines where nobody watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

WIDTH = 46


class _Count(ProgressColumn):
    """How many of how many, once that is known."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f}/{task.total:,.0f}" if task.total else "")


@dataclass
class Stage:
    """One thing the demo does; `detail` is what its line says at the end."""

    what: str
    seconds: float = 0.0
    detail: str = ""
    _progress: Progress | None = None
    _task: TaskID | None = None

    def at(self, done: float, total: float | None = None, what: str | None = None) -> None:
        """How far it is."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, description=what)


class Stages:
    """All stages of a run, in order, with their seconds."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.done: list[Stage] = []
        self._console = console
        self._quiet = quiet
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the first stage."""
        return time.monotonic() - self._begun

    @contextmanager
    def stage(self, what: str, total: float | None = None) -> Iterator[Stage]:
        """Do one thing."""
        begun = time.monotonic()
        shown = self._console.is_terminal and not self._quiet
        stage = Stage(what)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(24),
            _Count(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True, disable=not shown) as progress:
            stage._progress, stage._task = progress, progress.add_task(what, total=total)  # noqa: SLF001 - its own maker
            yield stage
        stage.seconds = time.monotonic() - begun
        self.done.append(stage)
        if not self._quiet:
            mark = "[green]✓[/]" if shown else "-"
            self._console.print(
                f"{mark} {what:<{WIDTH}} {stage.seconds:6.1f} s  {stage.detail}", highlight=False, soft_wrap=True
            )
