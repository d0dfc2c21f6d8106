"""`python -m membership.import_registry FILE`: import the school list or the station list."""

from membership.entrypoints.command_line import main

if __name__ == "__main__":
    main()
