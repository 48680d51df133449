"""The voice session: turn-taking, barge-in, tools; PROTOCOL §2's events as typed objects."""

from electron_local.voice.config import SessionConfig
from electron_local.voice.early_work import EarlyWork
from electron_local.voice.history_limit import HistoryLimit
from electron_local.voice.session import Session
from electron_local.voice.turn_settings import BargeIn, EndOfTurn, TurnSettings

__all__ = ["BargeIn", "EarlyWork", "EndOfTurn", "HistoryLimit", "Session", "SessionConfig", "TurnSettings"]
