"""What a rule of matching says when it is broken: one line that names the field and the problem."""


class RuleBrokenError(ValueError):
    """A request that matching's rules do not allow; `str()` is one line for the one who asked."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NotAllowedError(RuleBrokenError):
    """The request is well formed, but this caller may not make it."""


class NotFoundError(RuleBrokenError):
    """Nothing carries this id."""

    def __init__(self, field: str, given: str) -> None:
        super().__init__(field, f"'{given}' is not known")


class NotOneOfTheTwoError(NotAllowedError):
    """A proposal is answered by the member that needs or by the member that offers, and by nobody else."""

    def __init__(self, member_id: str) -> None:
        super().__init__("member_id", f"'{member_id}' is neither of the two that the proposal is between")


class ConflictError(RuleBrokenError):
    """It could have been done, but something else was done before."""


class NotTheirTurnError(ConflictError):
    """The answer of the other side is awaited first."""


class AnsweredAlreadyError(ConflictError):
    """A second answer that differs from the first."""


class TooLateError(ConflictError):
    """The answer was due before."""
