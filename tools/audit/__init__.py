"""The randomised audit and the soak: what clients claim, compared with what is true.

Where things are: `scenario` (drawn from a seed), `clients` (who is audited), `play` (one scenario, one
client, one fresh exchange), `speaks` (scenarios of the kind "speaks"), `judge` (every claim against the
truth), `run` (many of them), `__main__` (``make audit``), `soak` and `soak_exchange` (``make soak``).

How it is judged
----------------

The truth is the simulator's book, read twice: right when the call has returned, and when the exchange has
dealt with every request that the call had sent (a delayed one may be executed long after its client gave up).

- *A final state* (canceled, closed, rejected) must be true when the call returns. That it becomes true
  afterwards, by a request that happens to be executed late, would be a guess that came right.
- *"open"* must be true when the call returns. Excused is an order that was open when the exchange last said
  so and was ended since: by a race, or by a request that was executed late.
- *No status* means "the exchange knows no such order": the order must not exist. The swap endpoints say so of
  cancelled and failed orders, too: there it must not be open. Of one that the call cancelled itself it is
  too little where the look-ups, which tell, went well.
- *An id in* ``unresolved`` claims nothing: "may still be live" is never false, only of little use.
- *"Nothing was cancelled"*, or plain ccxt's refusal that names an order ("not found", "order status …"), must
  not be raised by a call that cancelled something, not even by a request of it that is executed later.
- *An error of one symbol*, where several were asked for, is no reason to leave ids of another open.

- *A cancel within a second* of another for the same order, counted by the exchange, is a fault of the client;
  unless the caller names the order by both its ids, of which a client cannot know that they are one.

With ``--kind speaks`` the exchange speaks as it really does. Staleness, odd responses and words that say
nothing excuse nothing there: a client can find out. Risk control and firewalls excuse what the call did not
settle before, and a poisoned id excuses itself only.

Only what the exchange may do is played. It may lose any answer, or spoil it beyond reading; it never answers
with a readable lie. So a ban and a refusal for the limit strike before the request is executed only:
"refused" after executing would be such a lie. A single order it may refuse, in many words: then it is live,
and must not be told gone.
"""
