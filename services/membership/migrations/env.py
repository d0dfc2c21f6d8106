"""Alembic's entry: membership's tables, run by `chassis.migrations`."""

from chassis.migrations import run_env
from membership.adapters.tables import Base

run_env(Base.metadata)
