"""Ports are given to one owner at a time, across processes, even before anybody listens on them."""

import subprocess
import sys

from chassis.servers.ports import free_port, give_back

ANOTHER_RUN = "import sys; from chassis.servers.ports import free_port; print(free_port(int(sys.argv[1])))"


def told_to_another_run(port: int) -> int:
    run = subprocess.run([sys.executable, "-c", ANOTHER_RUN, str(port)], capture_output=True, text=True, check=True)
    return int(run.stdout)


def test_what_one_run_was_given_another_does_not_get_until_it_is_given_back() -> None:
    port = free_port()
    assert told_to_another_run(port) != port
    assert free_port(port) != port
    give_back(port)
    assert told_to_another_run(port) == port


def test_a_killed_run_gives_its_ports_back() -> None:
    port = free_port()
    give_back(port)
    waiting = "import sys; from chassis.servers.ports import free_port; print(free_port(int(sys.argv[1])), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", waiting, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert int(other.stdout.readline()) == port
        assert free_port(port) != port
        other.kill()
    assert free_port(port) == port
    give_back(port)
