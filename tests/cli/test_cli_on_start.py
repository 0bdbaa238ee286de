"""The start hook of `run`: when a program gets which of the classes."""

from __future__ import annotations

import importlib
import os
import runpy
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import ccxt_bingx_ext
from ccxt_bingx_ext._simulated import VARIABLE
from ccxt_bingx_ext.cli.run import ON_START, SIMULATOR_ENTRY

SYNC, ASYNC, PRO = "ccxt", "ccxt.async_support", "ccxt.pro"
PLACES = (SYNC, ASYNC, PRO)


def printed(code: str) -> list[str]:
    """What a program prints that `run` has started."""
    command = [sys.executable, "-m", "ccxt_bingx_ext", "run", "--", sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.stderr == ""
    return ended.stdout.splitlines()


def test_imports_no_more_than_the_program() -> None:
    """A program that imports only ccxt gets the sync class, and loads no async or websocket code."""
    code = (
        "import sys, ccxt\n"
        "print(ccxt.bingx.__module__)\n"
        "print(*{'ccxt.async_support', 'ccxt.pro', 'ccxt_bingx_ext.async_support'} & set(sys.modules))\n"
        "import ccxt.async_support\n"
        "print(ccxt.async_support.bingx.__module__)\n"
        "print(*{'ccxt.pro', 'ccxt_bingx_ext.pro'} & set(sys.modules))\n"
    )
    assert printed(code) == ["ccxt_bingx_ext._sync", "", "ccxt_bingx_ext.async_support", ""]


@pytest.mark.parametrize(
    "imports",
    [
        "import ccxt.pro, ccxt.async_support, ccxt",
        "import ccxt.async_support; import ccxt.pro",
        "from ccxt.async_support.bingx import bingx; from ccxt.pro.bingx import bingx",
        "import ccxt_bingx_ext.pro; import ccxt.pro",
        "import ccxt_bingx_ext.async_support; import ccxt.pro",
        "import ccxt.async_support; import ccxt_bingx_ext; ccxt_bingx_ext.register(); import ccxt.pro",
        "import ccxt.pro, importlib; [importlib.reload(one) for one in (ccxt, ccxt.async_support, ccxt.pro)]",
        "import threading\n"
        "names = ['ccxt.pro', 'ccxt', 'ccxt.async_support', 'ccxt.pro', 'ccxt']\n"
        "threads = [threading.Thread(target=__import__, args=(one,)) for one in names]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]\n"
        "import ccxt.pro",
    ],
)
def test_order_of_imports(imports: str) -> None:
    """A program gets all three classes in any order of imports, and ccxt's own pro class stays as it was."""
    code = (
        f"{imports}\n"
        "import ccxt, ccxt.async_support, sys\n"
        "for module in (ccxt, ccxt.async_support, ccxt.pro):\n"
        "    print(module.bingx.__module__)\n"
        "print(*[one.__module__ for one in sys.modules['ccxt.pro.bingx'].bingx.__bases__])\n"
    )
    ours = ["ccxt_bingx_ext._sync", "ccxt_bingx_ext.async_support", "ccxt_bingx_ext.pro"]
    assert printed(code) == [*ours, "ccxt.async_support.bingx"]


class Start:
    """The start of a Python, imitated in this process with a fake plugin and a fake ccxt."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.registered: list[str] = []
        for place in PLACES:
            for name in (place, f"{place}.bingx"):
                path = folder / name.replace(".", "/")
                path.mkdir()
                # With a base class that `__bases__` may replace.
                (path / "__init__.py").write_text("class Base: pass\nclass bingx(Base): pass\n")
        (folder / "ccxt/pro/bingx/__init__.py").write_text(
            "import ccxt.async_support, ccxt.async_support.bingx as own\n"
            "class bingx(getattr(ccxt.async_support, 'ours', own.bingx)): pass\n"
        )
        monkeypatch.setattr(sys, "path", [ON_START, str(folder), sysconfig.get_path("stdlib")])
        monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
        for name in [one for one in sys.modules if one.partition(".")[0] == "ccxt"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.delitem(sys.modules, "sitecustomize", raising=False)
        self.plugin = ModuleType("ccxt_bingx_ext")
        self.plugin.__path__ = []
        self.put("ccxt_bingx_ext", self.plugin)
        self.fake("_register", register_in=self._register)
        self.fake("async_support")
        self.fake("pro")

    def fake(self, name: str, **contents: object) -> None:
        module = ModuleType(name)
        module.__dict__.update(contents)
        self.put(f"ccxt_bingx_ext.{name}", module)

    def put(self, name: str, module: ModuleType | None) -> None:
        self.monkeypatch.setitem(sys.modules, name, module)

    def _register(self, *names: str) -> None:
        for name in names:
            if name not in self.registered:
                self.registered.append(name)
            vars(sys.modules[name])["bingx"] = "ours"

    def begin(self) -> None:
        runpy.run_path(os.path.join(ON_START, "sitecustomize.py"), run_name="sitecustomize")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    plugin = sys.modules["ccxt_bingx_ext"]
    yield Start(tmp_path, monkeypatch)
    monkeypatch.undo()
    assert sys.modules["ccxt_bingx_ext"] is plugin is ccxt_bingx_ext


def test_registers_on_import(start: Start) -> None:
    """The start hook registers each class when the program imports its place, not before."""
    start.begin()
    assert start.registered == []
    for count, name in enumerate((SYNC, ASYNC, PRO), start=1):
        importlib.import_module(name)
        assert start.registered == [SYNC, ASYNC, PRO][:count]


def test_registers_at_once(start: Start) -> None:
    """The start hook registers the classes at once if ccxt is already imported."""
    start.put(SYNC, ModuleType(SYNC))
    start.begin()
    assert start.registered == [SYNC]


def test_pro_subclasses_ccxts_own(start: Start, tmp_path: Path) -> None:
    """ccxt's pro class subclasses ccxt's own async class, even if it finds ours in its place."""
    start.begin()
    module = importlib.import_module(ASYNC)
    own = importlib.import_module("ccxt.async_support.bingx").bingx
    module.ours = type("ours", (own,), {})  # type: ignore[attr-defined]
    assert importlib.import_module("ccxt.pro.bingx").bingx.__bases__ == (own,)


def half_imported(start: Start, tmp_path: Path, meanwhile: Callable[[], None]) -> None:
    """Import a plugin that calls `meanwhile` after it has imported ccxt."""
    (tmp_path / "ccxt_bingx_ext.py").write_text("import ccxt, seen; seen.now()")
    seen = ModuleType("seen")
    seen.now = meanwhile  # type: ignore[attr-defined]
    start.put("seen", seen)
    start.monkeypatch.delitem(sys.modules, "ccxt_bingx_ext")
    start.begin()
    importlib.import_module("ccxt_bingx_ext")


def test_plugin_half_imported(start: Start, tmp_path: Path) -> None:
    """The start hook does not use a plugin that is still being imported, but registers at its end."""
    at_that_moment: list[object] = []

    def look() -> None:
        module = sys.modules[SYNC]
        at_that_moment.extend([[*start.registered], hasattr(module, "bingx"), hasattr(module, "kraken")])

    half_imported(start, tmp_path, look)
    assert at_that_moment == [[], False, False]
    assert start.registered == [SYNC]
    assert sys.modules[SYNC].bingx == "ours"


def test_class_waits_for_the_plugin(start: Start, tmp_path: Path) -> None:
    """While one thread imports the plugin, another one does not get ccxt's own class, but waits for ours."""
    got: list[object] = []
    is_waiting = threading.Event()

    def use() -> None:
        module = importlib.import_module(SYNC)
        is_waiting.set()
        got.append(module.bingx)

    user = threading.Thread(target=use)

    def look() -> None:
        user.start()
        assert is_waiting.wait(20)
        user.join(0.1)
        got.append("not yet")

    half_imported(start, tmp_path, look)
    user.join(20)
    assert got == ["not yet", "ours"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("told_by", ["PYTHONPATH", "environment"])
def test_simulator(start: Start, place: str, told_by: str) -> None:
    """The hook keeps each class on the simulator that it was told at the start, a reloaded class, too."""
    if told_by == "PYTHONPATH":
        sys.path.insert(1, f"{SIMULATOR_ENTRY}http%3A%2F%2Flocalhost%3A1")
    start.monkeypatch.setenv(
        VARIABLE, "http://localhost:2" if told_by == "PYTHONPATH" else "http://localhost:1"
    )
    start.begin()
    assert not any("on_start" in entry for entry in sys.path)
    start.monkeypatch.delenv(VARIABLE)
    module = importlib.import_module(f"{place}.bingx")
    for _ in range(2):
        assert module.bingx._simulator == "http://localhost:1"
        importlib.reload(module)


def test_no_simulator(start: Start) -> None:
    """Without --simulator ccxt's own classes stay as they are."""
    start.monkeypatch.delenv(VARIABLE, raising=False)
    start.begin()
    assert not hasattr(importlib.import_module("ccxt.bingx").bingx, "_simulator")


def test_plugin_alone(start: Start, tmp_path: Path) -> None:
    """A plugin that does not import ccxt has no place to register in."""
    start.monkeypatch.delitem(sys.modules, "ccxt_bingx_ext")
    (tmp_path / "ccxt_bingx_ext.py").write_text("")
    start.begin()
    importlib.import_module("ccxt_bingx_ext")
    assert start.registered == []


def test_loader_of_many_modules(start: Start, tmp_path: Path) -> None:
    """A module that ccxt's own loader also loads, from a ZIP file, registers nothing."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ccxt.py", "")
        archive.writestr("another.py", "")
    sys.path[:] = [ON_START, str(tmp_path / "all.zip"), sysconfig.get_path("stdlib")]
    start.begin()
    importlib.import_module(SYNC)
    assert start.registered == [SYNC]
    start.registered.clear()
    importlib.import_module("another")
    assert start.registered == []
    start.monkeypatch.delitem(sys.modules, "another")


def test_ccxt_missing(start: Start, tmp_path: Path) -> None:
    """Without ccxt the program's import raises ModuleNotFoundError, as without run."""
    (tmp_path / "ccxt").rename(tmp_path / "elsewhere")
    start.begin()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(SYNC)
    assert start.registered == []


def test_ccxt_broken(start: Start, tmp_path: Path) -> None:
    """An error of ccxt's own import reaches the program, and registers nothing."""
    (tmp_path / "ccxt/__init__.py").write_text("1 / 0")
    start.begin()
    with pytest.raises(ZeroDivisionError):
        importlib.import_module(SYNC)
    assert start.registered == []


def test_plugin_missing(start: Start) -> None:
    """Without a usable plugin importing ccxt raises an error that says what to do."""
    start.put("ccxt_bingx_ext._register", None)
    start.begin()
    with pytest.raises(ImportError, match="install it there"):
        importlib.import_module(SYNC)
    assert SYNC not in sys.modules


def test_error_in_own_sitecustomize(start: Start, tmp_path: Path) -> None:
    """An error in the user's own sitecustomize reaches Python, which reports it."""
    (tmp_path / "sitecustomize.py").write_text("import no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        start.begin()
