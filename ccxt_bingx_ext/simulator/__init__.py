"""A local BingX spot exchange over real HTTP, to be the judge of clients.

It checks key, signature and clock, keeps orders and limits per account, and goes wrong on demand. It knows
nothing of the plugin beside it, nor of ccxt: it is written from the documentation and from payloads
seen live.

    with Simulator() as sim:
        exchange = ccxt.bingx(sim.ccxt_config())
        order = sim.place(symbol="BTC-USDT")
        sim.faults.add("drop", when="after")      # executed, but the answer is lost
        ...
        assert sim.status(order.order_id) == "CANCELED"

Where things are: `simulator` (the class, and the truth about orders), `exchange` (a request's way through),
`server` (HTTP and the thread), `signing`, `limits`, `faults`, `orders` (the book), `endpoints` (the table),
`batch_cancel` (cancelOrders), `spot` and `placing` (the other endpoints), `payloads`, `markets`, `answers`,
`errors`, `log`, `serving` (as a program), `fixtures` (for pytest).

What it assumes beyond the documentation
----------------------------------------

The batch cancel; what is a setting of `Simulator` is named in parentheses:

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

Requests in general:

- Order of checks: URL length (``max_url``, 8192 bytes, beyond it HTTP 414), form, path and method,
  signature present, key known, signature right, timestamp, IP, permission, limit, and then the endpoint's
  own. Only requests that come as far as the limit count for it.
- An unknown path or method is answered 100404 with HTTP 200.
- Refused with 100400: parameters both in the URL and in the body; a parameter given twice; a body that is
  neither JSON nor form-encoded by its Content-Type; a JSON value that is null, a list or an object.
- The signature must be in lower case. JSON numbers are signed as they are written, booleans as true/false.
- The timestamp may be ``recvWindow`` away in either direction.
- Permissions are two: "spot" for placing and cancelling, "read" for the rest.

Limits:

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
  balances, fees, minimum notionals or step sizes. Of a list of orders all are placed, or none.
- A client order id may be used once per account, ever.
- 1000 open orders are the most; more are refused with 100421 (`Simulator.place` may exceed it).
- A single cancel of an order in a final state is refused with 100400 and the "order status" text.
- ``historyOrders`` lists finished orders only, the newest first.
"""

from __future__ import annotations

from .errors import SimulatorError
from .faults import Fault, Faults
from .log import Execution, Request
from .orders import Order
from .serving import serve
from .signing import Account
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
