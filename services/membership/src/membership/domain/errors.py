"""What a rule of membership says when it is broken: one line that names the field and the problem."""


class RuleBrokenError(ValueError):
    """A request that membership's rules do not allow; `str()` is one line for the one who asked."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NotAllowedError(RuleBrokenError):
    """The request is well formed, but this caller may not make it."""


class UnknownMemberError(RuleBrokenError):
    """No member carries this id."""

    def __init__(self, member_id: str, field: str = "member_id") -> None:
        super().__init__(field, f"'{member_id}' is not a member")
