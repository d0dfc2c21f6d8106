"""What a carrier calls a part of a text: in its answer to the submission, and perhaps otherwise in the receipt.

Some SMS centres answer a submission with a hexadecimal number and write the same number in decimal into the receipt.
"""


def name_of(provider_id: str) -> str:
    """One spelling of a name: without leading zeros, capitals or not."""
    return provider_id.strip().casefold().lstrip("0") or "0"


def as_submitted(receipt_id: str) -> tuple[str, ...]:
    """How a part may have been called when it was submitted, the likeliest first."""
    name = name_of(receipt_id)
    return (name, f"{int(name):x}") if name.isdecimal() and f"{int(name):x}" != name else (name,)


def as_receipted(submitted_id: str) -> tuple[str, ...]:
    """How a receipt may call the part that was submitted under this name, the likeliest first."""
    name = name_of(submitted_id)
    try:
        decimal = str(int(name, 16))
    except ValueError:
        return (name,)
    return (name, decimal) if decimal != name else (name,)
