"""Commands as people give them by a platform's own means, and what answers them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.asking import FORM
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.slack import SlackStage
from tests.adapters.stages.stage import Place, Stage


@dataclass(eq=False, slots=True)
class Answer:
    """The bot's messages that answer a command. `private`: one person alone sees them.

    `offers`: the buttons' labels, with what a press sends.
    """

    text: str
    private: bool
    offers: dict[str, str] = field(default_factory=dict)
    native: Any = None


class Giving(ABC):
    """Commands, message commands and offers on one platform."""

    @abstractmethod
    async def give(self, place: Place, person: Any, name: str, /, **options: str) -> Answer:
        """Give a command of the platform's own."""

    @abstractmethod
    async def choose(self, place: Place, person: Any, label: str, message: Any) -> Answer:
        """Choose a command in a message's menu, by its English name."""

    @abstractmethod
    async def press(self, place: Place, person: Any, message: Any, button: str) -> Answer:
        """Press the button below a message that sends this."""

    @abstractmethod
    async def fill(
        self, place: Place, person: Any, message: Any, button: str, value: str
    ) -> Answer:
        """Press a button that asks for something, and give it."""

    @abstractmethod
    def handed(self, place: Place, person: Any) -> list[str]:
        """The names of the files that the bot has put into a place, or given to a person."""


def giving(stage: Stage) -> Giving:
    """How commands are given on a stage."""
    if isinstance(stage, DiscordStage):
        return _OnDiscord(stage)
    assert isinstance(stage, SlackStage)
    return _OnSlack(stage)


class _OnDiscord(Giving):
    def __init__(self, stage: DiscordStage) -> None:
        self.server = stage.server

    async def _answer(self, interaction: Any) -> Answer:
        await interaction.said(1)
        message = interaction.messages[-1]
        buttons = [part for row in message.components for part in row["components"]]
        return Answer(
            "\n".join(interaction.texts),
            message.ephemeral,
            {part["label"]: part["custom_id"] for part in buttons},
            message,
        )

    def handed(self, place: Place, person: Any) -> list[str]:
        said = self.server.bot_messages(place.native)
        return [file.name for message in said for file in message.attachments]

    async def give(self, place: Place, person: Any, name: str, /, **options: str) -> Answer:
        await self.server.until(lambda: self.server.commands)
        return await self._answer(self.server.slash(place.native, person, name, **options))

    async def choose(self, place: Place, person: Any, label: str, message: Any) -> Answer:
        await self.server.until(lambda: self.server.commands)
        menu = self.server.context_menu
        return await self._answer(menu(place.native, person, label, message))

    async def press(self, place: Place, person: Any, message: Any, button: str) -> Answer:
        return await self._answer(self.server.click(message, person, button))

    async def fill(
        self, place: Place, person: Any, message: Any, button: str, value: str
    ) -> Answer:
        asked = await self.server.click(message, person, button).answered()
        assert asked.modal is not None
        (part,) = [each for row in asked.modal["components"] for each in row["components"]]
        return await self._answer(self.server.submit(asked, **{part["custom_id"]: value}))


class _OnSlack(Giving):
    def __init__(self, stage: SlackStage) -> None:
        self.server = stage.server

    def _all(self, place: Place, person: Any) -> list[Any]:
        whispered = [each for each in place.native.ephemerals if each.only_for is person]
        channels = [place.native] if place.native is person.dm else [place.native, person.dm]
        said = [each for channel in channels for each in self.server.bot_messages(channel)]
        return [*said, *whispered]

    def handed(self, place: Place, person: Any) -> list[str]:
        return [file.name for each in self._all(place, person) for file in each.files]

    async def _answer(self, place: Place, person: Any, before: list[Any]) -> Answer:
        def new() -> list[Any]:
            return [each for each in self._all(place, person) if each not in before]

        await self.server.until(lambda: any(each.shown for each in new()))
        await self.server.settled()
        texts = [each for each in new() if each.shown]
        buttons = [each for each in texts[-1].actions() if each["type"] == "button"]
        return Answer(
            "\n".join(each.shown for each in texts),
            texts[-1].only_for is not None,
            {each["text"]["text"]: each["action_id"] for each in buttons},
            texts[-1],
        )

    async def give(self, place: Place, person: Any, name: str, /, **options: str) -> Answer:
        before = self._all(place, person)
        person.commands(place.native, "/kaiwa", " ".join([name, *options.values()]))
        return await self._answer(place, person, before)

    async def choose(self, place: Place, person: Any, label: str, message: Any) -> Answer:
        named = {"Readings": "furigana", "Look up": "jisho", "Correct": "correct"}
        before = self._all(place, person)
        person.uses_shortcut(f"kaiwa_{named[label]}", message)
        return await self._answer(place, person, before)

    async def press(self, place: Place, person: Any, message: Any, button: str) -> Answer:
        before = self._all(place, person)
        person.presses(message, button)
        return await self._answer(place, person, before)

    async def fill(
        self, place: Place, person: Any, message: Any, button: str, value: str
    ) -> Answer:
        before = self._all(place, person)
        person.presses(message, button)
        await self.server.until(lambda: self.server.modals)
        (view,) = self.server.modals
        assert view.given["callback_id"] == FORM
        person.submits(view, {"given": {"given": {"type": "plain_text_input", "value": value}}})
        return await self._answer(place, person, before)
