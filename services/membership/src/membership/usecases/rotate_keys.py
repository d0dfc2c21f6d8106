"""Rotate keys: tokens are signed with a new key from now on, while the old one goes on verifying what it signed."""

from chassis.database import Database

from membership.adapters import keys


class RotateKeys:
    """Changes the signing key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self) -> str:
        """The id of the new key. Verifiers fetch it when they first meet it."""
        async with self._database.transaction() as session:
            return await keys.rotate(session)
