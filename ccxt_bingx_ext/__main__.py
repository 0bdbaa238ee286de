"""``python -m ccxt_bingx_ext``."""

import sys

from .cli import main

sys.exit(main())
