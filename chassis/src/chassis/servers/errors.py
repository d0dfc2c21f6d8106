"""What can keep a server from starting, in one line that says what to do."""


class ServerError(RuntimeError):
    """A server can't be found or started; the message is one line for the person at the terminal."""
