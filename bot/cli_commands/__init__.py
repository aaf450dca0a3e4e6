"""The commands of `kaiwa`, a file for those that belong together. bot/cli.py is their table."""
