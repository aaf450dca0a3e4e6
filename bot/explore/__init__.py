"""kaiwa explore: many settings answer the same prompts, side by side, and one of them is kept."""
