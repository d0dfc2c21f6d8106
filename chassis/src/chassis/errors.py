"""What a handler raises to say that a record can never be applied."""


class Unapplicable(Exception):
    """This record can never be applied, however often it is tried: it goes to the dead letters alone."""
