"""Settings that are measured once for a machine and a model: `measure` finds them, `record` keeps them."""
