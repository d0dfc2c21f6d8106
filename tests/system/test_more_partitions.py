"""The runbook for more partitions, walked from its first command to its last on a system of its own."""

import os
import re
import subprocess
from pathlib import Path

from market import members, pay, submitted
from outside import COMMAND
from up_command import running_up

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbooks" / "more-partitions.md"
HERE = {"role": "tech_a", "state": "PA"}


def test_the_runbook_leads_from_6_to_12(tmp_path: Path) -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL)
    assert len(commands) == 4
    with running_up(tmp_path, "--fresh") as up:
        shops = members(up, 10)
        up.publish([submitted(pay(shop, "s", rate=f"{20 + n}.00")) for n, shop in enumerate(shops)])
        up.settle()
        before = up.release()
        assert before["partitions"] == 6
        assert up.ask(**HERE)["percentiles"]["p50"] == "24.50"

        environment = {name: value for name, value in os.environ.items() if not name.startswith("DRIVELINE_")}
        environment |= {"DRIVELINE_READY": str(up.ready), "PATH": f"{COMMAND.parent}:{environment['PATH']}"}
        for number, command in enumerate(commands):
            if number == 2:  # the exchange is stopped: this waits
                up.publish([submitted(pay(shop, "s", rate=f"{40 + n}.00", revision=2)) for n, shop in enumerate(shops)])
            run = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                capture_output=True, text=True, check=False, cwd=up.folder, env=environment, timeout=240,
            )  # fmt: skip
            assert run.returncode == 0, run.stdout + run.stderr

        assert up.ask(**HERE)["percentiles"]["p50"] == "44.50"
        after = up.log("exchange.epoch")[-1].body
        assert (after["epoch"], after["partitions"]) == (2, 12)
        assert len(after["offsets"]["pay.submitted"]) == 12
