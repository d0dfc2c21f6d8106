"""What versions of cells of benefits say about whether the target offers one: what holds for every count they leave possible.

Shares are rounded and withheld by the exchange's own code. A shop answers a benefit once, and the curious member knows that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final

import numpy as np
from exchange.domain.offering import COUNTS, NOT_GIVEN, NOT_OFFERED, Offers, offered
from exchange.domain.policy import Policy

from .attack_bounds import Array
from .attack_counts import LEAST, MOST
from .attack_curious import Curious, Seen, Statement

Answers = frozenset[bool]
EITHER: Final = frozenset((False, True))
_MOST: Final = MOST | {"50_plus": 150}  # shops that it thinks of: of 200 five that do not offer vanish in the rounding
_UNANIMOUS: Final = (0, 100_00)  # one version alone says nothing of one of many unlike answers
_COMBINATIONS: Final = 100_000
_ALL: Final = np.array([True])
_Covering = tuple[Seen, Array]


@dataclass(frozen=True, slots=True)
class Possible:
    """Which answers are possible to one who is told that a version counts the target (`by_one`); that, how many answers a
    version counts, and that a finer one does not count it (`between`); where versions differ by it alone (`where`); and
    that with how many answers they count (`counted`). `apart`: there are versions that differ by it alone."""

    by_one: Answers = EITHER
    between: Answers = EITHER
    where: Answers = EITHER
    counted: Answers = EITHER
    apart: bool = False


def possible(curious: Curious, policy: Policy) -> dict[Statement, Possible]:
    """Under a policy, by what the target said at one time or another, as far as any version counts it."""
    found: dict[Statement, Possible] = {}

    def note(statement: Statement, **answers: Answers) -> None:
        known = found.get(statement, Possible())
        left = {name: getattr(known, name) & which for name, which in answers.items()}
        found[statement] = replace(known, **left)

    for seen in curious.by_others.values():
        versions = _distinct(seen.values())
        for version in versions:
            for statement in version[1].target:
                note(statement)
            if version[0].share in _UNANIMOUS:
                for statement, answers in _over_all([version], policy).items():
                    note(statement, by_one=answers)
        if not any(counted.target for _, counted in versions):
            continue
        apart = len({counted.target for _, counted in versions}) > 1
        for statement, answers in _over_all(versions, policy).items():
            note(statement, where=answers)
            found[statement] = replace(found[statement], apart=apart or found[statement].apart)
        for statement, answers in _consistent(
            [versions[0][1].unknown], [(one, _ALL) for one in versions], policy
        ).items():
            note(statement, counted=answers)
    by_name = {(key, release): one for seen in curious.by_others.values() for (key, release), one in seen.items()}
    pairs = ((by_name[wide, release], by_name[fine, release]) for release, wide, fine in sorted(curious.nested))
    for wide, fine in {(_content(wide), _content(fine)): (wide, fine) for wide, fine in pairs}.values():
        for statement, answers in _between(wide, fine, policy).items() if wide[0].share != NOT_GIVEN else ():
            note(statement, between=answers)
    for groups, together in curious.together():
        sizes = [next(iter(curious.by_others[group].values()))[1].unknown for group in groups]
        for statement, answers in _consistent(sizes, together, policy).items():
            note(statement, counted=answers)
    return found


def _content(seen: Seen) -> tuple[object, ...]:
    version, counted = seen
    return counted, version.share, bool(version.figures.percentiles)


def _distinct(versions: Iterable[Seen]) -> list[Seen]:
    """Versions that count the same and say the same say it once."""
    return list({_content(one): one for one in versions}.values())


def _between(wide: Seen, fine: Seen, policy: Policy) -> dict[Statement, Answers]:
    """What a version and a finer one of the same release say together: those who are in the first alone are what is left."""
    sizes = [fine[1].unknown, wide[1].unknown - fine[1].unknown]
    return _consistent(sizes, [(fine, np.array([True, False])), (wide, np.array([True, True]))], policy)


def _over_all(versions: Sequence[Seen], policy: Policy) -> dict[Statement, Answers]:
    """What is possible under any count of the others' answers that the bands allow."""
    statements = {statement for _, counted in versions for statement in counted.target}
    found: dict[Statement, Answers] = dict.fromkeys(statements, frozenset())
    for n in _counts(versions) if statements else ():
        for statement, answers in _consistent([n], [(one, _ALL) for one in versions], policy).items():
            found[statement] |= answers
        if all(answers == EITHER for answers in found.values()):
            break
    return found


