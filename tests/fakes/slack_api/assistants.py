"""The status, the title and the suggestions of a thread: assistant.threads.*, agents.sessions.*."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.chat import channel_of
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_api.world import World

STATUSES = ("active", "processing", "suspended", "closed")


@dataclass(slots=True)
class Thread:
    """What the app has set for a thread, or for a whole direct message: thread_ts "".

    statuses: each status line in turn, "" where it was cleared
    sessions: each state of the agent's session in turn
    """

    statuses: list[str] = field(default_factory=list)
    loading: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    title: str = ""
    prompts: list[Json] = field(default_factory=list)
    prompts_title: str = ""

    @property
    def status(self) -> str:
        """The status line that is shown now."""
        return self.statuses[-1] if self.statuses else ""

    @property
    def session(self) -> str:
        """The state of the session now, "" if there is none."""
        return self.sessions[-1] if self.sessions else ""


@dataclass(slots=True)
class Assistants:
    """The methods. Adds itself to the API."""

    world: World
    api: Api
    threads: dict[tuple[str, str], Thread] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.posted = self.posted
        self.api.add("assistant.threads.setStatus", self._set_status)
        self.api.add("assistant.threads.setTitle", self._set_title)
        self.api.add("assistant.threads.setSuggestedPrompts", self._set_prompts)
        self.api.add("agents.sessions.setStatus", self._set_session)
        self.api.add("agents.sessions.rename", self._rename)

    def thread(self, channel: Channel, ts: str = "") -> Thread:
        """What is set for a thread."""
        return self.threads.setdefault((channel.id, ts), Thread())

    def posted(self, channel: Channel, message: Message) -> None:
        """A message was posted; the app's own clears its thread's status line."""
        thread = self.threads.get((channel.id, message.thread_ts or ""))
        if thread and thread.status and message.user is channel.team.bot:
            thread.statuses.append("")

    def _thread(self, call: Call) -> Thread:
        channel = channel_of(self.world, call, "channel_id")
        ts = call.arguments.get("thread_ts", "")
        if ts and not ts.replace(".", "", 1).isdigit():
            raise ApiError("invalid_thread_ts")
        return self.thread(channel, ts)

    def _set_status(self, call: Call) -> Json:
        thread, loading = self._thread(call), call.arguments.get("loading_messages", [])
        if len(loading) > 10 or not all(1 <= len(each) <= 50 for each in loading):
            raise ApiError("invalid_arguments", ["up to 10 loading_messages of 1 to 50 characters"])
        thread.statuses.append(call.arguments["status"])
        thread.loading = loading
        return {}

    def _set_title(self, call: Call) -> Json:
        self._thread(call).title = call.arguments["title"]
        return {}

    def _set_prompts(self, call: Call) -> Json:
        if not call.team.is_agent:
            raise ApiError("not_agent_app")
        thread, prompts = self._thread(call), call.arguments["prompts"]
        if not 1 <= len(prompts) <= 4:
            raise ApiError("invalid_arguments", ["prompts must be 1 to 4"])
        thread.prompts, thread.prompts_title = prompts, call.arguments.get("title", "")
        return {}

    def _set_session(self, call: Call) -> Json:
        if not call.team.is_agent:
            raise ApiError("not_authorized")
        if not call.arguments.get("thread_ts"):
            raise ApiError("thread_ts_required")
        status = call.arguments["status"]
        if status not in STATUSES:
            raise ApiError("invalid_status")
        thread = self._thread(call)
        thread.sessions.append(status)
        thread.title = thread.title or call.arguments.get("title", "")
        answer = {"status": status, "agent_status": status, "title": thread.title}
        heard = self.world.subscribed
        if heard is not None and "agent_session_stopped" not in heard:
            answer["warning"] = "missing_agent_session_stopped_event_subscription"
        return answer

    def _rename(self, call: Call) -> Json:
        thread, title = self._thread(call), call.arguments["title"]
        if not 1 <= len(title) <= 200:
            raise ApiError("invalid_arguments")
        thread.title = title
        return {"title": title}
