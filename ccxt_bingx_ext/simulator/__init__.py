"""A local BingX exchange, spot and swap, over real HTTP and websockets: the judge of clients.

It checks key, signature and clock, keeps orders and limits per account, and goes wrong on demand. It shares
no code with the plugin or with ccxt: we wrote it from BingX's documentation and from payloads seen live.

    with Simulator() as sim:
        exchange = ccxt.bingx(sim.ccxt_config())
        order = sim.place(symbol="BTC-USDT")
        sim.faults.add("drop", when="after")      # the exchange executes, but the response is lost
        ...
        assert sim.status(order.order_id) == "CANCELED"

        there = sim.place(market="linear")        # BTC-USDT too, but in another order book
        sim.faults.add("drop", path="DELETE swap/v2/trade/batchOrders")

Where things are:

- ``simulator``: the class `Simulator`. ``serving``: the same as a program. ``fixtures``: the same for pytest.
- ``truth``, ``arrivals``: what `Simulator` shows of orders and of requests.
- ``conditions``, ``views``: faults beside others, such as stale look-ups. ``history``, ``trades``: what
  histories list of orders and of fills.
- ``exchange``: the path of a request. The gate checks it, a fault may strike, an endpoint executes it.
- ``http/``: the server, the parameters of a request, its signature, the responses, the log.
- ``accounts``, ``limits``, ``restrictions``: API keys; rate limits and bans; risk control.
- ``faults``, ``spoiling``: faults on demand, and the responses that they make.
- ``endpoints``: the table of endpoints. ``calls``: what an endpoint receives, and what it returns.
- ``spot/`` and ``swap/``: the endpoints of each market: placing, cancelling, payloads, quotes, balances.
  ``swap/positions``, ``swap/account``, ``swap/settings``: linear positions, the margin account, leverage.
  ``swap/closing``: orders that only close.
- ``quotes``: prices and candles, for both.
- ``single_cancel``, ``cancel_all``, ``replacing``: cancelling an order, all of them, one for another.
- ``cancel_all_after``: the dead man's switch.
- ``repeats``: the same order, at most once per second. ``wording``: the words of refusals.
- ``user_stream``, ``listen_keys``, ``events``: the websocket with order events, and its keys.
- ``parameters``, ``placing``, ``rules``, ``errors``, ``named``: what spot and swap share.
- ``orders`` and ``markets``: the order book; the pairs and contracts.

What it assumes beyond the documentation
----------------------------------------

Names in parentheses are the settings of `Simulator` for another choice.

The batch cancel of spot orders:

- ``fails`` names a failed client order id as ``clientOrderID`` (``fails_key``). Its texts are those for an
  order id, with ``clientOrderID:`` in place of ``orderId:``.
- Both lists in one request are a union (``mixed_ids``). An order that is named twice, by both ids or by a
  repeated id, is cancelled and listed once. A repeated wrong id fails once.
- ``orders`` lists order ids first, then client order ids, each in the requested order.
- Without failures ``fails`` is absent. Without cancelled orders ``orders`` is null (``empty_lists``).
- ``process=0`` with a wrong id cancels nothing. The response is about the first wrong id: 100400 for an
  unknown order (``not_found_code``; with 100404 the text is "order does not exist"), and 100400 with the
  "order status" text for an order in a final state.
- ``process=1`` with wrong ids only is a success (code 0) that holds only ``fails``.
- In a response with ``fails``, orders carry ``origClientOrderId`` before ``clientOrderID``. In a response
  without ``fails`` they do not. Both are as in the two known payloads.
- ``transactTime`` is the time of placing, not of cancelling.
- An order of another symbol or account is not found. A client order id is not found two hours after its
  order was placed, even if the order is still open.
- These requests are refused as a whole with 100400, and cancel nothing: an order id that is not an int64 (a
  space around it is enough), an empty id between commas, a list that is a JSON number instead of a string,
  ``process`` other than 0 or 1, an unknown or missing symbol, and more ids than ``max_ids`` (no limit by
  default).

Swap orders:

- A cancel of an order that is unknown, cancelled or failed is refused with 80016 "order does not exist"
  (``swap_not_found_code``; 109421 is the other known code), linear or inverse. So is a query of an unknown
  order. A cancel of a filled order is refused with 80018 "order already filled". The code never separates a
  cancelled order from an unknown one, but a query does: it finds every order that ever existed.
- The batch cancel of linear orders responds with code 0 even if every order failed. An entry of ``failed``
  for an order id has the id as a number. An entry for a client order id has the ``orderId`` of the order if
  it is known (filled) and 0 otherwise, and the id in lower case as ``clientOrderId`` (``swap_failed_key``:
  or as ``clientOrderID``, as ``orderId``, in the text only, or nowhere. The documentation lists only
  ``orderId``, ``errorCode`` and ``errorMessage``).
- Both lists in one request are a union (``mixed_ids``) of at most ten ids together, repetitions included.
  An order that is named twice is cancelled and listed once. ``success`` and ``failed`` list order ids
  first, then client order ids, each in the requested order. An empty list is null (``empty_lists``).
- These requests are refused as a whole with 100400: more than ten ids, no id, a list that is not a JSON
  list, an order id that is not a JSON integer (``["1"]``), a client order id that is not a string, and both
  spellings of ``clientOrderIdList``. An unknown symbol is refused with 109425, placing on an inactive one
  with 109418.
- ``clientOrderId`` is the documented parameter. ``clientOrderID`` works too, but not for cancelling an
  inverse order (``inverse_cancel_id``). An order id next to it takes precedence.
- Client order ids are stored and returned in lower case (``inverse_case_kept``). The swap markets
  never forget them, and accept any 1 to 40 characters.
- The book uses the same statuses for all markets: `Simulator.status` says CANCELED where the swap responses
  say CANCELLED. A limit order rests as PENDING ("Pending" for inverse).
- The response to cancelling an inverse order has ``type`` "Pending" and ``quantity`` 0. The response to a
  query has an empty ``origQty``. The response to placing has neither a code nor ``data``. All three are as
  in the known payloads.
- The order types are limit, market, trigger, stop and take profit. Trailing orders and ``closePosition`` are
  unknown here. Attached stops are ignored, and so is ``reduceOnly`` of inverse orders.

Positions and settings, for linear only. BingX's documents that we have read are silent about them: the
shapes are those of the examples in ccxt's source.

- Positions are what the fills add up to. An order with ``positionSide`` BOTH changes the one-way position of
  its symbol, one with LONG or SHORT only that side.
- An order that only closes is one with ``reduceOnly``, a sell with LONG, or a buy with SHORT. If it asks for
  more than it can close, it is placed with the quantity that it can close. Other open orders do not count.
  Each order of a list is checked against the position before the list. With nothing to close the order is
  refused: with 101290 if it has ``reduceOnly``, otherwise with 101205. BingX documents both codes for placing
  an order, but not when it sends which. If `Simulator.fill` fills more than the position has by then, the
  fill closes the position.
- Hedge mode refuses an order with BOTH or ``reduceOnly``, one-way mode one with LONG or SHORT. The code is
  109400, and the words are known. An order without ``positionSide`` is one with LONG in both modes.
  `Simulator.place` looks at neither mode nor position.
- ``positionAmt`` is positive for short positions, too. ``positionId`` is the id of the order that opened it.
- An account starts in one-way mode, with cross margin and leverage 5. It may change these at any time.
  Leverage is a whole number, which may be written as 5.0.
- The margin of a position is its cost divided by its present leverage. Open orders need no margin. Nothing
  is liquidated, and ``liquidationPrice`` is 0.

Cancelling one order:

- An order id next to a client order id takes precedence.
- ``cancelRestrictions`` (spot) names one status. An open order in another status is refused with 100400 and
  words of our own, because no words are known. It is submitted all the same, for the once-per-second rule.
- The response to cancelling an inverse order holds it as ``data.order``. The exchange's notes show it as
  ``data`` (``inverse_cancel_flat``).

Cancelling all open orders:

- It cancels the orders that are open when it is executed, also those placed after the request was sent.
- Trigger orders are cancelled, too (``cancel_all_triggers``). A linear request that names their ``type``
  cancels them in any case.
- ``symbol`` is required for inverse orders only. ``type`` is optional (``cancel_all_type_required``), and
  filters linear orders only: the other markets ignore it.
- Cancelling all inverse orders works with POST, as documented, and with DELETE, as ccxt sends it
  (``inverse_cancel_all``). Each method has a limit of its own.
- An order that cannot be cancelled stays open, and the request is still a success. Linear and inverse list
  it in ``failed``. Spot does not list it, because the documented response has no place for it.
- Without open orders the lists are written as those of a batch cancel (``empty_lists``).
- It neither counts as a submission of its orders, nor is refused (``same_order_in_cancel_all``: it submits
  each of them, and one that was submitted within the second stays open).

The dead man's switch:

- An account has one timer for spot and one for linear orders. The clock of the simulator drives it
  (``clock_offset_ms`` moves the clock), and the time is rounded up to the whole second that the response
  names. Another ACTIVATE replaces the time.
- When it runs out it cancels the orders that are open then, of every symbol, ten at a time and a second
  apart (``timer_batch``, ``timer_pause``). Trigger orders as when cancelling all (``cancel_all_triggers``).
  Until the last batch ACTIVATE and CLOSE are refused with 100400 and words of our own.
- The response to CLOSE has the status CLOSED and ``triggerTime`` 0, with or without a running timer.
- It submits no order for the once-per-second rule. Risk control does not concern it.
- `Simulator.executions` names the ACTIVATE request with each batch.

Replacing an order:

- ``cancelReplaceMode`` is required. An order id takes precedence over a client order id, and both spellings
  of that name are read.
- The new order is checked before the old one is cancelled: a wrong one refuses the whole request. So only
  the fault "refuse_new" refuses it after the cancel.
- A cancel that fails, for whatever reason, comes with an order of zeros. With STOP_ON_FAILURE the new order
  does, too, with code 0 (``replace_stopped``: or the whole request is refused with the words about the
  cancel).
- If the new order is refused, spot refuses the request with the words about both steps. Documented are those
  of a failed cancel ("result:false"). Of a successful one they say "result:true". Linear responds with
  code 0, and says "false" of the new order.
- Linear shows the old order in the status that it had before, as documented, and reads
  ``cancelRestrictions`` with ONLY_ in front, as documented, or without it.
- The old order is submitted for the once-per-second rule. One that was submitted within the second is a
  failed cancel.

The words of refusals:

- By default they are the ones named here. With a seed (``wording``) each refusal draws among the codes and
  texts that were seen for its meaning, in any market, and the entries of ``fails`` and ``failed`` do too.
- They are true. "FILLED or CANCELLED already, or is not a valid order id" is said of filled, cancelled and
  unknown orders; a state only of the order in it. "Does not exist" is said of spot orders that never
  existed, and of swap orders that ended without being filled, too.

The same order, at most once per second:

- The rule holds for every endpoint that cancels by id, for single cancels and lists together, and by either
  id of the order (``same_order_seconds``).
- It goes by the arrival of the requests. Only a submission that was accepted blocks the next one: a refused
  one does not extend the second. If it refuses a whole list, the other ids of the list are not submitted.
- A repeated order refuses a spot list with ``process=0`` as a whole. With ``process=1``, and in the linear
  batch, it is a failed entry (``same_order_in_batch``). The rule comes before the state of the order.
- It counts ids that name no order, too (``same_order_unknown_ids``).
- A request that is refused for its form, signature, clock, key, limit or parameters is not a submission, and
  neither is one that a fault swallows before it is executed.

Requests in general:

- The order of the checks: length of the URL (``max_url``, 8192 bytes; a longer one is HTTP 414), form, path
  and method, presence of a signature, key, signature, timestamp, IP, permission, limit, and last the checks
  of the endpoint. Only requests that reach the limit count toward it.
- The response to an unknown path or method is 100404 with HTTP 200.
- These requests are refused with 100400: parameters in both the URL and the body, a repeated parameter, a
  body that is neither JSON nor form-encoded by its Content-Type, and a JSON value that is null, a list or
  an object.
- The signature must be in lower case. The client signs JSON numbers as it writes them, and booleans as
  true/false.
- The timestamp may differ by ``recvWindow`` in either direction.
- Every endpoint reads all three forms (``forms``), but a DELETE of a swap order reads the query only: with a
  body it responds 109400 "timestamp: This field is required". Another endpoint that does not read a form
  responds 100001, or misses a required parameter (``form_refusal``). A form in which ``process`` is ignored
  is a setting (``process_ignored``).
- There are three permissions: "spot" and "swap" for placing and cancelling, "read" for the rest.

Limits:

- An endpoint is a method and a path: the three methods of ``swap/v2/trade/order`` have separate limits.
- The limit is a sliding window of 1 s per uid and endpoint, 10/s where the documentation has no number. It
  counts accepted requests by their arrival. A refused request takes no place in the window, but it is a
  hit. More than 20 hits within 480 s (``ban_after``, ``ban_within``) ban the uid from this endpoint for 300
  s (``ban_seconds``). Requests during a ban do not extend it. Limits by IP, and HTTP 429 and 418 for them,
  are not simulated.
- ``X-RateLimit-Requests-Expire`` is the time until the oldest request leaves the window, in ms
  (``expire_header``: or as an epoch in ms or s). Public endpoints and refusals by a ban have no such headers.
- The beginnings and ends of the ban texts are known, their middles are not (``ban_text``).
- Risk control refuses the cancels of an account and nothing else, until its time is over
  (`Simulator.restrict` and the fault "restrict"). A refused cancel is not a submission of its orders.

Orders:

- A limit order rests, whatever its price. A market order fills at once at a fixed price. Trigger orders
  rest as NEW and never trigger. IOC and FOK limit orders are cancelled at once. There are no fees, minimum
  notionals or step sizes. A list of orders is placed completely or not at all.
- An account may use a client order id once per market, ever.
- An account may have 1000 open spot orders. More are refused with 100421 (`Simulator.place` may exceed it).
- A single cancel of a spot order in a final state is refused with 100400 and the "order status" text.
- ``historyOrders`` (spot), ``allOrders`` (linear) and ``orderHistory`` (inverse) list finished orders only,
  ``fullOrder`` (linear) lists all. Newest first; with ``orderId`` that order and later ones, oldest first.
  They list at most ``limit`` orders, 500 by default and 1000 at most, of any age (spot: pages of 100).
- ``myTrades`` (spot) and ``allFillOrders`` (linear) list the newest ``limit`` fills, 500 by default and 1000
  at most, oldest first, of any age, without commission. Linear: the example in ccxt's source and the other
  keys that ccxt reads.
- The query by id of a swap order does not find a trigger order that is over (``swap_forgets_triggers``).
  The history has it.

Balances and prices, for spot and linear:

- Every account starts with a million of every coin on spot, and a million USDT for linear contracts. Its
  fills change them, and they may become negative. Open orders lock nothing.
- Prices never move from those at which market orders fill, whatever price an order fills at. The 24 hours
  and the candles have no volume. The depth shows one order of 1000 one tick below and one above, and no
  orders of the account.
- The public trades are the fills of all accounts, oldest first.
- Tickers without a symbol are those of the active pairs. Candles start at multiples of their length in
  UTC, whatever ``timeZone`` says, and come oldest first. Lengths beyond a day are unknown here.
- ``startTime`` without ``endTime`` returns the first ``limit`` candles from that time on, so that a bot can
  page through them. Otherwise the newest ``limit`` candles are returned. The facts that we have are silent.

The websocket:

- ``POST user/auth/userDataStream`` creates a listen key, PUT extends it, DELETE ends it. It lasts an hour,
  every POST creates another, and all three are signed. The response to POST is the bare object that ccxt
  reads. An unknown key is refused with 100400 and words of our own.
- A connection to ``/market`` (spot) or ``/swap-market`` (linear) names its key as ``listenKey``. With an
  unknown or expired key the handshake is refused with HTTP 401. The end of the key closes the connection.
- Spot sends events after a subscription to spot.executionReport, linear sends them at once. A subscription
  to anything else is refused with 100400 and words of our own.
- Each new order, trade and end of an order is an event, and the simulator keeps none for later. ``x`` is
  NEW, TRADE or the status. The shapes are those of the known payloads. A spot event names the client order
  id as ``C``. A linear event of a trade has the quantity ``l`` and the price ``L``, because ccxt reads them.
- The server pings every 5 s (``ping_seconds``): spot with a JSON object, linear with the text Ping. It
  closes a connection that has not answered one ping when the next is due.
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
