"""What a user can do wrong, told in one line."""


class UserError(Exception):
    """Ends a command with exit code `code` and its message on one line."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code
