"""One file for each of the demo's tools."""
