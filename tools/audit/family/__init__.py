"""The audit of single cancels, of many of them at once, and of cancelling all open orders.

Where things are: `scenario` and `draw` (what is played, drawn from a seed), `clients` (how a bot calls),
`play` (one scenario, one client, one fresh exchange), `claims` (what a call reported), `judge_cancels` and
`judge_all` (every claim against the truth), `run` (many of them).

The troubles are those of the other audit, aimed at these endpoints. A scenario draws which exchange it meets:
the classic one, or the one that speaks. How each call is judged:

`cancel_order`, alone or many at once
-------------------------------------

- *An order structure* says "canceled", and its order is canceled when the call returns.
- *OrderNotFound* (any ``InvalidOrder``: bots read it as "gone") has nothing in ``unresolved``, and the true
  state in ``orders``. No status means "the exchange knows no such order", as swaps say of ended orders, too.
  An order that a request of this call cancelled was not "not found": it is returned.
- *Any other error* has the id in ``unresolved``. It calls no order gone, in no words, and names the id.
- A call returns in time, and leaves nothing unresolved without a trouble, or after one lost response.

- No message and no line of the log shows the signature of a request.

`cancel_all_orders`
-------------------

- Every order that was open at the call has ended, or is in ``unresolved``, by its id or with all of its
  symbol. Excused is a call whose response arrived, but whose list of open orders did not: it only warns.
- What it reports of an order is true when it returns. It reports no order of anybody else.
- No request touches an order of another account or symbol. By its id none cancels an order that another task
  placed meanwhile, or a trigger order that the exchange left alone.
- The request for all is not sent again if it may have been executed.
"""
