"""What is said about Japanese: readings, words, levels, forms. From dictionaries and analysers,
never from the model.

Values over local data: no platform, no conversation, no model. Its libraries come with
`pip install kaiwa[study]`, and are imported where they are needed.
"""
