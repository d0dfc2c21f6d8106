"""The file by which every other command finds a running system."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from chassis.servers import KafkaAddress

from driveline.errors import UserError

RUN_FILE = Path(".driveline") / "run.json"
_ONLY_IF_THERE = ("kafka_user", "kafka_password", "builder")


@dataclass(frozen=True)
class Running:
    """Where the parts of a running system are; what `up` writes when everything is ready."""

    kafka: str
    redis: str
    postgres: str
    membership: str
    matching: str
    exchange: str
    notifications: str
    admin_token: str
    pids: dict[str, list[int]]
    # Where messages are handed in (`host:port`, a `smpp://` URL), and the base URLs where they can be read back; none
    # where a relay or a provider was named that shows them to nobody.
    mail: str | None = None
    mail_api: str | None = None
    sms: str | None = None
    sms_api: str | None = None
    # With --secure only: the administrator of the broker.
    kafka_user: str | None = None
    kafka_password: str | None = None
    # What a process that rebuilds the exchange's shards is told by its environment.
    builder: dict[str, str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kafka", KafkaAddress(self.kafka, self.kafka_user, self.kafka_password))

    def as_json(self) -> dict[str, Any]:
        """What the file holds; without the broker's administrator where there is none."""
        return {key: value for key, value in asdict(self).items() if value is not None or key not in _ONLY_IF_THERE}

    def write(self, path: Path) -> None:
        """Only its owner may read the token."""
        replace_json(path, self.as_json(), mode=0o600)

    @classmethod
    def read(cls, path: Path) -> "Running":
        try:
            found: Any = json.loads(path.read_text())
            there = {field.name: found.get(field.name) for field in fields(cls) if field.default is None}
            return cls(**{field.name: found[field.name] for field in fields(cls) if field.name not in there}, **there)
        except FileNotFoundError:
            raise UserError(f"no system is running here: {path} is not there (start one with `driveline up`)") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is not the ready file of a running system: {error}") from None


def replace_json(path: Path, content: Any, *, mode: int) -> None:
    """Replace a file at once: a reader sees the old state or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, mode)
        json.dump(content, file, indent=2)
        file.write("\n")
    Path(scratch).replace(path)


def find(ready_file: Path | None = None) -> Running:
    """`--ready-file`, else the variable DRIVELINE_READY, else `.driveline/run.json` here."""
    if ready_file is None and os.environ.get("DRIVELINE_READY"):
        ready_file = Path(os.environ["DRIVELINE_READY"])
    return Running.read(ready_file or RUN_FILE)


def kafka_of(kafka: str | None, ready_file: Path | None) -> str:
    """The broker that `--kafka` names, with DRIVELINE_KAFKA_USER and _PASSWORD if it asks for them; else the running system's."""
    if kafka is None:
        return find(ready_file).kafka
    return KafkaAddress(kafka, os.environ.get("DRIVELINE_KAFKA_USER"), os.environ.get("DRIVELINE_KAFKA_PASSWORD"))