def _counts(versions: Sequence[Seen]) -> Iterator[int]:
    bands = [(version.figures.contributors, len(counted.own) + len(counted.target)) for version, counted in versions]
    yield from range(
        max(LEAST[band] - more for band, more in bands), min(_MOST[band] - more for band, more in bands) + 1
    )


def _consistent(sizes: Sequence[int], versions: Sequence[_Covering], policy: Policy) -> dict[Statement, Answers]:
    """Which answers of the target leave all versions as they are, for some answers of the others: of groups of these sizes,
    each version with those it covers."""
    offering = _answers_of_groups(sizes, versions, policy)
    if offering is None:
        return {}
    fits = np.ones(len(offering), bool)
    of_statement: dict[Statement, tuple[Array, Array]] = {}
    for seen, covered in versions:
        if not seen[1].target:
            fits &= _says(sizes, offering, seen, covered, 0, policy)
            continue
        no, yes = of_statement.setdefault(seen[1].target[0], (fits | True, fits | True))
        no &= _says(sizes, offering, seen, covered, 0, policy)
        yes &= _says(sizes, offering, seen, covered, 1, policy)
    for no, yes in of_statement.values():
        fits &= no | yes
    return {
        statement: frozenset(
            answer for answer, leaves in zip((False, True), both, strict=True) if (fits & leaves).any()
        )
        for statement, both in of_statement.items()
    }


def _answers_of_groups(sizes: Sequence[int], versions: Sequence[_Covering], policy: Policy) -> Array | None:
    """How many of each group may offer, a row each combination; None where there are too many to try."""
    left = []
    for number, size in enumerate(sizes):
        alone = [(seen, _ALL) for seen, covered in versions if covered[number] and covered.sum() == 1]
        of_group = np.arange(size + 1).reshape(-1, 1)
        for seen, covered in alone if len(sizes) > 1 else ():
            either = [_says([size], of_group, seen, covered, more, policy) for more in range(1 + len(seen[1].target))]
            of_group = of_group[np.any(either, axis=0)]
        left.append(of_group.ravel().tolist())
    if np.prod([float(len(of_group)) for of_group in left]) > _COMBINATIONS:
        return None
    return np.array(list(product(*left)), np.int64).reshape(-1, len(sizes))


def _says(sizes: Sequence[int], offering: Array, seen: Seen, covered: Array, more: int, policy: Policy) -> Array:
    """For which numbers of others that offer a version says what it says, where of the target `more` offer."""
    version, counted = seen
    answers = int(np.array(sizes)[covered].sum()) + len(counted.own) + len(counted.target)
    yes = offering[:, covered].sum(axis=1) + sum(value != NOT_OFFERED for value in counted.own) + more
    said: Array = shares(answers, policy)[yes] == version.share
    return said & (yes >= policy.fewest) if version.figures.percentiles else said


@cache
def shares(answers: int, policy: Policy) -> Array:
    """What the exchange says of so many shops' answers, by how many offer: hundredths of a percent, or NOT_GIVEN."""
    yes = np.arange(answers + 1)
    counts = np.zeros((answers + 1, len(COUNTS)), np.int32)
    of: dict[str, Array | int] = {
        "entries": answers,
        "contributors": answers,
        "offering": yes,
        "offerers": yes,
        "others": answers - yes,
    }
    for name, count in of.items():
        counts[:, COUNTS.index(name)] = count
    none = Offers(np.zeros(answers + 1, np.int64), np.zeros(0, np.uint32), counts)
    return offered([none], np.zeros(answers + 1, np.int64), policy).shares
