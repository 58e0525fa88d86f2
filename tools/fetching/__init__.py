"""The parts of tools/fetch.py: where files come from, how they arrive, and what the person sees."""
