"""Model files beside the bundled one: those known by name, those on this machine, and how they get here."""
