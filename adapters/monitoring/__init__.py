"""What an operator's own programs are told of the bot: whether it is well, and its figures."""
