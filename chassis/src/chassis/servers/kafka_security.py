"""What makes a local broker ask who is there: SASL/SCRAM for clients, and nobody allowed anything that no ACL allows."""

import secrets
from pathlib import Path

from chassis.servers.address import MECHANISM
from chassis.servers.errors import ServerError

ADMIN = "admin"
_MODULES = "org.apache.kafka.common.security"


def admin_password(folder: Path) -> str:
    """The administrator's password of the log in `folder`, made with it and kept beside it for its owner only."""
    kept = folder / "admin-password"
    if not kept.exists():
        if (folder / "log").exists():  # begun without one: nobody could sign in
            raise ServerError(
                f"--secure: {folder} was begun without it; begin anew with --fresh, or in another --data-dir"
            )
        folder.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text()


def scram(password: str) -> str:
    """The administrator as `StorageTool format --add-scram` takes it: the one user that is there before the broker is."""
    return f"{MECHANISM}=[name={ADMIN},password={password}]"


def properties(password: str) -> dict[str, str]:
    """The broker's settings. Its own two listeners sign in as well, or any process on the machine could pose as one."""
    name_and_password = f'required username="{ADMIN}" password="{password}"'
    return {
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "listener.name.client.sasl.enabled.mechanisms": MECHANISM,
        "listener.name.client.scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule {name_and_password};",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": (
            f'{_MODULES}.plain.PlainLoginModule {name_and_password} user_{ADMIN}="{password}";'
        ),
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN}",
        "allow.everyone.if.no.acl.found": "false",
    }
