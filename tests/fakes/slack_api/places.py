"""Making the people, apps, workspaces and channels of the fake Slack."""

from __future__ import annotations

from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Team, User
from tests.fakes.slack_api.people import Person, Stage
from tests.fakes.slack_api.world import World


class Places:
    """The part of the server that fills its world."""

    world: World
    stage: Stage
    team: Team

    def workspace(self, name: str, *, installed: bool = True) -> Team:
        """A further workspace, with the app in it unless told."""
        return self.world.team(name, installed=installed)

    def person(
        self, name: str, *, team: Team | None = None, admin: bool = False, display_name: str = ""
    ) -> Person:
        """A new member of a workspace."""
        return self._add(name, team, None, None, admin, display_name)

    def robot(self, name: str, *, team: Team | None = None) -> Person:
        """Another app in a workspace."""
        return self._add(name, team, self.world.id("B"), self.world.id("A"), False, name)

    def _add(
        self,
        name: str,
        team: Team | None,
        bot_id: str | None,
        app_id: str | None,
        admin: bool,
        display_name: str,
    ) -> Person:
        id, where = self.world.id("U"), team or self.team
        person = Person(id, where, name, display_name, bot_id, app_id, admin, stage=self.stage)
        self.world.users[id] = person
        return person

    def channel(
        self, name: str, *members: User, type: str = "channel", bot: bool = True
    ) -> Channel:
        """A new channel: "channel" (public), "group" (private), "mpim"; with the bot unless told.

        It is in the workspace of its first member, or in the first one.
        """
        team = members[0].team if members else self.team
        everyone = [*members, team.bot] if bot else [*members]
        return self.world.add(Channel(self.world.id("C"), team, type, name, everyone))

    def unfold(self, message: Message) -> None:
        """Let Slack unfold a link in a message, of which message_changed tells."""
        self.world.unfold(self.world.channels[message.channel_id], message)
