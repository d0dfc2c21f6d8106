"""A Kafka address that carries the credentials which its broker asks for."""

from typing import Any

MECHANISM = "SCRAM-SHA-512"


class KafkaAddress(str):
    """`host:port`, as text wherever text is wanted; with a user and a password when the broker is secured."""

    __slots__ = ("password", "user")
    user: str | None
    password: str | None

    def __new__(cls, where: str, user: str | None = None, password: str | None = None) -> "KafkaAddress":
        made = super().__new__(cls, where)
        made.user, made.password = (user, password) if user and password else (None, None)
        return made

    @property
    def aiokafka(self) -> dict[str, Any]:
        """What aiokafka's clients are told beside the address to sign in; nothing for an open broker."""
        if self.user is None:
            return {}
        return {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }


def aiokafka_options(address: str) -> dict[str, Any]:
    """The same for an address that may be plain text."""
    return address.aiokafka if isinstance(address, KafkaAddress) else {}


def librdkafka_options(address: str) -> dict[str, Any]:
    """The address and credentials as librdkafka's clients are told."""
    found: dict[str, Any] = {"bootstrap.servers": str(address), "log_level": 0}  # what matters comes back as errors
    if isinstance(address, KafkaAddress) and address.user is not None:
        found |= {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": MECHANISM,
            "sasl.username": address.user,
            "sasl.password": address.password,
        }
    return found
