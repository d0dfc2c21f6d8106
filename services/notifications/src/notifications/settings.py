"""What notifications is told by its environment, beside what every service is told."""

from chassis.settings import ServiceSettings
from pydantic import Field, field_validator

from notifications.domain.quiet_hours import WakingHours


class Settings(ServiceSettings):
    """Prefix `DRIVELINE_`, as for every service."""

    smtp: str = ""
    """`host:port` of the mail server; without one, mails stay planned."""
    sms: str = ""
    """`smpp://user:password@host:port`, or `twilio://ACCOUNT:TOKEN@host/?from=+12025550100`; without one, texts stay planned."""
    home_url: str = ""
    """The member's home page, linked from messages; left out if not given."""
    mail_from: str = "Driveline <notifications@driveline.example.com>"
    mail_reply_to: str = "help@driveline.example.com"
    sms_from: str = "+12025550100"
    """Our number, for SMPP."""
    waking_hours: str = "08:00-21:00"
    """When texts may come, in the recipient's time zone."""
    send_timeout_s: float = Field(default=30.0, gt=0)
    """How long the answer to one attempt is waited for; then it is unknown whether the message was taken."""
    sends_at_once: int = Field(default=8, ge=1)

    @field_validator("waking_hours")
    @classmethod
    def _is_a_span(cls, value: str) -> str:
        WakingHours.of(value)
        return value

    @property
    def base_url(self) -> str:
        """Where people and carriers reach this service, without a slash at its end."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")
