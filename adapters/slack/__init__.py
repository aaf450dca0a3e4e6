"""Slack: the library Bolt, its events over Socket Mode or HTTP, and its Web API."""
