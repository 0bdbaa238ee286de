"""``ccxt-bingx-ext run -- freqtrade trade -c config.json``: give an unchanged bot these classes.

The program takes the place of this process (exec), so that its exit code, signals, arguments and ``__main__``
are its own. `run` puts the folder ``on_start`` on PYTHONPATH. As Python starts, it imports the
``sitecustomize`` there, which registers the classes when the program imports ccxt.

`run` does not use ``runpy``, as ``coverage run`` does. The processes that a bot starts (multiprocessing's
spawn, workers) would get ccxt's own classes unnoticed, and exit codes and signals would be imitations.
PYTHONPATH reaches them all, in any environment: a Python that has ccxt but not this package refuses to import
ccxt, and does not run a bot with the wrong class.

`run` refuses what PYTHONPATH cannot reach, because nobody would notice: a Python that ignores it (-E, -I,
-S), and programs that are not visibly Python's, such as sudo or docker, which may start a Python without it.
`run` cannot see processes that the program itself starts with such an option or in another environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from .._ccxt_releases import too_old
from .._simulated import VARIABLE
from . import companion
from .credentials import on_this_machine
from .terminal import remark
from .usage import BadUsage

NOT_FOUND = 127
_SIMULATOR = "--simulator"
_USAGE = "ccxt-bingx-ext run [--simulator [URL]] -- PROGRAM [ARGUMENT ...]"
_ADDRESS = re.compile(r"(localhost|[\d.]+|\[[\da-f:]+\])?:?\d*/?")  # no program has such a name
# Absolute: a process of the program may work in another folder.
ON_START = str(Path(__file__).absolute().parent / "on_start")
# Names no folder. The start hook reads the URL behind it, quoted, and takes the entry off ``sys.path``.
SIMULATOR_ENTRY = os.path.join(ON_START, "simulator=")

_INTERPRETER = r"(?:python|pypy)[\d.]*t?(?:\.exe)?"
# "#!/usr/bin/env python3", "#!/usr/bin/python3 -E"; and what installers write where that would be too long:
# "#!/bin/sh" and then "'''exec' "/the/long path/python" "$0" "$@"".
_PYTHON_IN_HEAD = re.compile(rf"(?:#!|'''exec' ).*?(?:^|[\s/\"']){_INTERPRETER}[\"']?(?:\s+(.*)|$)")
_LONGEST_LINE = 4096


def run(words: Sequence[str]) -> int:
    """Become the program of `words`. Returns only if nothing has its name, with 127."""
    simulator, words = options_of(words)
    if not words:
        raise BadUsage(f"run needs a program: {_USAGE}")
    command = command_of(words)
    path = shutil.which(command[0])
    if path is None or (words[0].endswith(".py") and not os.path.exists(words[0])):
        _refuse_existing(words[0])
        remark(f"no such program: {words[0]}")
        return NOT_FOUND
    refuse_unreachable(path, command[1:])
    if os.pathsep in ON_START:
        raise BadUsage(
            f"PYTHONPATH cannot name a path with {os.pathsep!r} in it, so the program would get ccxt's own "
            f"classes: move this package elsewhere, from {ON_START}"
        )
    if (warning := too_old()) is not None:
        # Of this Python's ccxt. If the program has another one, `register` warns there, in the log.
        remark(warning)
    if simulator:
        companion.refuse_dead(simulator)
    elif simulator is None:
        simulator = os.environ.get(VARIABLE)  # a simulated program runs another one
    else:
        simulator = companion.start(os.getpid())
    if simulator is not None:
        remark(f"this program trades on the simulator at {simulator}")
    elif any(word.partition("=")[0] == _SIMULATOR for word in command[1:]):
        remark(
            f"run passes {_SIMULATOR} to the program, which may trade on the live exchange. If the option is "
            f"for run, write it first: {_USAGE}"
        )
    return os.execve(path, [path, *command[1:]], environment_of(os.environ, simulator))


def options_of(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The simulator's URL, and the program. The URL is "" for a simulator of its own, None for none."""
    simulator = None
    if words and words[0].partition("=")[0] == _SIMULATOR:
        first, *words = words
        simulator = first[len(_SIMULATOR) + 1 :]
        if not simulator and words and "://" in words[0]:
            simulator, *words = words
        if not simulator and words and _ADDRESS.fullmatch(words[0]):
            raise BadUsage(f"{_SIMULATOR} {words[0]} is not a URL: write http://127.0.0.1:PORT")
        if simulator:
            simulator = on_this_machine(simulator)
    if words and words[0] == "--":
        return simulator, words[1:]
    if words and words[0].startswith("-") and words[0] != "-m":
        raise BadUsage(f"run has no option {words[0]}: {_USAGE}")
    if simulator == "" and words[1:2] == ["--"] and not (shutil.which(words[0]) or os.path.exists(words[0])):
        raise BadUsage(f"{_SIMULATOR} is not http://127.0.0.1:PORT: {words[0]}")
    return simulator, words


def command_of(words: Sequence[str]) -> list[str]:
    """`words` as a command: this Python runs a module or a Python file."""
    if [*words] == ["-m"]:
        raise BadUsage("run -m needs a MODULE")
    if words[0] == "-m" or words[0].endswith(".py"):
        return [sys.executable, *words]
    return list(words)


def _refuse_existing(name: str) -> None:
    """Raise `BadUsage` if `name`, which no program has, is a file or directory after all."""
    if os.path.isdir(name):
        raise BadUsage(f"{name} is a directory: name a program, a Python file, or -m MODULE")
    if os.path.exists(name):
        if os.access(name, os.X_OK):
            raise BadUsage(f"{name} is not on PATH: write {os.path.join(os.curdir, name)}")
        raise BadUsage(f"{name} is not executable: write `run -- python {name}`, or chmod +x it")


def environment_of(environment: Mapping[str, str], simulator: str | None = None) -> dict[str, str]:
    """`environment`, with ``on_start`` in front on PYTHONPATH, and the URL of the `simulator`."""
    entries, more = [ON_START], {}
    if simulator is not None:
        # An entry, too: a child process that gets PYTHONPATH and no more must not trade on the live exchange.
        entries.append(f"{SIMULATOR_ENTRY}{quote(simulator, safe='')}")
        more[VARIABLE] = simulator
    # An empty entry would mean the working folder.
    entries += filter(None, [environment.get("PYTHONPATH")])
    return {**environment, **more, "PYTHONPATH": os.pathsep.join(entries)}


def refuse_unreachable(path: str, arguments: Sequence[str]) -> None:
    """Raise `BadUsage` if `path` is not a Python program, or if it ignores PYTHONPATH."""
    if re.fullmatch(_INTERPRETER, os.path.basename(path)):
        options, way_out = arguments, "omit it"
    else:
        found = next(filter(None, map(_PYTHON_IN_HEAD.match, _head_of(path))), None)
        if found is None:
            raise BadUsage(
                f"{path} is not a Python program, by its first line. Name the Python program that it starts. "
                "To start one through sudo or docker, write `sudo ccxt-bingx-ext run -- PROGRAM`"
            )
        options, way_out = (found[1] or "").split(), f"run -- python {path} ..."
    isolating = isolating_option(options)
    if isolating is not None:
        raise BadUsage(f"{path} starts Python with {isolating}, which keeps the classes out: {way_out}")


def isolating_option(options: Sequence[str]) -> str | None:
    """The first of Python's own `options` that keeps it from PYTHONPATH or from ``sitecustomize``."""
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
