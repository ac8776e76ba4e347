"""The application and its one error boundary: only here does anything exit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from modelkin.commands import (
    analyses,
    db,
    lineage,
    load,
    measures,
    models,
    queries,
    runs,
    see,
    start,
)
from modelkin.commands.session import Session
from modelkin.errors import ExitCode, UserError
from modelkin.output.talk import Talk

EPILOG = (
    "Exit codes: 0 done, 1 our bug, 2 something you can fix, 3 database not reachable, "
    "4 done with too many rejected rows, 130 interrupted."
)

# ClickException: Typer shows only its heir BadParameter, whether Click is its own or installed.
USAGE_ERROR = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="modelkin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EPILOG,
)

for module in (start, lineage, models, measures, analyses, queries, see):
    module.register(app)
app.add_typer(load.app, name="load")
app.add_typer(runs.app, name="runs")
app.add_typer(db.app, name="db")
app.add_typer(queries.app, name="queries")
app.add_typer(measures.similarity, name="similarity")


def _version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from modelkin import __version__

        sys.stdout.write(f"modelkin {__version__}\n")
        raise typer.Exit


@app.callback()
def modelkin(
    context: typer.Context,
    uri: Annotated[
        str | None, typer.Option("--uri", help="Neo4j address; NEO4J_URI without it")
    ] = None,
    database: Annotated[
        Path | None, typer.Option("--db", help="folder of the embedded engine")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no talk on stderr")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Explore where AI models come from, what came of them, and what changed on the way."""
    context.obj = Session(uri, database, Talk(quiet=quiet))


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error ends here as one line.

    Parameters
    ----------
    arguments : list of str
        Words after the program's name.
    """
    talk = Talk()
    try:
        result = app(args=arguments, prog_name="modelkin", standalone_mode=False)
        sys.stdout.flush()
        if result == ExitCode.INTERRUPTED:  # Typer makes Ctrl-C the exit code of a shell
            return _interrupted(talk)
        return int(result or 0)
    except UserError as error:
        if _behind(error):
            return _interrupted(talk)
        talk.say(f"error: {error.line()}")
        return int(error.exit_code)
    except typer.Abort:
        return _interrupted(talk)
    except KeyboardInterrupt:
        return _interrupted(talk)
    except BrokenPipeError:
        return _unread()
    except SystemExit as error:
        # Typer meets a closed pipe before we do, and ends with 1.
        if isinstance(error.__context__, BrokenPipeError):
            return _unread()
        raise
    except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is our bug
        return _interrupted(talk) if _behind(error) else _foreign(error, talk)


def _unread() -> int:
    """End well: the reader went away (`| head`), and nothing more can be said."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it must outlive this call
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return int(ExitCode.DONE)


def _behind(error: BaseException | None) -> bool:
    """Tell whether an interrupt set an error off: a cut transaction fails again on its way out."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _interrupted(talk: Talk) -> int:
    """Say that the work can be taken up again."""
    talk.say("interrupted; the same command goes on from the last stored batch")
    return int(ExitCode.INTERRUPTED)


def _foreign(error: Exception, talk: Talk) -> int:
    """Tell wrong usage from our own bugs."""
    if isinstance(error, USAGE_ERROR):
        error.show(file=sys.stderr)  # type: ignore[attr-defined]  # Click's, found by its heir
        return int(ExitCode.USER)
    import traceback

    talk.lines("".join(traceback.format_exception(error)))
    talk.say("This is a bug in modelkin, not yours. Please report it with the lines above.")
    return int(ExitCode.BUG)


if __name__ == "__main__":
    main()
