"""The names of metros: by state, in the order of their names, from the ZIP reference."""

from functools import cache

from contracts.zips import zips


@cache
def metros() -> dict[str, dict[str, str]]:
    """state -> CBSA code -> `York-Hanover, PA`. A metro over two states stands in both: it is two cells."""
    found = {(z.state, z.cbsa_title or z.cbsa, z.cbsa) for z in zips().values() if z.cbsa}
    named: dict[str, dict[str, str]] = {}
    for state, title, code in sorted(found):
        named.setdefault(state, {})[code] = title
    return named
