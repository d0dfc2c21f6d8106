"""The command `driveline`: its sub-commands, and one line in place of a traceback for what a user can do wrong."""

import logging
import sys

import typer
from chassis.servers import ServerError
from contracts.event import Refused

from driveline.commands import dead_letters, partner, publish, rebuild, release, settle, topics, trace, up, validate
from driveline.commands import import_ as imports
from driveline.demo import command as demo
from driveline.errors import UserError
from driveline.output import complain
from driveline.verify import command as verify

app = typer.Typer(
    name="driveline",
    help="Runs the whole of Driveline on one machine, feeds it and checks it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("publish")(publish.publish)
app.command("validate")(validate.validate)
app.command("settle")(settle.settle)
app.command("release")(release.release)
app.command("rebuild")(rebuild.rebuild)
app.command("trace")(trace.trace)
app.command("verify")(verify.verify)
app.add_typer(topics.app, name="topics")
app.add_typer(partner.app, name="partner")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(imports.app, name="import")


def main() -> None:
    """The entry point of the command."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its failures come back as errors
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
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
