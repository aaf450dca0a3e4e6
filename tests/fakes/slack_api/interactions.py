"""What people do with buttons, menus, modals, shortcuts and commands, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.hooks import Hooks
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json, User
from tests.fakes.slack_api.views import View, Views
from tests.fakes.slack_api.world import Notice, World


@dataclass(slots=True)
class Outcome:
    """What came of an interaction: whether it was acknowledged, and with what."""

    payload: Json
    acked: bool = False
    answer: Any = None


@dataclass(slots=True)
class Interactions:
    """Makes the payloads, gives them away for delivery, and heeds the answers."""

    world: World
    hooks: Hooks
    views: Views

    def _send(self, kind: str, payload: Json) -> Outcome:
        outcome = Outcome(payload)

        def answered(answer: Any) -> None:
            outcome.acked, outcome.answer = True, answer
            self.world.touch()

        self.world.emit(Notice(kind, payload, answered))
        return outcome

    def _by(self, user: User) -> Json:
        team, of = user.team, user.team.organization
        return {
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": team.id,
            },
            "team": {"id": team.id, "domain": team.id.lower()} if of is None else None,
            "api_app_id": self.world.app_id,
            "token": "verification",
            "enterprise": None if of is None else {"id": of.id, "name": of.name},
            "is_enterprise_install": of is not None,
        }

    def _of(self, user: User, channel: Channel, message: Message) -> Json:
        about: Json = {
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "response_url": self.hooks.url(user, channel, message),
            "trigger_id": self.views.trigger(user),
        }
        if message.only_for is None:
            about["message"] = channel.message_payload(message, self.world.files_url)
        return about

    def action(self, user: User, channel: Channel, message: Message, done: Json) -> Outcome:
        """A button or a menu of a message was used."""
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.only_for is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._by(user) | self._of(user, channel, message)
        payload |= {"type": "block_actions", "container": container, "state": {"values": {}}}
        return self._send("interactive", payload | {"actions": [done]})

    def action_in_view(self, user: User, view: View, done: Json, values: Json) -> Outcome:
        """A button or a menu of a modal or of the home was used."""
        payload = self._by(user) | {
            "type": "block_actions",
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self.views.trigger(user),
            "view": view.payload(values),
            "actions": [done],
        }
        return self._send("interactive", payload)

    def done_with(self, element: Json, value: str | None) -> Json:
        """What an action says of the element that was used: a button, or a menu's option."""
        same = ("action_id", "block_id", "type", "text")
        done: Json = {name: element[name] for name in same if name in element}
        done["action_ts"] = self.world.clock.ts()
        if element["type"] == "button":
            return done | ({"value": element["value"]} if "value" in element else {})
        if element["type"] == "feedback_buttons":
            chosen = element[f"{value or 'positive'}_button"]
            return done | {"value": chosen["value"], "text": chosen["text"]}
        options = [each for each in element["options"] if value in (each["value"], None)]
        return done | {"selected_option": options[0]}

    def message_shortcut(
        self, user: User, channel: Channel, message: Message, callback_id: str
    ) -> Outcome:
        """A shortcut was chosen in a message's menu."""
        payload = self._by(user) | self._of(user, channel, message)
        payload |= {
            "type": "message_action",
            "callback_id": callback_id,
            "action_ts": self.world.clock.ts(),
            "message_ts": message.ts,
        }
        return self._send("interactive", payload)

    def shortcut(self, user: User, callback_id: str) -> Outcome:
        """A shortcut was chosen that belongs to no message."""
        payload = self._by(user) | {
            "type": "shortcut",
            "callback_id": callback_id,
            "action_ts": self.world.clock.ts(),
            "trigger_id": self.views.trigger(user),
        }
        return self._send("interactive", payload)

    def submission(self, user: User, view: View, values: Json) -> Outcome:
        """A modal was submitted; it closes unless the app answers otherwise."""
        outcome = Outcome({})

        def answered(answer: Any) -> None:
            outcome.acked, outcome.answer = True, answer
            action = answer.get("response_action") if isinstance(answer, dict) else None
            if action == "update":
                self.views.replace(view, answer["view"])
            elif action == "push":
                self.views.show(user, answer["view"])
            elif action == "clear":
                for each in self.views.modals:
                    each.open = each.open and each.user is not user
            elif action != "errors":
                view.open = False
            self.world.touch()

        outcome.payload |= self._by(user) | {
            "type": "view_submission",
            "trigger_id": self.views.trigger(user),
            "view": view.payload(values),
            "response_urls": [],
        }
        self.world.emit(Notice("interactive", outcome.payload, answered))
        return outcome

    def closing(self, user: User, view: View) -> Outcome:
        """A modal was closed unsubmitted; the app hears of it where it asked to."""
        view.open = False
        payload = self._by(user) | {
            "type": "view_closed",
            "view": view.payload(),
            "is_cleared": False,
        }
        if not view.given.get("notify_on_close"):
            return Outcome(payload)
        return self._send("interactive", payload)

    def command(self, user: User, channel: Channel, command: str, text: str) -> Outcome:
        """A slash command was typed; an answer in the acknowledgement is shown."""
        outcome = Outcome({})

        def answered(answer: Any) -> None:
            outcome.acked, outcome.answer = True, answer
            if answer:
                given = {"text": answer} if isinstance(answer, str) else answer
                self.hooks.take(user, channel, given)
            self.world.touch()

        outcome.payload |= {
            "token": "verification",
            "team_id": user.team.id,
            "team_domain": user.team.id.lower(),
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self.world.app_id,
            "is_enterprise_install": "true" if user.team.organization else "false",
            "response_url": self.hooks.url(user, channel),
            "trigger_id": self.views.trigger(user),
        }
        if of := user.team.organization:
            outcome.payload |= {"enterprise_id": of.id, "enterprise_name": of.name}
        self.world.emit(Notice("slash_commands", outcome.payload, answered))
        return outcome
