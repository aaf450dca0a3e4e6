"""A small continuous-batching engine: packed tokens, conversation-resident key-value cache.

One file per noun. `scheduler.py` says which tokens run in a step and knows no torch;
`model_runner.py` runs them and decides nothing; `local.py` is what the bot talks to.
"""
