"""Reading JSON from strangers ends in a value or in Refused, whatever follows the first thing that is wrong."""

import pytest
from contracts.event import Refused

from contracts import strict_json


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'NaN{"a": 1}', "data: is not JSON: extra data at character 3"),
        (b'1e310{"a": 1}', "data: is not JSON: extra data at character 5"),
        (b'{"a": 1e310, "b"', "data: is not JSON: expecting ':' delimiter at character 16"),
        (b'{"a": {"b": NaN}}', "a.b: NaN is not JSON"),
        (b'{"a": 1, "a": 2}', "a: is given twice"),
        (b"NaN" + b"[" * 100_000, "data: is not JSON: extra data at character 3"),
        (b"[NaN," + b"[" * 100_000, "data: is nested too deeply"),
    ],
)
def test_the_first_problem_is_told_even_when_more_follow(text: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        strict_json.loads(text, "data")
    assert str(refused.value) == reason
