"""`python -m driveline`, the same as the command."""

from driveline.cli import main

main()
