"""The evaluation of electron-nano, a skill a file."""
