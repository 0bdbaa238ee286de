"""`run`: which classes the program gets, its arguments and its end, in real processes where that matters."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import ccxt
import pytest

import ccxt_bingx_ext
from ccxt_bingx_ext.cli import main
from ccxt_bingx_ext.cli import run as cli_run
from ccxt_bingx_ext.cli.run import ON_START, environment_of, isolating_option

RUN = [sys.executable, "-m", "ccxt_bingx_ext", "run", "--"]

BOT = """
import json, sys
import ccxt, ccxt.async_support, ccxt.pro
classes = [getattr(module, "bingx").__module__ for module in (ccxt, ccxt.async_support, ccxt.pro)]
print(json.dumps([classes, sys.argv, sys.path[0], __name__, [one for one in sys.path if "on_start" in one]]))
"""
OURS = ["ccxt_bingx_ext._sync", "ccxt_bingx_ext.async_support", "ccxt_bingx_ext.pro"]


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def ran(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "words",
    [["bot.py"], [sys.executable, "-u", "bot.py"], ["-m", "bot"], ["./bot"], ["bot-long"]],
    ids=["script", "interpreter", "module", "console script", "console script with a long path"],
)
def test_bot_gets_the_classes(words: list[str], tmp_path: Path) -> None:
    """A bot started by run gets the plugin's classes, and its own argv, sys.path and __main__."""
    (tmp_path / "bot.py").write_text(BOT)
    executable(tmp_path / "bot", f"#!{sys.executable}\n{BOT}")
    executable(tmp_path / "bot-long", f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n{BOT}")
    ended = ran(tmp_path, *words, "--a", "b", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert ended.stderr == ""
    classes, argv, first_path, name, left = json.loads(ended.stdout)
    assert classes == OURS
    assert os.path.basename(argv[0]).startswith("bot")
    assert argv[1:] == ["--a", "b"]
    assert (first_path, name, left) == (str(tmp_path), "__main__", [])


def test_child_processes(tmp_path: Path) -> None:
    """Python processes that the bot starts get the plugin's classes too."""
    (tmp_path / "bot.py").write_text(
        "import multiprocessing, subprocess, sys\n"
        "def met():\n"
        "    import ccxt\n"
        "    return ccxt.bingx.__module__\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.apply(met), flush=True)\n"
        "    code = 'import ccxt_bingx_ext, ccxt; print(ccxt.bingx.__module__)'\n"
        "    subprocess.run([sys.executable, '-c', code], check=True)\n"
    )
    ended = ran(tmp_path, "bot.py")
    assert ended.stdout.splitlines() == [OURS[0], OURS[0]], ended.stderr


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("pass", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no money')", 1, "no money"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
    ],
)
def test_exit_code(code: str, exit_code: int, said: str, tmp_path: Path) -> None:
    """run ends as the program ends, by exit code, text, exception or signal."""
    (tmp_path / "bot.py").write_text(code)
    ended = ran(tmp_path, "bot.py")
    assert ended.returncode == exit_code
    assert said in ended.stderr


def test_signals(tmp_path: Path) -> None:
    """Ctrl-C reaches the program itself, under the process id that you started."""
    (tmp_path / "bot.py").write_text(
        "import os, time\n"
        "try:\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('tidied up', flush=True)\n"
        "    raise\n"
    )
    command = [*RUN, "bot.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as bot:
        assert bot.stdout is not None
        assert int(bot.stdout.readline()) == bot.pid
        bot.send_signal(signal.SIGINT)
        assert bot.communicate(timeout=30)[0] == "tidied up\n"
    assert bot.returncode == -signal.SIGINT


def test_python_without_plugin(tmp_path: Path) -> None:
    """In an environment without the plugin, importing ccxt fails, so the bot cannot trade with it."""
    folder = tmp_path / "elsewhere"  # its own modules stand in for another environment
    folder.mkdir()
    (folder / "ccxt.py").write_text("")
    (folder / "ccxt_bingx_ext.py").write_text("raise ImportError('not installed')")
    (folder / "bot.py").write_text("import ccxt\nprint('trading')")
    ended = ran(tmp_path, "elsewhere/bot.py")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "has ccxt, but no usable ccxt_bingx_ext (not installed): install it there" in ended.stderr


def test_own_sitecustomize(tmp_path: Path) -> None:
    """run still imports the user's own sitecustomize and keeps PYTHONPATH."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("import ccxt\nclass_met = ccxt.bingx.__module__\n")
    (tmp_path / "bot.py").write_text("import sitecustomize\nprint(sitecustomize.class_met)")
    ended = ran(tmp_path, "bot.py", PYTHONPATH=str(tmp_path / "own"))
    assert ended.stdout == f"{OURS[0]}\n", ended.stderr


def test_broken_sitecustomize(tmp_path: Path) -> None:
    """Python reports a broken sitecustomize, and the bot gets the plugin's classes all the same."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("import no_such_module")
    (tmp_path / "bot.py").write_text("import ccxt\nprint(ccxt.bingx.__module__)")
    ended = ran(tmp_path, "bot.py", PYTHONPATH=str(tmp_path / "own"))
    assert ended.stdout == f"{OURS[0]}\n"
    assert "no_such_module" in ended.stderr


@pytest.mark.parametrize("program", ["no-such-program", "no-such-script.py"])
def test_missing_program(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a program that does not exist run exits with 127, as a shell does."""
    assert main(["run", "--", program]) == 127
    assert f"no such program: {program}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("./mybot", "./mybot is not executable: write `run -- python ./mybot`, or chmod +x it"),
        ("mybot", "mybot is not executable: write `run -- python mybot`"),
        ("runs", "runs is not on PATH: write ./runs"),
        ("./folder", "./folder is a directory: name a program, a Python file, or -m MODULE"),
        ("folder", "folder is a directory"),
    ],
)
def test_existing_but_no_program(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a file or directory that cannot be run, run says why, and not that it does not exist."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mybot").write_text(BOT)
    executable(tmp_path / "runs", f"#!{sys.executable}\n{BOT}")
    (tmp_path / "folder").mkdir()
    assert main(["run", "--", name]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["-m"], ["--", "-m"]])
def test_no_module(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """run refuses -m without a module."""
    assert main(["run", *words]) == 64
    assert "run -m needs a MODULE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("#!/bin/sh\nexec python bot.py\n", "is not a Python program"),
        ("\x7fELF", "is not a Python program"),
        ("#!/usr/bin/pythonic\n", "is not a Python program"),
        ("#!/usr/bin/python3 -sE\n", "starts Python with -sE, which keeps the classes out: run -- python"),
        ("#!/usr/bin/env -S python3.12 -I\n", "starts Python with -I"),
    ],
)
def test_python_out_of_reach(
    head: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """run refuses a program that may start Python without the plugin's classes."""
    program = executable(tmp_path / "program", head)
    assert main(["run", str(program)]) == 64
    assert said in capsys.readouterr().err


def test_unreadable_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """run refuses a program that it cannot read."""
    program = executable(tmp_path / "program", f"#!{sys.executable}\n")

    def refuse(*args: Any, **named: Any) -> Any:
        raise PermissionError

    monkeypatch.setattr("builtins.open", refuse)
    assert main(["run", str(program)]) == 64


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("-I bot.py", "-I"),
        ("-uE bot.py", "-uE"),
        ("-X dev -S -m bot", "-S"),
        ("-Wignore -E bot.py", "-E"),
        ("--check-hash-based-pycs always -E bot.py", "-E"),
        ("--version -E", "-E"),
        ("bot.py -E", None),
        ("-u - -E", None),
        ("-m bot -E", None),
        ("-mbot -E", None),
        ("-uc print() -S", None),
        ("-WE -X I bot.py", None),
        ("", None),
    ],
)
def test_isolating_options(options: str, found: str | None) -> None:
    """Only Python's own -E, -I and -S count as isolating, not those of the program."""
    assert isolating_option(options.split()) == found


def test_old_ccxt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """run names a ccxt below the supported ones on stderr, and starts the program."""
    started: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *given: started.append(given))
    monkeypatch.setattr(ccxt, "__version__", "4.5.27")
    main(["run", "--", sys.executable, "bot.py"])
    assert capsys.readouterr().err.startswith("ccxt-bingx-ext: ccxt 4.5.27 is older than ")
    assert len(started) == 1


