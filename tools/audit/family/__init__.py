"""The audit of single cancels, of many of them at once, and of cancelling all open orders.

Modules: `scenario` and `draw` (scenarios, drawn from a seed), `clients` (how a bot calls), `play` (one
scenario, one client, one fresh exchange), `claims` (the report of a call), `judge_cancels` and `judge_all`
(every claim against the truth), `run` (many scenarios).

The troubles are those of the other audit, aimed at these endpoints. Each scenario draws its exchange: the
classic one, or the one with realistic responses. How the audit judges each call:

`cancel_order`, alone or many at once
-------------------------------------

- *An order structure* says "canceled", and its order is canceled when the call returns.
- *OrderNotFound* (any ``InvalidOrder``: bots read it as "gone") has nothing in ``unresolved``, and the true
  state in ``orders``. No status means "the exchange knows no such order", which swaps also say of ended
  orders. If a request of this call cancelled the order, the call must return the order instead.
- *Any other error* has the id in ``unresolved``. Its message names the id, and never says that an order is
  gone.
- A call returns in time. It leaves nothing unresolved if there was no trouble, or only one lost response.
- Neither a message nor a line of the log shows the signature of a request.

`cancel_all_orders`
-------------------

- Every order that was open at the call has ended, or is in ``unresolved``, by its id or with all of its
  symbol. A call whose response arrived, but whose list of open orders did not, is excused: it only warns.
- Each report about an order is true when the call returns. The call reports no order of another account.
- The requests never touch an order of another account or symbol. They never cancel by id an order that
  another task placed meanwhile, or a trigger order that the exchange left alone.
- The client does not repeat the request for all if it may have been executed.
"""
