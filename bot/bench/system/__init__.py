"""`kaiwa bench --system`: the whole bot but the model, with thousands of conversations."""
