"""The command `driveline`: its sub-commands, and one line in place of a traceback for what a user can do wrong."""

import logging
import sys
from importlib import import_module

import typer
from chassis.servers import ServerError
from contracts.event import Refused

from driveline.errors import UserError
from driveline.output import complain

# Where each command is. Only the one that is asked for is imported: all of them take longer than most take to run.
COMMANDS = {
    "up": "driveline.commands.up:up",
    "demo": "driveline.demo.command:demo",
    "publish": "driveline.commands.publish:publish",
    "validate": "driveline.commands.validate:validate",
    "settle": "driveline.commands.settle:settle",
    "release": "driveline.commands.release:release",
    "rebuild": "driveline.commands.rebuild:rebuild",
    "trace": "driveline.commands.trace:trace",
    "verify": "driveline.verify.command:verify",
    "topics": "driveline.commands.topics:app",
    "partner": "driveline.commands.partner:app",
    "dead-letters": "driveline.commands.dead_letters:app",
    "import": "driveline.commands.import_:app",
}


def command_line(arguments: list[str]) -> typer.Typer:
    """The command that these arguments name, or all of them where they name none: for the help, and to tell what is wrong."""
    app = typer.Typer(
        name="driveline",
        help="Runs the whole of Driveline on one machine, feeds it and checks it.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # one command alone is called by its name too
    for name in [name for name in arguments[:1] if name in COMMANDS] or COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def main() -> None:
    """The entry point of the command."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its failures come back as errors
    arguments = sys.argv[1:] or ["--help"]
    try:
        code = command_line(arguments)(arguments, standalone_mode=False)
    except typer.TyperException as error:  # a wrong command line
        complain(getattr(error, "format_message", error.__str__)())
        sys.exit(2)
    except UserError as error:
        complain(str(error))
        sys.exit(error.code)
    except (ServerError, Refused) as error:
        complain(str(error))
        sys.exit(1)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
