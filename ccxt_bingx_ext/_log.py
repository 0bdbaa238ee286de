"""The logger that every module of the plugin writes to."""

import logging

log = logging.getLogger("ccxt_bingx_ext")
