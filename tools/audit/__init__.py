"""The randomized audit: compare what clients report with what is true.

Where things are: `scenario` (drawn from a seed), `clients` (who is audited), `play` (one scenario, one
client, one fresh exchange), `speaks` (an exchange that speaks as the real one), `judge` (every claim against
the truth), `run` (many of them), `show` (what is printed), `__main__` (``make audit``). All of that is about
`cancel_orders` and `cancel_orders_for_symbols`. ``family/`` has the other cancels.

How it judges
-------------

The truth is the book of the simulator. The audit reads it twice: when the call returns, and when the exchange
has finished every request of the call (it may execute a delayed request long after its client gave up).

- *A final state* (canceled, closed, rejected) must be true when the call returns. If a late request makes it
  true afterwards, the claim was a lucky guess, and counts as false.
- *"open"* must be true when the call returns. One exception: the order was open when the exchange last said
  so, and a race or a late request has ended it since.
- *No status* means "the exchange knows no such order": the order must not exist. The swap endpoints say the
  same of cancelled and failed orders: there it must not be open. If the call cancelled the order itself, and
  the look-ups went well, "no status" is too little.
- *An id in* ``unresolved`` claims nothing. "May still be live" is never false, only less useful.
- *"Nothing was cancelled"*, and plain ccxt's refusal that names an order ("not found", "order status …"),
  must not come from a call that cancelled an order, not even by a request that is executed later.
- *An error on one symbol* does not excuse unsettled ids of another symbol of the same call. An error while
  the markets are loaded is about every symbol.
- *Half of an all-or-nothing list* may have been executed where all orders of one kind of id are cancelled,
  and all of the other are open. That is an error, and the other half stays unresolved.
- *An entry without id and state* at the end of a result claims nothing: the exchange sent words about an
  order that nobody asked for.

- *A cancel within a second* of another for the same order, counted by the exchange, is a fault of the client;
  unless the caller names the order by both its ids, of which a client cannot know that they are one.

With ``--exchange speaks`` the exchange speaks as it really does. Staleness, odd responses and words that say
nothing excuse nothing there: a client can find out. Risk control (of every symbol) and firewalls excuse what
the call did not settle before, and so does a limit that refuses again after the client has waited. A poisoned
id excuses itself only.

Only what the exchange may do is played. It may lose any answer, or spoil it beyond reading; it never answers
with a readable lie. So a ban and a refusal for the limit strike before the request is executed only:
"refused" after executing would be such a lie. A single order it may refuse, in many words: then it is live,
and must not be told gone.
"""
