"""What every server that runs as a process of this machine has in common: it is stopped, killed, and asked whether it lives."""

from chassis.servers.process import Child


class Native:
    """Its process is `child` while it runs; `start` is each server's own."""

    stop_within_s = 15.0
    child: Child | None = None

    def stop(self) -> None:
        """Orderly, and by force if that takes too long."""
        if self.child is not None:
            self.child.stop(self.stop_within_s)
            self.child = None

    def kill(self) -> None:
        """SIGKILL; what `start` finds then is what the server had made durable."""
        if self.child is not None:
            self.child.kill()
            self.child = None

    def alive(self) -> bool:
        return self.child is not None and self.child.alive()
