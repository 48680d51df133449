"""Measurements of one model on one machine: what `electron-local bench` prints, keeps, compares and draws."""
