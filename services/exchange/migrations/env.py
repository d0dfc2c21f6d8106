"""Alembic's entry: exchange's tables, run by `chassis.migrations`."""

from chassis.migrations import run_env
from exchange.adapters.tables import Base

run_env(Base.metadata)
