"""The command line: one file a verb, loaded when it is called."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

VERBS = {
    "estimate": "what training costs: energy, money, carbon, water, time",
    "explain": "how a figure came about: formula, numbers, sources",
    "compare": "scenarios side by side",
    "reconcile": "why two numbers differ: a waterfall by quantity",
    "evidence": "everything a result rests on in one file; --reproduce computes it again",
    "audit": "judge what somebody claims, recomputed",
    "layout": "the layout that takes least time, energy, money or carbon",
    "retrain": "whether new data are worth training again, in which way, how often; what more data would buy",
    "plan": "the shortest path to a third: what to change in which order, how sure it is, what stays out of reach",
    "outlook": "where demand goes, what bounds it, what a third buys, how far to trust it",
    "chip": "blueprints of chips: what one of them takes, which would take a third, what that hangs on",
    "check": "hold a scenario against a budget; exit code 3 if it is over",
    "equivalents": "a mass of CO2 in things people know, by edition",
    "init": "a scenario from a model's config, a launch configuration, a recipe, this machine",
    "run": "measure a command: what it and all it starts draws, its exit code passed on",
    "runs": "runs that were measured, killed ones too; several nodes as one",
    "top": "what this machine draws now, in the terminal",
    "data": "what a dataset wastes, mended: duplicates, padding, formats; what a revision brings",
    "doctor": "which sensors of this machine work, and the least that would make the others work",
    "validate": "estimates held against published runs",
    "facts": "what is published: tables, rows, figures with source and age",
    "cite": "how to cite a result and everything it rests on",
    "schema": "JSON Schema of scenarios and results",
}
"""Verbs and what they answer; the help of the group needs no verb to be loaded."""

COLLECT_AFTER = 200_000
"""Objects after which a command looks for garbage: most end with less, and looking costs a twentieth of their time."""

FAILED, BAD_INPUT, OVER_BUDGET, TOO_LITTLE_KNOWN = 1, 2, 3, 4


class Verbs(click.Group):
    """A group whose commands are the files of a package, named in its ``VERBS``."""

    package = __name__

    @property
    def verbs(self) -> dict[str, str]:
        """Verbs and what they answer."""
        found: dict[str, str] = import_module(self.package).VERBS
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Verbs in the order in which people meet them."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one verb."""
        if cmd_name not in self.verbs:
            return None
        command = import_module(f"{self.package}.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a verb's file holds its command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest verb when one is misspelt."""
        if args and args[0] not in self.verbs and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.verbs, n=1)
            said = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(self.verbs)}"
            raise click.UsageError(f"no command {args[0]!r}{said}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="thirdwatt", prog_name="thirdwatt")
def group() -> None:
    """What training a model costs in time, energy, money, carbon and water, every figure with its source.

    SCENARIO is a preset (thirdwatt estimate gpt-4o), a TOML, YAML or JSON file, or - for standard input.
    """


def main() -> None:
    """Run the command line; errors are lists of mistakes with an exit code, never a traceback."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        code = group.main(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
    except OSError as error:
        from thirdwatt.facts.prices import ClockError

        click.echo(f"thirdwatt: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        sys.exit(BAD_INPUT if isinstance(error, ClockError) else FAILED)
    except ValueError as error:
        sys.exit(_said(error))


def _said(error: ValueError) -> int:
    from thirdwatt.scenario import InputError, InsufficientError

    if isinstance(error, InsufficientError):
        click.echo(f"thirdwatt: {error}", err=True)
        return TOO_LITTLE_KNOWN
    if isinstance(error, InputError):
        many = len(error.mistakes)
        where = f" in {error.where}" if error.where else ""
        click.echo(f"thirdwatt: {many} mistake{'s' if many > 1 else ''}{where}", err=True)
        for mistake in error.mistakes:
            click.echo(f"  {mistake}", err=True)
        return BAD_INPUT
    raise error
