"""Generated training dialogues: one skill a file, mixed by `mixture`."""
