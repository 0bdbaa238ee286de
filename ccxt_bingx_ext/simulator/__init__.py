"""A local BingX exchange, spot and swap, over real HTTP, to be the judge of clients.

It checks key, signature and clock, keeps orders and limits per account, and goes wrong on demand. It knows
nothing of the plugin beside it, nor of ccxt: it is written from the documentation and from payloads
seen live.

    with Simulator() as sim:
        exchange = ccxt.bingx(sim.ccxt_config())
        order = sim.place(symbol="BTC-USDT")
        sim.faults.add("drop", when="after")      # executed, but the answer is lost
        ...
        assert sim.status(order.order_id) == "CANCELED"

        there = sim.place(market="linear")        # BTC-USDT as well, and another order book
        sim.faults.add("drop", path="DELETE swap/v2/trade/batchOrders")

Where things are:

- ``simulator``: the class `Simulator`. ``serving``: the same as a program. ``fixtures``: the same for pytest.
- ``exchange``: the way of a request: it is let in or refused, a fault strikes, an endpoint executes it.
- ``http/``: the server, the parameters of a request, its signature, what is sent back, the log.
- ``accounts``, ``limits``, ``faults``: API keys, rate limits and bans, what goes wrong on demand.
- ``endpoints``: the table of endpoints. ``calls``: what one is called with, and what it returns.
- ``spot/`` and ``swap/``: the endpoints of each market: placing orders, cancelling, payloads, quotes.
- ``parameters``, ``placing``, ``rules``, ``errors``: what spot and swap share.
- ``orders`` and ``markets``: the order book, and what is traded.

What it assumes beyond the documentation
----------------------------------------

The batch cancel of spot orders; what is a setting of `Simulator` is named in parentheses:

- A failed client order id is keyed ``clientOrderID`` in ``fails`` (``fails_key``), and its texts are those
  for an order id with ``clientOrderID:`` in the place of ``orderId:``.
- Both lists in one request are a union (``mixed_ids``). An order named twice, by both its ids or by one id
  repeated, is cancelled and listed once; a wrong id that is repeated fails once.
- ``orders`` comes first by order ids, then by client order ids, each in the order asked.
- ``fails`` is left out when there are none; ``orders`` is null when nothing was cancelled
  (``empty_lists``).
- ``process=0`` with a wrong id: nothing is cancelled, and the answer is about the first wrong one: 100400
  (``not_found_code``; with 100404 the text is "order does not exist") for an order that is not found,
  100400 with the "order status" text for one in a final state.
- ``process=1`` where every id is wrong is a success (code 0) with ``fails`` only.
- The orders of an answer that has ``fails`` carry ``origClientOrderId`` before ``clientOrderID``; those of
  one without do not: so it was in the two payloads known.
- ``transactTime`` is when the order was placed, not when it was cancelled.
- An order of another symbol, or of another account, is not found; nor is a client order id two hours
  after its order was placed, even if the order is still open.
- Malformed requests are refused as a whole with 100400 and cancel nothing: an order id that is no int64
  (so with a space around it), an empty id between commas, a list that is a JSON number instead of a string,
  ``process`` other than 0 or 1, an unknown or missing symbol, more ids than allowed (``max_ids``,
  unlimited by default).

Swap orders:

- An order that is unknown, was cancelled or failed is refused with 80016 (``swap_not_found_code``; 109421
  is the other) "order does not exist", wherever it is asked for or cancelled, linear or inverse; one that
  was filled with 80018 "order already filled". The code never tells a cancelled order from an unknown one,
  the look-up does: it finds every order there ever was.
- The batch cancel of linear orders answers code 0 whatever failed. Entries of ``failed`` for an order id
  have that id as a number. Those for a client order id have the ``orderId`` of the order where it is known
  (filled) and 0 where it is not, and the id, in lower case, as ``clientOrderId`` (``swap_failed_key``: or
  ``clientOrderID``, or in the place of ``orderId``, or in the text only, or nowhere: ``orderId``,
  ``errorCode`` and ``errorMessage`` are all that is documented).
- Both lists in one request are a union (``mixed_ids``) of at most ten ids together, repetitions counted;
  an order named twice is cancelled and listed once. ``success`` and ``failed`` hold order ids first, then
  client order ids, each in the order asked; an empty one is null (``empty_lists``).
- Refused as a whole with 100400: more than ten ids, no id at all, a list that is no JSON list, an order id
  that is no JSON integer (``["1"]``), a client order id that is no string, both spellings of
  ``clientOrderIdList``. An unknown symbol is 109425, placing on an inactive one 109418.
- ``clientOrderId`` is the documented name of the parameter, ``clientOrderID`` is taken as well, also for
  inverse orders; an order id beside it wins.
- Client order ids of linear orders are kept and answered in lower case, those of inverse ones as they came;
  neither is ever forgotten, and both may be any 1 to 40 characters.
- The book's own truth is the same for all markets: `Simulator.status` says CANCELED where the swap answers
  say CANCELLED. A limit order rests as PENDING ("Pending" for inverse).
- The answer to cancelling an inverse order has ``type`` "Pending" and ``quantity`` 0, the one to looking it
  up an empty ``origQty``, the one to placing it no code and no ``data``: so it was in the payloads known.
- Types are the limit, market, trigger, stop and take-profit ones; trailing orders, positions, leverage and
  ``closePosition`` are unknown here, and attached stops are ignored.

Requests in general:

- Order of checks: URL length (``max_url``, 8192 bytes, beyond it HTTP 414), form, path and method,
  signature present, key known, signature right, timestamp, IP, permission, limit, and then the endpoint's
  own. Only requests that come as far as the limit count for it.
- An unknown path or method is answered 100404 with HTTP 200.
- Refused with 100400: parameters both in the URL and in the body; a parameter given twice; a body that is
  neither JSON nor form-encoded by its Content-Type; a JSON value that is null, a list or an object.
- The signature must be in lower case. JSON numbers are signed as they are written, booleans as true/false.
- The timestamp may be ``recvWindow`` away in either direction.
- Permissions are three: "spot" and "swap" for placing and cancelling, "read" for the rest.

Limits:

- An endpoint is a method and a path: the three of ``swap/v2/trade/order`` have limits of their own.
- A sliding window of 1 s per uid and endpoint, 10/s where the documentation gives no number. It counts
  accepted requests by their arrival; a refused one takes no place in it, but is counted as a hit: more than
  20 hits within 480 s (``ban_after``, ``ban_within``) ban the uid from this endpoint for 300 s
  (``ban_seconds``). Requests during a ban do not lengthen it. Limits by IP, and HTTP 429 and 418 for them,
  are not simulated.
- ``X-RateLimit-Requests-Expire`` is when the oldest request in the window leaves it, in epoch-ms
  (``expire_header``). Public endpoints and refusals by a ban carry no such headers.
- The beginnings and ends of the two ban texts are known, their middle is not (``ban_text``).

Orders:

- A limit order rests, whatever its price; a market order is filled at once at a fixed price; trigger
  orders rest as NEW and never trigger; IOC and FOK limit orders are cancelled at once. There are no
  fees, minimum notionals or step sizes. Of a list of orders all are placed, or none.
- A client order id may be used once per account and market, ever.
- 1000 open spot orders are the most; more are refused with 100421 (`Simulator.place` may exceed it).
- A single cancel of an order in a final state is refused with 100400 and the "order status" text.
- ``historyOrders`` lists finished orders only, the newest first.

Balances and prices, of spot only:

- Every account has a million of every coin, none of it locked, whatever it buys, sells or has open.
- Prices stand still at those at which market orders are filled, and nothing is ever traded: 24 hours and
  candles of no volume. One order of 1000 stands one tick below and one above, and nothing of the account's.
- ``ticker/24hr`` without a symbol lists the active pairs. Candles begin at multiples of their length in UTC,
  whatever ``timeZone`` says, and come oldest first; lengths beyond a day are unknown here.
"""

from __future__ import annotations

from .accounts import Account
from .errors import SimulatorError
from .faults import Fault, Faults
from .http.log import Execution, Request
from .orders import Order
from .serving import serve
from .simulator import Simulator

__all__ = [
    "Account",
    "Execution",
    "Fault",
    "Faults",
    "Order",
    "Request",
    "Simulator",
    "SimulatorError",
    "serve",
]
