"""Laws of membership's rules, whatever the order and however often."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from membership.domain import identity, namespace
from membership.domain.contact import Contact, Reach
from membership.domain.errors import NotAllowedError, RuleBrokenError
from membership.domain.grants import Grant
from membership.domain.identity import with_its_shop
from membership.domain.member import ExternalId, Location, Member, Profile, Program
from membership.domain.status import FIRST, NEXT

ids = st.sampled_from(["l-1", "l-2", "l-3"])
zips = st.sampled_from(["17350", "17401", "17331"])
locations = st.builds(Location, ids, zips, st.sampled_from([None, "independent_repair"]))
days = st.none() | st.dates(date(2025, 1, 1), date(2026, 12, 31))
shops = st.builds(
    Profile,
    kind=st.just("business"),
    name=st.sampled_from([None, "Elm Street Garage", "Oak Auto, LLC"]),
    address=st.sampled_from([None, "12 Elm Street", "9 Oak Road"]),
    zip=st.none() | zips,
    external_ids=st.lists(st.builds(ExternalId, st.just("pa-ois"), st.sampled_from("AB")), max_size=2).map(tuple),
    size=st.sampled_from([None, "3_5", "6_10"]),
    ownership=st.sampled_from([None, "single", "mso"]),
    locations=st.lists(locations, max_size=3, unique_by=lambda place: place.location_id).map(tuple),
    programs=st.lists(st.builds(Program, st.sampled_from(["p-1", "p-2"]), st.just("47.0604")), max_size=2).map(tuple),
)
applications = st.lists(st.tuples(shops, days), max_size=5)


@given(shops, days, applications)
def test_what_was_merged_once_changes_nothing_when_merged_again(
    first: Profile, day: date, more: list[tuple[Profile, date]]
) -> None:
    member = Member.join("m-1", first, day)
    for profile, verified_on in more:
        member = member.merge(with_its_shop(member.profile, profile), verified_on)
        assert member.merge(with_its_shop(member.profile, profile), verified_on) is member


@given(shops, days, applications)
def test_merging_only_adds_and_the_revision_counts_the_changes(
    first: Profile, day: date, more: list[tuple[Profile, date]]
) -> None:
    member = Member.join("m-1", first, day)
    for profile, verified_on in more:
        before, member = member, member.merge(profile, verified_on)
        changed = (before.profile, before.verified_on) != (member.profile, member.verified_on)
        assert member.revision == before.revision + changed
        for field in ("external_ids", "locations", "programs"):
            assert set(getattr(before.profile, field)) <= set(getattr(member.profile, field))
        for field in ("name", "address", "zip", "size", "shop_type"):
            assert getattr(before.profile, field) in (None, getattr(member.profile, field))
        assert before.verified_on is None or member.verified_on <= before.verified_on


@given(shops, applications, st.randoms(use_true_random=False))
def test_the_day_of_verification_does_not_depend_on_the_order(
    first: Profile, more: list[tuple[Profile, date]], random
) -> None:
    shuffled = random.sample(more, len(more))
    ends = []
    for order in (more, shuffled):
        member = Member.join("m-1", first)
        for profile, verified_on in order:
            member = member.merge(profile, verified_on)
        ends.append((member.verified_on, {place.zip for place in member.profile.locations}))
    assert ends[0] == ends[1]


@given(shops)
def test_the_same_application_is_recognised_however_it_is_spelt(profile: Profile) -> None:
    shouted = replace(
        profile,
        name=profile.name and profile.name.upper().replace(" ", "  "),
        address=profile.address and f" {profile.address.upper()}. ",
    )
    assert identity.of_profile(shouted) == identity.of_profile(profile)


def test_a_technician_is_nameless_and_known_by_email_or_phone() -> None:
    sam = Profile(kind="technician", name="Sam Doe", address="3 Oak Lane", city="York", zip="17401")
    member = Member.join("m-1", sam)
    assert (member.status, member.profile) == ("pending", Profile(kind="technician", zip="17401"))
    marks = identity.of_profile(sam, ("Sam@example.com",), ("+12025550123",))
    assert [mark.value for mark in marks] == ["+12025550123", "sam@example.com"]
    with pytest.raises(RuleBrokenError, match=r"^name: a technician has none$"):
        member.change({"name": "Sam"})
    assert member.confirm(date(2026, 7, 1)).confirm(date(2026, 8, 1)).verified_on == date(2026, 7, 1)


def test_an_owner_is_known_by_its_domain_unless_many_share_it() -> None:
    shop = Profile(kind="business", name="Elm", zip="17350")
    emails = ("a@elm-garage.example", "b@gmail.com", "c@example.com")
    assert [(mark.kind, mark.value) for mark in identity.of_profile(shop, emails)] == [("domain", "elm-garage.example")]
    school = replace(shop, kind="school")
    assert identity.of_profile(school, emails) == []


@pytest.mark.parametrize(
    ("name", "marked"),
    [("Monro, Inc.", "PA|monro inc"), ("Mavis Tire Supply LLC", "PA|mavis tire supply llc"), ("Dave's Garage", None)],
)
def test_a_legal_name_is_an_owner_and_a_shop_sign_is_not(name: str, marked: str | None) -> None:
    found = identity.of_legal_name(Profile(kind="business", name=name, state="PA"))
    assert [mark.value for mark in found] == ([marked] if marked else [])


owners = st.sampled_from(["ase", "wrenchway", "i-car"])


@given(owners, st.text(st.characters(exclude_characters="/"), min_size=1, max_size=20))
def test_two_partners_never_share_an_id_and_placing_twice_is_placing_once(owner: str, own: str) -> None:
    placed = namespace.place(owner, "submission_id", own)
    assert placed == f"{owner}/{own}"
    assert namespace.place(owner, "submission_id", placed) == placed
    with pytest.raises(NotAllowedError):
        namespace.place("vendor", "submission_id", placed)
    with pytest.raises(NotAllowedError):
        namespace.place(None, "submission_id", placed)
    assert namespace.place(None, "submission_id", own) == own


@pytest.mark.parametrize(
    ("given_id", "problem"), [("ase/", "'ase/' is not 'ase/<id>'"), ("ase/a/b", "'ase/a/b' is not 'ase/<id>'")]
)
def test_a_name_space_holds_one_level(given_id: str, problem: str) -> None:
    with pytest.raises(RuleBrokenError, match=f"^submission_id: {problem}$"):
        namespace.place("ase", "submission_id", given_id)


@given(st.sampled_from(sorted(NEXT)), st.sampled_from(sorted(NEXT)))
def test_a_membership_goes_only_the_ways_there_are(old: str, new: str) -> None:
    member = Member("m-1", 5, old, None, Profile(kind="business"))
    if new == old:
        assert member.go_to(new) is member
    elif new in NEXT[old]:
        assert (member.go_to(new).revision, member.go_to(new).status) == (6, new)
    else:
        with pytest.raises(RuleBrokenError, match=f"^status: '{old}' cannot become '{new}'$"):
            member.go_to(new)


@given(st.sampled_from(sorted(FIRST)))
def test_everybody_can_leave_and_only_a_new_application_brings_one_back(kind: str) -> None:
    left = Member.join("m-1", Profile(kind=kind)).leave()
    assert left.leave() is left
    assert left.merge(Profile(kind=kind)) is left
    assert left.merge(Profile(kind=kind), rejoin=True).status == FIRST[kind]


@given(st.lists(st.frozensets(st.sampled_from(["pay:write", "benefits:write"])), max_size=6))
def test_a_grants_revision_counts_what_changed(stated: list[frozenset[str]]) -> None:
    grant = Grant("ase", "m-1", frozenset(), 0)
    changes = 0
    for scopes in stated:
        changes += scopes != grant.scopes
        grant = grant.restate(scopes)
    assert grant.revision == changes


def test_an_erased_contact_keeps_its_id_alone() -> None:
    contact = Contact.add("c-1", "m-1", Reach("Pat", "pat@example.com", "+12025550123", ("owner",)))
    erased = contact.erase()
    assert (erased.contact_id, erased.revision, erased.erased) == ("c-1", 2, True)
    assert erased.reach == Reach(None, None, None)
    assert erased.erase() is erased
    with pytest.raises(RuleBrokenError, match=r"^contact_id: 'c-1' was erased$"):
        erased.change(Reach("Pat", "pat@example.com", None))
