"""The command line: arguments in, one function called, result out; nothing heavy is imported before it is needed."""

from pellucid.cli.entry import main

__all__ = ["main"]
