"""`run.py -- PROGRAM ...` stands in for `ccxt-bingx-ext run -- PROGRAM ...`: registers and becomes that."""

from __future__ import annotations

import runpy
import shutil
import sys

import ccxt_bingx_ext

if __name__ == "__main__":
    ccxt_bingx_ext.register()
    sys.argv = sys.argv[2:]
    program = shutil.which(sys.argv[0])
    assert program, f"{sys.argv[0]} is not on the path"
    runpy.run_path(program, run_name="__main__")
