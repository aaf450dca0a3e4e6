"""All that the victims of `test_kill.py` import, once for all of them: they are forked from the
process that has. Imports are most of a start's time, and nothing of it is in what they promise."""

import importlib

from bot.engine import loader, local, vendors
from storage import store
from tests import kill_victim

vendors.load_modeling()
vendors.bitsandbytes()
for needed in (
    "alembic.command",
    "numba",  # not what it compiles: the threads of that live through no fork
    "bot.study.levelling",
    "transformers.models.auto.modeling_auto",
    "transformers.models.gpt_neox.modeling_gpt_neox",
):
    importlib.import_module(needed)

__all__ = ["kill_victim", "loader", "local", "store"]
