"""Alembic's entry: notifications's tables, run by `chassis.migrations`."""

from chassis.migrations import run_env
from notifications.adapters.tables import Base

run_env(Base.metadata)
