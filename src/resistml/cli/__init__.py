"""The command line: parses, calls, prints."""

from resistml.cli.app import main

__all__ = ["main"]
