"""What `python -m bot.learning.evaluate` measures."""
