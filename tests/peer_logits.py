"""Run as a program: logits and greedy tokens of llama-cpp-python, in a process of its own.

python peer_logits.py MODEL OUT.npz N_GREEDY TOKEN...
"""

import sys

import numpy as np
from llama_cpp import Llama


def main() -> None:
    model, out, n_greedy, *prompt = sys.argv[1:]
    tokens = [int(token) for token in prompt]
    llama = Llama(model, n_ctx=512, logits_all=True, n_threads=1, n_threads_batch=1, flash_attn=False, verbose=False)
    llama.eval(tokens)
    logits = np.array(llama.scores[: len(tokens)], dtype=np.float32)
    greedy = []
    for _ in range(int(n_greedy)):
        greedy.append(int(np.argmax(llama.scores[llama.n_tokens - 1])))
        llama.eval([greedy[-1]])
    np.savez(out, logits=logits, greedy=np.array(greedy))


if __name__ == "__main__":
    main()
