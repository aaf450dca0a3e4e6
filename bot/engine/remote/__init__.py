"""Servers that speak OpenAI's API run the model: the engine on other machines."""
