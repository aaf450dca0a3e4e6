"""In which form a server takes requests, as far as is known: found out by what it refuses.

Knows refusals and the fields of a request; sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.engine.remote.client import Refused, TooLong
from bot.engine.remote.wire import OPTIONAL

NOT_UNDERSTOOD = (400, 422)  # also what a server says that takes no token ids


@dataclass(frozen=True, slots=True)
class Form:
    """`ids`: the prompt goes as token ids; `left_out`: the fields that do not go."""

    ids: bool
    left_out: frozenset[str] = frozenset()

    def fitted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request without what is left out."""
        return {field: value for field, value in body.items() if field not in self.left_out}

    def plainer(self, refusal: Refused, body: Iterable[str]) -> Form | None:
        """The form in which to ask again what was refused; None where there is no use in it.

        `body`: the fields that were sent. Those go that the server names; where it names none,
        it takes no ids, or (422) something of all that it need not be told.
        """
        if isinstance(refusal, TooLong) or refusal.status not in NOT_UNDERSTOOD:
            return None
        optional = OPTIONAL.intersection(body)
        if named := refusal.complaint.names(optional):
            return replace(self, left_out=self.left_out | named)
        about_ids = self.ids and bool(refusal.complaint.names(("prompt",)))
        any_of_them = refusal.status == 422 and not about_ids
        if not self.ids and not (any_of_them and optional):
            return None
        return Form(ids=False, left_out=OPTIONAL if any_of_them else self.left_out)
