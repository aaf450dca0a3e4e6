"""A client of Slack's API that counts its calls by how they went, since Slack refuses with HTTP's
200. A call that waits for a rate limit and then goes well is one that went well."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters import calls
from adapters.slack.errors import LIMITED, code_of, is_broken, status_of
from adapters.slack.incoming import PLATFORM
from bot.meters import Tally


class CountedClient(AsyncWebClient):
    """See above. Takes what its parent takes."""

    def __init__(self, requests: Tally, **options: Any) -> None:
        super().__init__(**options)
        self._requests = requests

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """See its parent."""
        how = calls.FAILED
        try:
            answer = await super().api_call(api_method, **arguments)
            how = calls.OK
            return answer
        except SlackApiError as error:
            if status_of(error) == 429 or code_of(error) in LIMITED:
                how = calls.LIMITED
            else:
                how = calls.BROKEN if is_broken(error) else calls.REFUSED
            raise
        finally:
            self._requests.add(PLATFORM, how)
