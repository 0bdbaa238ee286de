"""``python -m tools.mutants``: the modules that do no I/O, changed in small ways; do the unit tests notice?

Prints for each module how many of these mutants were killed, and fails where the score is under `LEAST`.
Arguments are names of mutants, as mutmut takes them: ``ccxt_bingx_ext._ratelimit*``. ``mutmut show NAME``
tells what a survivor is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

LEAST = 90.0  # %
WORKERS = "2"
FOLDER = Path("mutants")  # mutmut's: the mutated package, a copy of the tests, and what became of each mutant

# What pytest ended with. None of the tests reaches a mutant: nobody would notice it, so it has survived.
SURVIVED = {0: "survived", 5: "survived", 33: "survived"}
KILLED = {1: "killed", 3: "killed"}
# It never ends: the tests noticed. mutmut gives each fifteen times what they take without it, and a second.
TIMED_OUT = dict.fromkeys((24, -24, 36, 152, 255), "timed out")
FATE = {**SURVIVED, **KILLED, **TIMED_OUT}


def main(names: Sequence[str]) -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)  # mutmut would not judge again what it judged by older tests
    mutmut = Path(sys.executable).with_name("mutmut")
    ran = subprocess.run([mutmut, "run", "--max-children", WORKERS, *names], check=False).returncode
    if ran != 0:
        return ran
    survivors, total = [], Counter[str]()
    print(f"\n{'module':<16}{'mutants':>9}{'killed':>9}{'timed out':>11}{'survived':>10}{'score':>9}")
    for module, fates in _results():
        counted = Counter(fates.values())
        survivors += [name for name, fate in fates.items() if fate == "survived"]
        total += counted
        _print_row(module, counted)
    _print_row("all", total)
    print("\nsurvived:", *sorted(survivors), sep="\n  ")
    return 0 if _score(total) >= LEAST else 1


def _results() -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(FOLDER.glob("ccxt_bingx_ext/**/*.py.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        # One that pytest could not judge (a crash, say) is in no column but the first: it lowers the score.
        fates = {name: FATE.get(code, "unclear") for name, code in codes.items() if code is not None}
        if fates:
            yield path.name.partition(".")[0], fates


def _score(fates: Counter[str]) -> float:
    return 100 * (fates["killed"] + fates["timed out"]) / max(fates.total(), 1)


def _print_row(module: str, fates: Counter[str]) -> None:
    killed, timed_out, survived = (fates[fate] for fate in ("killed", "timed out", "survived"))
    print(f"{module:<16}{fates.total():>9}{killed:>9}{timed_out:>11}{survived:>10}{_score(fates):>8.1f}%")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
