"""Progress on the terminal: steps with a spinner and their seconds; nothing where nobody watches."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn


class Quiet:
    """Says nothing, but keeps the seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - begun


class Shown(Quiet):
    """One line a step, several at once where work runs in parallel."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> "Shown":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        task = self._progress.add_task(what, total=1)
        with super().step(what):
            yield
        self._progress.update(task, completed=1)


def steps_for(console: Console, *, quiet: bool = False) -> Quiet:
    """Spinners on a terminal, silence elsewhere."""
    return Shown(console) if console.is_terminal and not quiet else Quiet()


@contextmanager
def bar(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; what it yields is called with each advance. Nothing is drawn where nobody watches."""
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        waiting = 0

        def advance(amount: int) -> None:
            nonlocal waiting
            waiting += amount
            if waiting * 200 >= total:  # drawing each of a million steps would cost more than the work
                progress.advance(task, waiting)
                waiting = 0

        yield advance
        progress.update(task, completed=total)