def test_isolated_python(capsys: pytest.CaptureFixture[str]) -> None:
    """run refuses `python -I`, which would keep the plugin's classes out."""
    assert main(["run", "--", sys.executable, "-I", "bot.py"]) == 64
    assert "keeps the classes out: omit it" in capsys.readouterr().err


def test_path_with_a_separator(tmp_path: Path) -> None:
    """run refuses to start from a path that PYTHONPATH would split, as the bot would get ccxt's own class."""
    folder = tmp_path / f"with{os.pathsep}separator"
    folder.mkdir()
    (folder / "ccxt_bingx_ext").symlink_to(Path(ccxt_bingx_ext.__file__).parent, target_is_directory=True)
    (folder / "bot.py").write_text("import ccxt\nprint(ccxt.bingx.__module__)")
    ended = ran(folder, "bot.py", PYTHONPATH="")
    assert (ended.returncode, ended.stdout) == (64, "")
    assert f"PYTHONPATH cannot name a path with '{os.pathsep}' in it" in ended.stderr
    assert str(folder) in ended.stderr


def test_separator_in_on_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """run refuses before it starts anything."""
    monkeypatch.setattr(os, "execve", None)
    monkeypatch.setattr(cli_run, "ON_START", f"/a{os.pathsep}b")
    assert main(["run", "-m", "bot"]) == 64
    assert f"move this package elsewhere, from /a{os.pathsep}b" in capsys.readouterr().err


def test_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    """run replaces its own process and passes on all arguments of the program."""
    seen: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *given: seen.append(given))
    main(["run", "-m", "bot", "--", "-c"])
    path, argv, environment = seen[0]
    assert (path, argv) == (sys.executable, [sys.executable, "-m", "bot", "--", "-c"])
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == ON_START


def test_environment() -> None:
    """run puts its folder first in PYTHONPATH and keeps the rest of the environment."""
    assert environment_of({"A": "b", "PYTHONPATH": "/x"}) == {"A": "b", "PYTHONPATH": f"{ON_START}:/x"}
    assert environment_of({"PYTHONPATH": ""}) == {"PYTHONPATH": ON_START}
    assert environment_of({"PYTHONPATH": "/x"}, "http://[::1]:80") == {
        "PYTHONPATH": f"{ON_START}:{ON_START}/simulator=http%3A%2F%2F%5B%3A%3A1%5D%3A80:/x",
        "CCXT_BINGX_EXT_SIMULATOR": "http://[::1]:80",
    }


def test_help_and_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """run --help prints the help of run, and run without a program exits with 64."""
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    assert "SCRIPT.py" in capsys.readouterr().out
    assert main(["run", "--"]) == 64
