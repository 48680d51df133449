"""`audio.speech` and `audio.transcriptions` (PROTOCOL §3): one path, behind the client, the SDK and HTTP."""
