"""How events reach the bot on Slack, and for whom it speaks there; nothing of what they mean."""
