"""What the chat facade costs above the core: streaming through `create`, beside `Engine.submit` with the same tokens.

Both stream the same answer to the same prompt of about `--prompt` tokens in the same process, in turns, from a warm
prefix cache. A request's overhead is what its first text comes later by; a token's is what the rest of the stream takes
longer, shared out, and the same once more as processor time of the thread that reads, which no decode step can hide.
Then a conversation of about `--long` tokens, to which a turn is added, is checked, rendered and tokenised, beside plain
jinja2 and the tokeniser on the whole text. Medians. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from electron_local import AsyncElectron, Electron
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine, SamplingParams

N_WARM_UP = 5
WORDS = ("a", "large", "flat", "white", "with", "oat", "milk", "and", "one", "piece", "of", "carrot", "cake", "please")


@dataclass(frozen=True)
class Stream:
    """One streamed answer, in seconds: until the first text, from there to the end, and the reader's processor time."""

    first: float
    rest: float
    cpu: float
    n_tokens: int


def conversation(client: Electron, n_tokens: int, first: int = 0) -> list[dict[str, str]]:
    """Messages, a user's last, that render to at least `n_tokens` tokens."""
    messages = [{"role": "system", "content": "You are a kiosk. Answer in one short sentence."}]
    while True:
        n = len(messages)
        messages.append({"role": "user", "content": sentence(first + n)})
        if len(client.chat_path.prompt_tokens(body(messages, 1))) >= n_tokens:
            return messages
        messages.append({"role": "assistant", "content": sentence(first + n + 1)})


def sentence(number: int) -> str:
    return " ".join(WORDS[(number * 7 + i * (number + 3)) % len(WORDS)] for i in range(8))


def body(messages: list[dict[str, str]], n_tokens: int, bias: dict[int, float] | None = None) -> dict[str, Any]:
    fields = {"model": "electron", "messages": messages, "temperature": 0, "max_tokens": n_tokens, "stream": True}
    return fields | ({"logit_bias": bias} if bias else {})


class Clock:
    """Times one stream; `mark` at each piece that brought text."""

    def __init__(self) -> None:
        self.cpu = time.thread_time()
        self.begin = self.first = self.last = time.perf_counter()
        self.n_marks = 0

    def mark(self) -> None:
        self.last = time.perf_counter()
        if not self.n_marks:
            self.first = self.last
        self.n_marks += 1

    def stream(self, n_tokens: int) -> Stream:
        return Stream(self.first - self.begin, self.last - self.first, time.thread_time() - self.cpu, n_tokens)


def directly(engine: Engine, tokens: list[int], params: SamplingParams) -> Stream:
    clock = Clock()
    for event in engine.submit(tokens, params):
        if event.text:
            clock.mark()
    return clock.stream(params.max_tokens or 1)


def through_facade(client: Electron, request: dict[str, Any]) -> Stream:
    clock = Clock()
    for chunk in client.chat.completions.create(**request):
        if chunk.choices and chunk.choices[0].delta.content:
            clock.mark()
    return clock.stream(request["max_tokens"])


async def through_async_facade(client: AsyncElectron, request: dict[str, Any]) -> Stream:
    clock = Clock()
    async for chunk in await client.chat.completions.create(**request):
        if chunk.choices and chunk.choices[0].delta.content:
            clock.mark()
    return clock.stream(request["max_tokens"])


def compare(claims: Claims, client: Electron, n_prompt: int, n_tokens: int, n_runs: int) -> None:
    """Overheads of one request, and of each of its tokens: medians of differences of runs that followed each other."""
    engine = client.engine
    forbidden = {token: -100.0 for token in engine.model.end_of_generation}
    request = body(conversation(client, n_prompt), n_tokens, forbidden)
    tokens = client.chat_path.prompt_tokens(request)
    params = SamplingParams(temperature=0, max_tokens=n_tokens, logit_bias=forbidden)
    runs: dict[str, list[Stream]] = {"direct": [], "": [], "async ": []}
    other = AsyncElectron(engine=engine)
    loop = asyncio.new_event_loop()
    for _ in range(N_WARM_UP + n_runs):
        runs["direct"].append(directly(engine, tokens, params))
        runs[""].append(through_facade(client, request))
        runs["async "].append(loop.run_until_complete(through_async_facade(other, request)))
    loop.close()
    kept = {name: streams[N_WARM_UP:] for name, streams in runs.items()}
    direct = kept.pop("direct")
    claims.value("prompt", len(tokens), "tokens")
    claims.value("direct, first text", 1e3 * median([each.first for each in direct]), "ms")
    claims.value("direct, a token", 1e6 * median([each.rest / n_tokens for each in direct]), "µs")
    for name, streams in kept.items():
        pairs = list(zip(streams, direct, strict=True))
        first = 1e3 * median([ours.first - theirs.first for ours, theirs in pairs])
        rest = 1e6 * median([(ours.rest - theirs.rest) / n_tokens for ours, theirs in pairs])
        cpu = 1e6 * median([(ours.cpu - theirs.cpu) / n_tokens for ours, theirs in pairs])
        claims.ratio(f"{name}overhead of a request", first, "ms", at_most=1.0)
        claims.ratio(f"{name}overhead of a token", rest, "µs", at_most=30.0)
        claims.value(f"{name}overhead of a token, processor time", cpu, "µs")


def long_conversation(claims: Claims, client: Electron, n_tokens: int, n_runs: int) -> None:
    """Each run adds a turn to a conversation that was rendered before, and times what the facade does to it."""
    path, model = client.chat_path, client.engine.model
    template = ChatTemplate(model.chat_template, bos_token=model.bos_token, eos_token=model.eos_token)
    ours, plain, n_found = [], [], 0
    for run in range(n_runs):
        messages = conversation(client, n_tokens, first=1000 * run)
        messages += [{"role": "assistant", "content": sentence(run)}, {"role": "user", "content": sentence(run + 1)}]
        begin = time.perf_counter()
        tokens = path.prompt_tokens(body(messages, 1))
        middle = time.perf_counter()
        expected = client.engine.tokenize(template.render(messages))
        plain.append(1e3 * (time.perf_counter() - middle))
        ours.append(1e3 * (middle - begin))
        assert tokens == expected, "the facade's tokens differ from those of the whole text"
        n_found = len(tokens)
    claims.value("conversation", n_found, "tokens")
    claims.value("conversation, plainly rendered and tokenised", median(plain), "ms")
    claims.ratio("conversation, checked, rendered and tokenised", median(ours), "ms", at_most=3.0)
    claims.value("of the plain way", median_ratio(ours, plain))


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--prompt", type=int, default=100)
    parser.add_argument("--long", type=int, default=1500)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=60)
    arguments = parser.parse_args()
    n_runs = 5 if arguments.quick else arguments.runs
    model = model_of(arguments)
    with Electron(model) as client:
        claims = Claims("overhead", model=model.name, tokens=arguments.tokens, settings=engine_facts(client.engine))
        compare(claims, client, arguments.prompt, arguments.tokens, n_runs)
        long_conversation(claims, client, arguments.long, n_runs)
    claims.finish()


if __name__ == "__main__":
    main()
