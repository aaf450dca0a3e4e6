"""Emoji by the short names that Slack gives them; a workspace's own have none here.

The names are those of https://github.com/iamcal/emoji-data, which Slack uses; the package `emoji`
knows most of them, and below are those that it does not, or by which it means another.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# Of emoji in a text, code is left alone, and so are times (12:30:45) and addresses.
_IN_TEXT = re.compile(
    r"```.*?```|`[^`\n]+`|"
    r"(?<![0-9A-Za-z]):(?P<name>[a-z0-9_+'-]{1,100}):(?::skin-tone-(?P<tone>[2-6]):)?",
    re.DOTALL,
)
_FAMILY = {"man": "👨", "woman": "👩", "boy": "👦", "girl": "👧", "heart": "❤️", "kiss": "❤️‍💋"}
_JOINER, _PICTURE = "\u200d", "\ufe0f"  # of several emoji into one; an emoji's own look
_OTHERS = """
barely_sunny 🌥️ bald_person 🧑‍🦲 beetle 🪲 bride_with_veil 👰 curly_haired_person 🧑‍🦱
drum_with_drumsticks 🥁 egg 🥚 eject ⏏️ email ✉️ face_palm 🤦 face_with_cowboy_hat 🤠
face_with_finger_covering_closed_lips 🤫 face_with_one_eyebrow_raised 🤨
face_with_open_mouth_vomiting 🤮 female-doctor 👩‍⚕️ fencer 🤺 first_place_medal 🥇
flag-england 🏴󠁧󠁢󠁥󠁮󠁧󠁿 flag-scotland 🏴󠁧󠁢󠁳󠁣󠁴󠁿 flag-wales 🏴󠁧󠁢󠁷󠁬󠁳󠁿 giraffe_face 🦒
grinning_face_with_one_large_and_one_small_eye 🤪 grinning_face_with_star_eyes 🤩 guardsman 💂
hand_with_index_and_middle_fingers_crossed 🤞 handball 🤾 i_love_you_hand_sign 🤟 juggling 🤹
keycap_star *️⃣ kiwifruit 🥝 knife_fork_plate 🍽️ ladybug 🐞 large_blue_square 🟦
large_brown_circle 🟤 large_brown_square 🟫 large_green_circle 🟢 large_green_square 🟩
large_orange_circle 🟠 large_orange_square 🟧 large_purple_circle 🟣 large_purple_square 🟪
large_red_square 🟥 large_yellow_circle 🟡 large_yellow_square 🟨 lightning 🌩️
lightning_cloud 🌩️ male-doctor 👨‍⚕️ man-with-bunny-ears-partying 👯‍♂️ man-wrestling 🤼‍♂️
man_and_woman_holding_hands 👫 man_with_beard 🧔‍♂️ man_with_turban 👳 mate_drink 🧉 medal 🎖️
men-with-bunny-ears-partying 👯‍♂️ mostly_sunny 🌤️ mother_christmas 🤶 octagonal_sign 🛑
ok_woman 🙆 partly_sunny_rain 🌦️ person_doing_cartwheel 🤸 person_with_headscarf 🧕 rain_cloud 🌧️
red_haired_person 🧑‍🦰 satellite 🛰️ scooter 🛴 second_place_medal 🥈
serious_face_with_symbols_covering_mouth 🤬 shocked_face_with_exploding_head 🤯
shopping_trolley 🛒 smiling_face_with_3_hearts 🥰
smiling_face_with_smiling_eyes_and_hand_covering_mouth 🤭 snow_cloud 🌨️ snowman ☃️ spock-hand 🖖
staff_of_aesculapius ⚕️ sun_behind_cloud 🌥️ sun_small_cloud 🌤️ the_horns 🤘 third_place_medal 🥉
tornado_cloud 🌪️ umbrella ☂️ white_haired_person 🧑‍🦳 woman-with-bunny-ears-partying 👯‍♀️
woman-wrestling 🤼‍♀️ woman_with_beard 🧔‍♀️ womans_flat_shoe 🥿 women-with-bunny-ears-partying 👯‍♀️
wrestlers 🤼 zebra_face 🦓
"""


def with_emoji(text: str) -> str:
    """A text with the characters of the emoji that it names."""
    return _IN_TEXT.sub(_spoken, text) if ":" in text else text


def emoji(name: str, tone: int = 0) -> str | None:
    """The emoji of this name, in a tone of skin from 2 to 6; None for one of a workspace's own."""
    found = _named(name)
    if not found or not tone:
        return found
    first, rest = found[0], found[1:].removeprefix(_PICTURE)
    toned = f"{first}{chr(0x1F3F9 + tone)}{rest}"
    return toned if toned in _known() else found


def _spoken(found: re.Match[str]) -> str:
    return (found["name"] and emoji(found["name"], int(found["tone"] or 0))) or found[0]


def _named(name: str) -> str | None:
    own = _names().get(name)
    if own:
        return own
    if re.fullmatch("flag-[a-z]{2}", name):
        return "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in name[5:])
    plain = name.replace("-", "_").replace("female_", "woman_").replace("male_", "man_")
    parts = name.split("-")
    if len(parts) > 1 and all(part in _FAMILY for part in parts):
        return _JOINER.join(_FAMILY[part] for part in parts)
    return _names().get(plain)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """The emoji of every name that is not made of others."""
    found: dict[str, str] = {}
    written = [(each, about) for each, about in _known().items() if about["status"] <= 2]
    for character, about in written:
        found.setdefault(about["en"].strip(":"), character)
    for character, about in reversed(written):  # as chats name them; the first has precedence
        found.update((name.strip(":"), character) for name in about.get("alias", ()))
    others = _OTHERS.split()
    return found | dict(zip(others[::2], others[1::2], strict=True))


def _known() -> dict[str, dict[str, Any]]:
    from emoji import EMOJI_DATA  # 5,000 of them, read when the first is met

    return EMOJI_DATA
