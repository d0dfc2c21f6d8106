"""Membership over HTTP: members, identity, partners and grants, imports, and the intake."""
