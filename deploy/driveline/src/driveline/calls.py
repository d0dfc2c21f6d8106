"""HTTP to the services of a running system, every failure in one line."""

from typing import Any

import httpx

from driveline.errors import UserError


def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    json: Any = None,
    form: dict[str, str] | None = None,
    seconds: float = 30,
) -> httpx.Response:
    """The answer, whatever its status; UserError when nobody answers."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        return httpx.request(method, url, headers=headers, json=json, data=form, timeout=seconds)
    except httpx.TimeoutException:
        raise UserError(f"{url}: no answer within {seconds:.0f} s") from None
    except httpx.HTTPError as error:
        raise UserError(f"{url}: nobody answers ({error}); is the system still up?") from None


def answer(response: httpx.Response, *expected: int) -> Any:
    """The JSON of an expected answer; else UserError with the service's own reason."""
    if response.status_code in (expected or (200, 201)):
        return response.json()
    raise UserError(f"{response.request.url.path}: {response.status_code} {reason(response)}")


def reason(response: httpx.Response) -> str:
    """What a service gives as `error`, else the beginning of its answer."""
    try:
        said = response.json()
    except ValueError:
        return response.text[:200]
    return str(said.get("error", said)) if isinstance(said, dict) else str(said)[:200]
