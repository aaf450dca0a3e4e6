"""A model in a GGUF file, as llama.cpp and its kin write it, for the local engine."""
