"""``python -m tools.mutants``: do the unit tests notice small changes of the modules without I/O?

It prints for each module how many of these mutants the tests killed, and fails if the score is below `LEAST`.
Arguments are names of mutants, as for mutmut: ``ccxt_bingx_ext._ratelimit*``. ``mutmut show NAME`` shows the
change of a survivor.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

LEAST = 94.0  # %
WORKERS = "2"
FOLDER = Path("mutants")  # mutmut's: the mutated package, a copy of the tests, and the fate of each mutant

# The exit codes of pytest. A mutant that no test reaches (5, 33) survived.
SURVIVED = {0: "survived", 5: "survived", 33: "survived"}
KILLED = {1: "killed", 3: "killed"}
# A mutant that never ends is killed. mutmut allows fifteen times the time without a mutant, and a second.
TIMED_OUT = dict.fromkeys((24, -24, 36, 152, 255), "timed out")
FATE = {**SURVIVED, **KILLED, **TIMED_OUT}


def main(names: Sequence[str]) -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)  # mutmut would keep the verdicts of older tests
    mutmut = Path(sys.executable).with_name("mutmut")
    ran = subprocess.run([mutmut, "run", "--max-children", WORKERS, *names], check=False).returncode
    if ran != 0:
        return ran
    survivors, total = [], Counter[str]()
    print(f"\n{'module':<40}{'mutants':>9}{'killed':>9}{'timed out':>11}{'survived':>10}{'score':>9}")
    for module, fates in _results():
        counted = Counter(fates.values())
        survivors += [name for name, fate in fates.items() if fate == "survived"]
        total += counted
        _print_row(module, counted)
    _print_row("all", total)
    print("\nsurvived:", *sorted(survivors), sep="\n  ")
    if _score(total) < LEAST:
        print(f"\nThe score is below {LEAST:g} %.")
        return 1
    return 0


def _results() -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(FOLDER.glob("ccxt_bingx_ext/**/*.py.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        # A mutant that pytest could not judge (for example, a crash) counts only in the first column.
        fates = {name: FATE.get(code, "unclear") for name, code in codes.items() if code is not None}
        if fates:
            yield path.relative_to(FOLDER).as_posix().removesuffix(".py.meta").replace("/", "."), fates


def _score(fates: Counter[str]) -> float:
    return 100 * (fates["killed"] + fates["timed out"]) / max(fates.total(), 1)


def _print_row(module: str, fates: Counter[str]) -> None:
    killed, timed_out, survived = (fates[fate] for fate in ("killed", "timed out", "survived"))
    print(f"{module:<40}{fates.total():>9}{killed:>9}{timed_out:>11}{survived:>10}{_score(fates):>8.1f}%")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
