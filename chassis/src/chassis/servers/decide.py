"""The one function that decides where a server comes from."""

import os
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from chassis.servers import containers, kafka, mail, postgres, redis, sms
from chassis.servers.errors import ServerError

Part = Literal["kafka", "postgres", "redis", "mail", "sms"]
Way = Literal["native", "docker"]
Source = Literal["address", "native", "docker"]
PARTS: tuple[Part, ...] = get_args(Part)
SINKS: tuple[Part, ...] = ("mail", "sms")  # they take what goes out, and keep no state of the system

_native: dict[Part, Callable[[], str | None]] = {
    "kafka": kafka.JARS.why_not_native,
    "postgres": postgres.why_not_native,
    "redis": redis.why_not_native,
    "mail": mail.JARS.why_not_native,
    "sms": sms.JARS.why_not_native,
}


def decide(part: Part, way: str | None = None, environment: Mapping[str, str] | None = None) -> Source:
    """An address in the environment, else this machine if it has or can get what is needed, else a Docker engine.

    `way`, or the variable DRIVELINE_WITH, chooses between the last two outright. ServerError says what is missing.
    """
    environment = os.environ if environment is None else environment
    way = way or environment.get("DRIVELINE_WITH") or None
    if way not in (None, *get_args(Way)):
        raise ServerError(f"with: {way!r} is neither 'native' nor 'docker'")
    if environment.get(f"DRIVELINE_{part.upper()}"):
        return "address"
    missing = _native[part]() if way != "docker" else None
    if way != "docker" and missing is None:
        return "native"
    if way == "native":
        raise ServerError(str(missing))
    no_docker = containers.why_not_docker()
    if no_docker is None:
        return "docker"
    if way == "docker":
        raise ServerError(f"--with docker: {no_docker}")
    raise ServerError(f"{missing}; and {no_docker}")
