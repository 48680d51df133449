"""pipecat's analyser on the Smart Turn weights of its wheel: where they lie, and what it says of each clip.

Arguments: NumPy files of mono float32 at 16 kHz.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pipecat.audio.turn.smart_turn as package
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

(weights,) = Path(package.__file__).parent.glob("data/*.onnx")
analyzer = LocalSmartTurnAnalyzerV3(smart_turn_model_path=str(weights))
said = [analyzer._predict_endpoint(np.load(path))["probability"] for path in sys.argv[1:]]
print(json.dumps({"weights": str(weights), "probabilities": said}))
