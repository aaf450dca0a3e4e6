"""Discord, by discord.py: two translations (events in, messages out) around `Chat`."""
