"""The programs in `clients` run in environments of their own, and import what ours lacks."""

collect_ignore = ["clients"]
