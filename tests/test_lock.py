"""`make lock` writes exact versions, each with the hashes of its files, in files that fit together."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from itertools import combinations
from pathlib import Path

import pytest

from tools.compat import REQUIREMENTS, ROOT, TEST_PINS, install_steps
from tools.lock import BOTS, beyond, lowest_ccxt, parse_pins, read, render, split

ONE, TWO, THREE = ("a" * 64, "b" * 64, "c" * 64)
COMPILED = f"""\
attrs==26.1.0 \\
    --hash=sha256:{ONE}
numpy==2.2.6 ; python_full_version < '3.11' \\
    --hash=sha256:{ONE} \\
    --hash=sha256:{TWO}
numpy==2.4.6 ; python_full_version >= '3.11' \\
    --hash=sha256:{THREE}
"""
WRITTEN = {path.name for path in REQUIREMENTS.glob("*.txt")}
BEYOND = {"lint.txt", "bench.txt", "docs.txt", "mutants.txt"}


def test_pins_keep_every_hash() -> None:
    """Rendering the parsed pins loses no version, marker or hash, also if Pythons need different versions."""
    pins = parse_pins(COMPILED)
    assert [*pins] == ["attrs", "numpy"]
    assert render("What it is.", pins).endswith(f"Do not edit it.\n\n{COMPILED}")
    assert render("What it is.", pins).startswith("# What it is.\n")


def test_split() -> None:
    """Each pin goes to one side, with all of its lines."""
    inside, outside = split(parse_pins(COMPILED), {"numpy", "ccxt"})
    assert "".join(outside.values()) + "".join(inside.values()) == COMPILED
    assert [*inside] == ["numpy"]


def test_beyond() -> None:
    """A later file pins what the earlier files lack, and never relies on a pin for other platforms only."""
    pins = parse_pins(COMPILED)
    _, installed = split(pins, {"attrs"})
    assert [*beyond(pins, installed)] == ["attrs"]
    for_one_python = {"numpy": pins["numpy"].partition("numpy==2.4.6")[0]}
    with pytest.raises(ValueError, match=r"EVERYWHERE.*: numpy"):
        beyond(pins, for_one_python)


@pytest.mark.parametrize(
    "line", ["attrs==26.1.0", "attrs>=26 \\\n    --hash=sha256:" + ONE, "-e .", "warning: no such package"]
)
def test_line_without_hash_is_refused(line: str) -> None:
    """A line that pins no version with a hash never reaches a file."""
    with pytest.raises(ValueError, match="not a pinned version with hashes"):
        parse_pins(f"{COMPILED}{line}\n")


def test_lowest_ccxt() -> None:
    """The lowest release comes from pyproject.toml."""
    assert lowest_ccxt('dependencies = ["ccxt>=4.5.28,<5"]') == "4.5.28"


def test_the_files() -> None:
    """The list of files is the one that the Makefile and `.ci/run` install from."""
    assert {"ccxt-lowest.txt", "ccxt-newest.txt", "test.txt", *BEYOND} == WRITTEN
    used = (ROOT / "Makefile").read_text("utf-8") + (ROOT / ".ci" / "run").read_text("utf-8")
    assert {*re.findall(r"requirements/([\w-]+\.txt)", used)} == WRITTEN


@pytest.mark.parametrize("name", [*sorted(WRITTEN), *(f"bots/{name}.txt" for name in BOTS)])
def test_every_pin_has_hashes(name: str) -> None:
    """Every requirement of a committed file is an exact version with whole SHA-256 hashes."""
    pins = read(name)
    assert pins
    for pin in "".join(pins.values()).split("\n"):
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^\\]+)? \\| {4}--hash=sha256:[0-9a-f]{64}( \\)?|", pin)


@pytest.mark.parametrize(
    "together",
    [
        ("ccxt-lowest.txt", "test.txt"),
        *(("ccxt-newest.txt", "test.txt", beyond) for beyond in sorted(BEYOND)),
    ],
)
def test_files_fit_together(together: tuple[str, ...]) -> None:
    """Files that are installed together do not name a package twice."""
    names = [name for file in together for name in read(file)]
    assert len(names) == len({*names})


def test_one_version_in_one_environment() -> None:
    """A package that two targets need has one version: they share an environment."""
    for one, other in combinations([read(name) for name in sorted(BEYOND)], 2):
        assert all(one[name] == other[name] for name in one.keys() & other.keys())


def test_ccxt_is_the_lowest_supported() -> None:
    """The lowest pinned ccxt is the one that pyproject.toml names."""
    lowest = lowest_ccxt((ROOT / "pyproject.toml").read_text("utf-8"))
    assert read("ccxt-lowest.txt")["ccxt"].startswith(f"ccxt=={lowest} ")


def test_compat_checks_the_tools() -> None:
    """`make compat` installs the tools by hash, and the tested releases without."""
    checked, ccxt, this = install_steps("4.5.74", pinned=True)
    assert "--require-hashes" in checked
    assert str(TEST_PINS) in checked
    assert ccxt == ["ccxt==4.5.74"]
    assert "--require-hashes" not in this
    assert install_steps("4.5.74", pinned=False) == [["--editable", ".[test]", "ccxt==4.5.74"]]


@pytest.mark.parametrize("is_intact", [True, False])
def test_pip_refuses_another_file(tmp_path: Path, is_intact: bool) -> None:
    """pip accepts a file with one of our hashes, and refuses the same file with another hash."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if is_intact else ONE
    file = tmp_path / "requirements.txt"
    file.write_text(render("Tiny.", parse_pins(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")), "utf-8")
    target = tmp_path / "target"
    options = ["--require-hashes", "--no-index", "--find-links", str(tmp_path), "--target", str(target)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--requirement", str(file)],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is is_intact, done.stderr
    assert (target / "tiny-1.0.dist-info").exists() is is_intact
    assert ("DO NOT MATCH THE HASHES" in done.stderr) is not is_intact
