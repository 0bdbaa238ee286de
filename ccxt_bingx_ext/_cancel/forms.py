"""Learn which form of the spot batch cancel the exchange accepts from an account: JSON or query.

JSON is the documented form (seed). ccxt sends the query form, which the exchange accepted live. The process
remembers the form that worked for an account and host.
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
        """Use `form` from now on, because the exchange could read it, or could read no form at all."""
        if self.known is None and form == QUERY:
            text = (
                "the exchange refused the JSON form of cancelOrders and accepted the query form: "
                'set options["cancelOrders"]["requestFormat"] = "query" to keep that form'
            )
            event(WARNING, "form", text, form=form)
        self.known = form


_forms: dict[tuple[str, str], RequestForm] = {}


def form_of(account: str, host: str) -> RequestForm:
    """The form of an account at a host, the same for every instance."""
    return _forms.setdefault((account, host), RequestForm())


def forget() -> None:
    """Forget every form. For tests."""
    _forms.clear()
