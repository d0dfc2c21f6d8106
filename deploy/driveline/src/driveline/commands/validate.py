"""`driveline validate`: says of a file of CloudEvents what `publish` would refuse."""

import time

from contracts.event import Refused

from driveline.commands.publish import report
from driveline.events import lines, record_of
from driveline.options import AsJson, EventFile
from driveline.output import console
from driveline.publishing import Sent
from driveline.steps import bar


def validate(file: EventFile, *, as_json: AsJson = False) -> int:
    """Check every line without sending; a bad line is reported with its number and reason."""
    begun = time.monotonic()
    found = Sent()
    with bar(console, f"checking {file.name}", file.stat().st_size if file.exists() else 0) as advance:
        for number, line in lines(file):
            advance(len(line))
            try:
                record_of(line, None)
            except Refused as refused:
                found.refused.append((number, str(refused)))
            else:
                found.records += 1
    report(file, "valid", found, time.monotonic() - begun, as_json)
    return 1 if found.refused else 0
