"""``ccxt-bingx-ext run -- freqtrade trade -c config.json``: a bot meets these classes, unchanged itself.

The program takes the place of this process (exec), so that its exit code, signals, arguments and ``__main__``
are its own. Python is made to register by the folder ``on_start`` on PYTHONPATH: as it starts it imports the
``sitecustomize`` there, which waits for ccxt to be imported.

The other way, as in ``coverage run``, is to run the program in this process by ``runpy``. It was not taken:
the processes that a bot starts (multiprocessing's spawn, workers) would meet ccxt's own classes, unnoticed,
and exit codes and signals would be imitations. PYTHONPATH reaches them all, of whatever environment: a Python
that has ccxt and not this package refuses to import ccxt, rather than run a bot with the wrong class.

What PYTHONPATH cannot reach is refused, for nobody would notice: a Python that is told to ignore it (-E, -I,
-S), and programs that are not visibly Python's, such as sudo or docker, which may well start one without it.
Out of sight are only processes that the program itself starts with such an option or another environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .terminal import remark
from .usage import BadUsage

NOT_FOUND = 127
# Absolute: a process of the program may work in another folder.
ON_START = str(Path(__file__).absolute().parent / "on_start")

_INTERPRETER = r"(?:python|pypy)[\d.]*t?(?:\.exe)?"
# "#!/usr/bin/env python3", "#!/usr/bin/python3 -E"; and what installers write where that would be too long:
# "#!/bin/sh" and then "'''exec' "/the/long path/python" "$0" "$@"".
_PYTHON_IN_HEAD = re.compile(rf"(?:#!|'''exec' ).*?(?:^|[\s/\"']){_INTERPRETER}[\"']?(?:\s+(.*)|$)")
_LONGEST_LINE = 4096


def run(words: Sequence[str]) -> int:
    """Become the program of `words`; returns only where there is none, 127."""
    if not words:
        raise BadUsage("run what? ccxt-bingx-ext run -- PROGRAM [ARGUMENT ...]")
    command = command_of(words)
    path = shutil.which(command[0])
    if path is None or (words[0].endswith(".py") and not os.path.exists(words[0])):
        remark(f"ccxt-bingx-ext: no such program: {words[0]}")
        return NOT_FOUND
    refuse_unreachable(path, command[1:])
    if os.pathsep in ON_START:
        raise BadUsage(
            f"PYTHONPATH cannot name a path with {os.pathsep!r} in it, so the program would get ccxt's own "
            f"classes: move this package elsewhere, from {ON_START}"
        )
    return os.execve(path, [path, *command[1:]], environment_of(os.environ))


def command_of(words: Sequence[str]) -> list[str]:
    """`words` as a command: a module or a Python file is run by this Python."""
    if words[0] == "-m" or words[0].endswith(".py"):
        return [sys.executable, *words]
    return list(words)


def environment_of(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment`, with ``on_start`` in front on PYTHONPATH."""
    before = environment.get("PYTHONPATH")
    # An empty entry would mean the working folder.
    return {**environment, "PYTHONPATH": f"{ON_START}{os.pathsep}{before}" if before else ON_START}


def refuse_unreachable(path: str, arguments: Sequence[str]) -> None:
    """Raise `BadUsage` where `path` is no Python program, or one that ignores PYTHONPATH."""
    if re.fullmatch(_INTERPRETER, os.path.basename(path)):
        options, way_out = arguments, "omit it"
    else:
        found = next(filter(None, map(_PYTHON_IN_HEAD.match, _head_of(path))), None)
        if found is None:
            raise BadUsage(
                f"{path} is no Python program (by its first line), so it may start Python out of reach: put "
                "it in front (sudo ccxt-bingx-ext run ...), or name the program behind it, such as -m MODULE"
            )
        options, way_out = (found[1] or "").split(), f"run -- python {path} ..."
    isolating = isolating_option(options)
    if isolating is not None:
        raise BadUsage(f"{path} starts Python with {isolating}, which keeps the classes out: {way_out}")


def isolating_option(options: Sequence[str]) -> str | None:
    """The one of Python's own `options` that keeps it from PYTHONPATH or from ``sitecustomize``."""
    remaining = iter(options)
    for option in remaining:
        if not option.startswith("-") or option == "-":
            break
        if option.startswith("--"):
            if option == "--check-hash-based-pycs":
                next(remaining, None)
            continue
        letters = re.match(r"[^cmXW]*", option[1:])
        assert letters is not None
        if set("EIS") & set(letters[0]):
            return option
        ended_by = option[1 + letters.end() :]
        if ended_by[:1] in ("c", "m"):
            break
        if len(ended_by) == 1:  # -X and -W: their value is the next word
            next(remaining, None)
    return None


def _head_of(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            return [file.readline(_LONGEST_LINE).decode(errors="replace") for _ in range(2)]
    except OSError:
        return []
