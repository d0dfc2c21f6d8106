"""Alembic's entry: matching's tables, run by `chassis.migrations`."""

from chassis.migrations import run_env
from matching.adapters.tables import Base

run_env(Base.metadata)
