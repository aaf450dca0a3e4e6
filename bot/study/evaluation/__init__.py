"""What `python -m bot.study.evaluate` measures, a module for each part."""
