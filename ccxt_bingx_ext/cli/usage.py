"""Bad usage. It exits with 64 (EX_USAGE), not with argparse's 2, which means here that orders may be live."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from .terminal import remark_as_written, show

BAD_USAGE = 64


class BadUsage(Exception):
    """The command cannot do what the arguments say. Nothing was sent."""


class Parser(argparse.ArgumentParser):
    """An argument parser that exits with 64, and takes no abbreviations: ``--y`` is not ``--yes``.

    It prints a description and an epilog as they are written, so that examples keep their lines.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        as_written = argparse.RawDescriptionHelpFormatter
        super().__init__(*args, **{"allow_abbrev": False, "formatter_class": as_written, **named})

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own raises if the stream cannot be written (3.10), or stays silent.
        if file is sys.stdout:
            show(message, end="")
        else:
            remark_as_written(message)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_USAGE, f"{self.prog}: error: {message}\n")
