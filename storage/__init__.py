"""What Kaiwa keeps on disk: conversations, their messages, replies and channel settings."""
