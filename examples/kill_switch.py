"""Cancel every order that a file lists, and end with 0 only if all of them are gone for certain.

A line of the file is a symbol and an order id, or ``client:`` and a client order id::

    BTC/USDT 1735964997957275648
    ETH/USDT client:quote_17

Which of them may still be live stands in ``FILE.unresolved`` at every moment, so also when this is ended in
the middle; at the end it is printed, too, and that file can be given to the next run.

On the simulator (``python -m ccxt_bingx_ext simulate``), or live::

    BINGX_SIMULATOR=http://127.0.0.1:8000 python examples/kill_switch.py FILE
    BINGX_APIKEY=... BINGX_SECRET=... python examples/kill_switch.py FILE
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import ccxt

from _exchange import config
from ccxt_bingx_ext import ClientOrderId, bingx, is_gone

CLIENT = "client:"


def main() -> int:
    parser = argparse.ArgumentParser(description="Cancel every order that a file lists.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--attempts", type=int, default=5, help="1, 2, 4, ... s apart (default: 5)")
    arguments = parser.parse_args()
    unresolved = arguments.file.with_name(f"{arguments.file.name}.unresolved")
    lines = arguments.file.read_text().splitlines()
    if unresolved.is_file():  # of an earlier run: the file may have been made anew since
        lines += unresolved.read_text().splitlines()
    left = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if not left:
        sys.exit("no orders are listed: was the list made?")
    write(unresolved, left)
    exchange = bingx(config())
    for attempt in range(arguments.attempts):
        if attempt:
            time.sleep(2 ** (attempt - 1))
        left = cancel_lines(exchange, left)
        write(unresolved, left)
        if not left:
            break
    for line in left:
        print(f"NOT KNOWN TO BE GONE: {line}", file=sys.stderr)
    return 1 if left else 0


def cancel_lines(exchange: Any, lines: list[str]) -> list[str]:
    """Cancel what the lines name, and return those whose order is not known to be gone."""
    gone = set()
    names_by_symbol: dict[str, list[str]] = {}
    for line in lines:
        symbol, _, name = line.partition(" ")
        names_by_symbol.setdefault(symbol, []).append(name)
    for symbol, names in names_by_symbol.items():
        ids = [ClientOrderId(name[len(CLIENT) :]) if name.startswith(CLIENT) else name for name in names]
        for order in cancel(exchange, symbol, ids):
            for field, prefix in (("id", ""), ("clientOrderId", CLIENT)):
                name = f"{prefix}{order[field]}"
                if order[field] is not None and name in names:
                    print(f"{symbol} {name} {order['status'] or order['info']}")
                    # Not for status None: an order that the exchange does not know may be live under another
                    # symbol, and the exchange forgets a client order id after two hours, but not its order.
                    if is_gone(order):
                        gone.add(f"{symbol} {name}")
    return [line for line in lines if line not in gone]


def cancel(exchange: Any, symbol: str, ids: list[str]) -> list[dict[str, Any]]:
    """What the exchange said of these orders; nothing of those of which it could not be found out."""
    try:
        orders: list[dict[str, Any]] = exchange.cancel_orders(ids, symbol, {"process": 1})
    except ccxt.BaseError as error:
        print(f"{symbol}: {error}", file=sys.stderr)
        if type(error) is ccxt.BadRequest and len(ids) > 1:
            # A line that is no id must not save the others.
            return [order for one in ids for order in cancel(exchange, symbol, [one])]
        return getattr(error, "orders", [])
    return orders


def write(path: Path, lines: list[str]) -> None:
    """Replace the file as a whole: half a list would be orders lost sight of."""
    half = path.with_name(f"{path.name}.new")
    try:
        half.write_text("".join(f"{line}\n" for line in lines))
        os.replace(half, path)
    except OSError as error:
        print(f"{path}: {error}", file=sys.stderr)  # a full disk must not keep orders alive


if __name__ == "__main__":
    sys.exit(main())
