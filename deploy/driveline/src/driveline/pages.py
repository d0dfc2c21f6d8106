"""Where people find what: the pages that every service's navigation names, and the one that they come home to."""

import json
from collections.abc import Callable

UrlOf = Callable[[str], str]
"""From a service's name to the address where it serves."""


def home(url: UrlOf) -> str:
    """Where somebody goes after signing in."""
    return f"{url('matching')}/home"


def navigation(url: UrlOf) -> str:
    """Label to address in the order shown, as `DRIVELINE_PAGES` has it."""
    found = {
        "Home": home(url),
        "Benchmarks": f"{url('exchange')}/benchmarks",
        "Account": f"{url('membership')}/",
    }
    return json.dumps(found)
