"""The start hook of `run`: when a program gets which of the classes."""

from __future__ import annotations

import importlib
import os
import runpy
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

import ccxt_bingx_ext
from ccxt_bingx_ext.cli.run import ON_START

SYNC, ASYNC, PRO = "ccxt", "ccxt.async_support", "ccxt.pro"
FAKES = (SYNC, ASYNC, PRO, "ccxt.pro.bingx")


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
        self.redirected: list[str] = []
        for name in FAKES:
            path = folder / name.replace(".", "/")
            path.mkdir()
            (path / "__init__.py").write_text("")
        monkeypatch.setattr(sys, "path", [ON_START, str(folder), sysconfig.get_path("stdlib")])
        monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
        for name in [one for one in sys.modules if one.partition(".")[0] == "ccxt"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.delitem(sys.modules, "sitecustomize", raising=False)
        self.plugin = ModuleType("ccxt_bingx_ext")
        self.plugin.__path__ = []
        self.put("ccxt_bingx_ext", self.plugin)
        self.fake("_register", register_in=self._register, unregistered=self._unregistered)
        self.fake("_simulated", redirect=lambda *names: self.redirected.extend(names))

    def fake(self, name: str, **contents: object) -> None:
        module = ModuleType(name)
        module.__dict__.update(contents)
        self.put(f"ccxt_bingx_ext.{name}", module)

    def put(self, name: str, module: ModuleType | None) -> None:
        self.monkeypatch.setitem(sys.modules, name, module)

    def _register(self, *names: str) -> None:
        assert set(names) <= set(self.redirected)  # the other way round, the class would be seen without
        self.registered += [one for one in names if one not in self.registered]

    @contextmanager
    def _unregistered(self, name: str) -> Iterator[None]:
        self.registered.remove(name)
        yield
        self.registered.append(name)

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
    """While ccxt's pro class is made, ccxt's own async class is in its place."""
    (tmp_path / "ccxt/pro/bingx/__init__.py").write_text("import seen; seen.now()")
    seen = ModuleType("seen")
    at_that_moment: list[str] = []
    seen.now = lambda: at_that_moment.extend(start.registered)  # type: ignore[attr-defined]
    start.put("seen", seen)
    start.begin()
    importlib.import_module(ASYNC)
    importlib.import_module("ccxt.pro.bingx")
    assert at_that_moment == [SYNC, PRO]
    assert start.registered == [SYNC, PRO, ASYNC]


def test_plugin_half_imported(start: Start, tmp_path: Path) -> None:
    """The start hook does not use a plugin that is still being imported, but registers at its end."""
    (tmp_path / "ccxt_bingx_ext.py").write_text("import ccxt, seen; seen.now()")
    seen = ModuleType("seen")
    at_that_moment: list[list[str]] = []
    seen.now = lambda: at_that_moment.append([*start.registered])  # type: ignore[attr-defined]
    start.put("seen", seen)
    start.monkeypatch.delitem(sys.modules, "ccxt_bingx_ext")
    start.begin()
    importlib.import_module("ccxt_bingx_ext")
    assert at_that_moment == [[]]
    assert start.registered == [SYNC]


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
