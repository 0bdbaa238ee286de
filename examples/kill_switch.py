"""Cancel every order that a file lists. Exit with 0 only if all of them are certainly gone.

A line of the file is a symbol and an order id, or a symbol, ``client:`` and a client order id::

    BTC/USDT 1735964997957275648
    ETH/USDT client:quote_17

``ccxt-bingx-ext cancel --from-file FILE --yes`` does this once. The example tries several times and continues
after a wrong line. It keeps the orders that may still be live in ``FILE.unresolved``, for the next run.

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
from ccxt_bingx_ext import bingx, is_gone

CLIENT = "client:"


def main() -> int:
    parser = argparse.ArgumentParser(description="Cancel every order that a file lists.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--attempts", type=int, default=5, help="1, 2, 4, ... s apart (default: 5)")
    arguments = parser.parse_args()
    unresolved = arguments.file.with_name(f"{arguments.file.name}.unresolved")
    lines = arguments.file.read_text().splitlines()
    if unresolved.is_file():  # from an earlier run; the file may be newer
        lines += unresolved.read_text().splitlines()
    left = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if not left:
        sys.exit(f"{arguments.file} lists no orders: check that your bot wrote the file")
    write(unresolved, left)
    exchange = bingx(config())
    for attempt in range(arguments.attempts):
        if attempt:
            time.sleep(2 ** (attempt - 1))
        gone = {name for order in cancel(exchange, left) for name in names_of(order) if is_gone(order)}
        left = [line for line in left if line not in gone]
        write(unresolved, left)
        if not left:
            break
    for line in left:
        print(f"NOT KNOWN TO BE GONE: {line}", file=sys.stderr)
    return 1 if left else 0


def cancel(exchange: Any, lines: list[str]) -> list[dict[str, Any]]:
    """Cancel, and return the orders whose state is known. The others may still be live."""
    try:
        orders: list[dict[str, Any]] = exchange.cancel_orders_for_symbols(map(entry, lines), {"process": 1})
    except ccxt.BaseError as error:
        print(error, file=sys.stderr)
        if isinstance(error, (ccxt.ArgumentsRequired, ccxt.BadRequest)) and len(lines) > 1:
            # A wrong line must not keep the other orders alive.
            return [order for one in lines for order in cancel(exchange, [one])]
        orders = getattr(error, "orders", [])
    orders = [{**order, "status": status_of(exchange, order)} for order in orders]
    for order in orders:
        print(f"{names_of(order)[0]} {order['status'] or order['info']}")
    return orders


def status_of(exchange: Any, order: dict[str, Any]) -> Any:
    """The status. The swap lists call a cancelled order unknown, but `cancel_order` queries it."""
    if order["status"] is not None or ":" not in order["symbol"]:
        return order["status"]
    named = {"clientOrderId": order["clientOrderId"]} if order["clientOrderId"] else {}
    try:
        return exchange.cancel_order(order["id"], order["symbol"], named)["status"]
    except ccxt.OrderNotFound as error:
        return getattr(error, "orders", [order])[0]["status"]
    except ccxt.BaseError as error:
        print(error, file=sys.stderr)
        return None


def entry(line: str) -> dict[str, str]:
    symbol, _, name = line.partition(" ")
    field = "clientOrderId" if name.startswith(CLIENT) else "id"
    return {"symbol": symbol, field: name.removeprefix(CLIENT)}


def names_of(order: dict[str, Any]) -> list[str]:
    """The lines that may name `order`."""
    ids = (f"{CLIENT}{order['clientOrderId']}" if order["clientOrderId"] else None, order["id"])
    return [f"{order['symbol']} {one}" for one in ids if one]


def write(path: Path, lines: list[str]) -> None:
    """Replace the file in one step: half a list would lose sight of orders."""
    half = path.with_name(f"{path.name}.new")
    try:
        half.write_text("".join(f"{line}\n" for line in lines))
        os.replace(half, path)
    except OSError as error:
        print(f"{path}: {error}", file=sys.stderr)  # a full disk must not keep orders alive


if __name__ == "__main__":
    sys.exit(main())
