"""Which form of the spot batch cancel the exchange accepts from an account: JSON or query.

JSON is the documented form (seed); the query form is what ccxt sends, and was accepted live. What worked is
remembered for account and host while the process lives.
"""

from __future__ import annotations

from .._log import WARNING, event

AUTO, JSON, QUERY = "auto", "json", "query"


class RequestForm:
    """The form that works for one account at one host; None until a response has shown it."""

    def __init__(self) -> None:
        self.known: str | None = None

    @property
    def first(self) -> str:
        """The form to try first."""
        return self.known or JSON

    def remember(self, form: str) -> None:
        """`form` was readable to the exchange; or no form was, and `form` is the one to stay with."""
        if self.known is None and form == QUERY:
            text = (
                "the exchange refused the JSON form of cancelOrders and accepted the query form: "
                'options["cancelOrders"]["requestFormat"] = "query" makes it permanent'
            )
            event(WARNING, "form", text, form=form)
        self.known = form


_forms: dict[tuple[str, str], RequestForm] = {}


def form_of(account: str, host: str) -> RequestForm:
    """The form of an account at a host, whichever instance asks for it."""
    return _forms.setdefault((account, host), RequestForm())


def forget() -> None:
    """Drop what was learnt. For tests."""
    _forms.clear()
