"""Who cannot go on before everything has had its effect is told what is still waiting."""

import pytest
from driveline import settling
from driveline.errors import UserError
from driveline.running import Running
from driveline.settling import Settled, settled_within


def test_it_names_what_is_still_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = "exchange is 3 records behind on member.joined partition 2"
    monkeypatch.setattr(settling, "settle", lambda *_: Settled(1, 180.0, behind))
    with pytest.raises(UserError, match=f"^not settled within 180 s: {behind}$"):
        settled_within(object.__new__(Running), 180)


def test_it_says_in_how_many_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "settle", lambda *_: Settled(2, 5.0))
    assert settled_within(object.__new__(Running), 180).passes == 2
