"""The randomized audit: compare what clients report with what is true.

Where things are: `scenario` (everything about a scenario follows from a seed), `clients` (who is audited),
`play` (one scenario, one client, one fresh exchange), `judge` (every claim against the truth), `run` (many
scenarios in several processes), `__main__` (``make audit``).

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
- *An error on one symbol* does not excuse unsettled ids of another symbol of the same call.

The audit plays only what an exchange may do. The exchange may lose any response, or spoil it until it is
unreadable, but it never sends a readable lie. So bans and rate limits strike before the request is executed:
"refused" after the execution would be such a lie. The exchange may refuse a single order, in many words. That
order is live, and no client may report it as gone.
"""
