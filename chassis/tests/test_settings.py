"""What a process is told by its environment, and what it answers when that is of no use."""

import pytest
from chassis.settings import DatabaseSettings, ServiceSettings
from pydantic import field_validator

DSN = "postgresql+asyncpg://shop:s3cret@127.0.0.1:5432/shop"


class ShopSettings(ServiceSettings):
    """As a service has them."""

    opens: str = "8"

    @field_validator("opens")
    @classmethod
    def _is_an_hour(cls, value: str) -> str:
        if not value.isdecimal():
            raise ValueError(f"'{value}' is not an hour")
        return value


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"KAFKA": "127.0.0.1:9092", "REDIS": "redis://127.0.0.1:6379/0", "POSTGRES": DSN}.items():
        monkeypatch.setenv(f"DRIVELINE_{name}", value)


def test_a_variable_tells_the_field_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVELINE_LOG_LEVEL", "debug")
    monkeypatch.setenv("DRIVELINE_PAGES", '{"Pay": "https://pay.example.org"}')
    settings = ShopSettings.told()
    assert (settings.postgres, settings.log_level, settings.opens) == (DSN, "debug", "8")
    assert settings.pages == {"Pay": "https://pay.example.org"}
    assert DatabaseSettings.told().postgres == DSN


def test_each_variable_of_no_use_is_one_line_and_the_values_are_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DRIVELINE_REDIS")
    monkeypatch.setenv("DRIVELINE_POSTGRES", "")
    monkeypatch.setenv("DRIVELINE_HTTP_PORT", "eighty")
    monkeypatch.setenv("DRIVELINE_OPENS", "early")
    with pytest.raises(SystemExit) as ended:
        ShopSettings.told()
    assert str(ended.value.code).splitlines() == [
        "DRIVELINE_POSTGRES: String should have at least 1 character",
        "DRIVELINE_REDIS: Field required",
        "DRIVELINE_HTTP_PORT: Input should be a valid integer, unable to parse string as an integer",
        "DRIVELINE_OPENS: 'early' is not an hour",
    ]


def test_a_table_that_is_no_json_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVELINE_PAGES", "Pay=https://pay.example.org")
    with pytest.raises(SystemExit) as ended:
        ShopSettings.told()
    assert ended.value.code == 'DRIVELINE_*: error parsing value for field "pages" from source "EnvSettingsSource"'
