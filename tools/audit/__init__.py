"""The randomized audit: compare the reports of clients with the truth.

Modules: `scenario` (drawn from a seed), `clients` (the audited clients), `play` (one scenario, one client,
one fresh exchange), `speaks` (an exchange with realistic responses), `judge` (every claim against the truth),
`steady` (plays on a busy machine), `run` (many scenarios), `show` (the printed findings), `__main__` (``make
audit``). They audit `cancel_orders` and `cancel_orders_for_symbols`. ``family/`` audits the other cancels.

How it judges
-------------

The truth is the book of the simulator. The audit reads it twice: when the call returns, and when the exchange
has finished every request of the call (it may execute a delayed request long after its client gave up).

- *A final state* (canceled, closed, rejected) must be true when the call returns. If a late request makes it
  true afterwards, the claim was a lucky guess, and counts as false.
- *"open"* must be true when the call returns. One exception: the order was open when the exchange last said
  so, and a race or a late request has ended it since.
- *No status* means "the exchange knows no such order": the order must not exist. The swap endpoints give the
  same response for cancelled and failed orders: there the order must not be open. If the call cancelled the
  order itself, and the look-ups succeeded, "no status" is too little.
- *An id in* ``unresolved`` claims nothing. "May still be live" is never false, only less useful.
- *"Nothing was cancelled"*, and plain ccxt's refusal that names an order ("not found", "order status …"),
  must not come from a call that cancelled an order, not even by a request that is executed later.
- *An error on one symbol* does not excuse unsettled ids of another symbol of the same call. An error while
  the client loads the markets is about every symbol.
- *Half of an all-or-nothing list* may have been executed if all orders of one kind of id are cancelled, and
  all of the other kind are open. Then the client must raise an error, with the other half unresolved.
- *An entry without id and state* at the end of a result claims nothing: the exchange sent words about an
  order that the bot did not ask for.
- *A cancel within a second* of another for the same order, by the exchange's clock, is the client's fault.
  One exception: the caller names the order by both its ids. A client cannot know that they are one order.
- *A busy machine* lets a client run out of time by itself. A play during which the machine stalled is played
  again if the judge finds nothing worse in it than needless uncertainty, or a call that took too long.

With ``--exchange speaks`` the exchange responds as the real one does. Stale look-ups, odd responses and vague
words are not an excuse there: a client can reconcile. Risk control (of every symbol) and firewalls excuse
ids that the call did not settle before, and so does a limit that refuses again after the client has waited.
A poisoned id excuses only itself.

The audit plays only what the exchange may do. The exchange may lose any response, or spoil it so that it
cannot be read, but never responds with a readable lie. So a ban and a refusal for the limit strike only
before the request is executed: "refused" after executing would be a lie. The exchange may refuse a single
order, in many words. Then the order is live, and the client must not report it as gone.
"""
