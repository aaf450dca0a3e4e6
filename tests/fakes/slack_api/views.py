"""Modals and the app's home: views.*, and the triggers without which no modal opens."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.slack_api import blocks as block_kit
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.objects import Json, User
from tests.fakes.slack_api.world import World


@dataclass(eq=False, slots=True)
class View:
    """A modal or a home view that someone has, as the app gave it; `open` until it closes."""

    id: str
    user: User
    given: Json
    hash: str
    open: bool = True

    def payload(self, values: Json | None = None) -> Json:
        """A view object, with what was entered in it."""
        usual: Json = {"private_metadata": "", "callback_id": "", "external_id": ""}
        blocks = [{"block_id": f"v{n}"} | each for n, each in enumerate(self.given["blocks"])]
        return (
            usual
            | self.given
            | {
                "id": self.id,
                "team_id": self.user.team.id,
                "app_id": self.user.team.bot.app_id,
                "bot_id": self.user.team.bot.bot_id,
                "blocks": blocks,
                "hash": self.hash,
                "root_view_id": self.id,
                "previous_view_id": None,
                "state": {"values": values or {}},
            }
        )


@dataclass(slots=True)
class Views:
    """The methods. Adds itself to the API.

    trigger_lifetime: seconds within which a trigger opens a modal
    """

    world: World
    api: Api
    trigger_lifetime: float = 3.0
    modals: list[View] = field(default_factory=list)
    homes: dict[User, View] = field(default_factory=dict)
    _triggers: dict[str, tuple[User, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api.add("views.open", self._open)
        self.api.add("views.update", self._update)
        self.api.add("views.publish", self._publish)

    def trigger(self, user: User) -> str:
        """What an interaction of someone lets the app open a modal with, once and soon."""
        id = self.world.id("trigger.")
        self._triggers[id] = (user, self.world.clock.now() + self.trigger_lifetime)
        return id

    def _checked(self, view: Json, kind: str) -> Json:
        if view["type"] != kind:
            raise ApiError("invalid_arguments", [f"must be of type {kind} [json-pointer:/view]"])
        if complaints := block_kit.view_complaints(view):
            raise ApiError("invalid_arguments", complaints)
        if len(str(view)) > 250_000:
            raise ApiError("view_too_large")
        return view

    def _open(self, call: Call) -> Json:
        id = call.arguments.get("trigger_id", "")
        if id not in self._triggers:
            raise ApiError("invalid_trigger_id")
        user, deadline = self._triggers[id]
        if deadline < 0:
            raise ApiError("exchanged_trigger_id")
        if self.world.clock.now() > deadline:
            raise ApiError("expired_trigger_id")
        view = self._checked(call.arguments["view"], "modal")
        self._triggers[id] = (user, -1.0)
        return {"view": self.show(user, view).payload()}

    def show(self, user: User, view: Json) -> View:
        """Open a modal for someone."""
        modal = View(self.world.id("V"), user, view, self.world.id("hash"))
        self.modals.append(modal)
        return modal

    def _update(self, call: Call) -> Json:
        id, external = call.arguments.get("view_id"), call.arguments.get("external_id")
        for view in [*self.modals, *self.homes.values()]:
            if view.open and (
                view.id == id or (external and external == view.given["external_id"])
            ):
                self._check_hash(call, view)
                self.replace(view, self._checked(call.arguments["view"], view.given["type"]))
                return {"view": view.payload()}
        raise ApiError("not_found")

    def replace(self, view: View, given: Json) -> None:
        """Put another content in the place of a view's."""
        view.given, view.hash = given, self.world.id("hash")

    def _check_hash(self, call: Call, view: View | None) -> None:
        if view and call.arguments.get("hash", view.hash) != view.hash:
            raise ApiError("hash_conflict")

    def _publish(self, call: Call) -> Json:
        user = self.world.users.get(call.arguments["user_id"])
        if user is None or user.team is not call.team:
            raise ApiError("invalid_arguments", ["invalid `user_id`"])
        home = self.homes.get(user)
        self._check_hash(call, home)
        given = self._checked(call.arguments["view"], "home")
        if home is None:
            home = self.homes[user] = View(self.world.id("V"), user, given, self.world.id("hash"))
        else:
            self.replace(home, given)
        return {"view": home.payload()}
