#!/usr/bin/env python3
"""The official clients of Anthropic and OpenAI against a gateway: sdk_checks.py GATEWAY_URL KEY UPSTREAM_URL. Prints a line a check; exit 1
when one fails. The upstream is upstream.py; what it does is chosen by the text of the last message."""
import asyncio, json, sys, time, urllib.request

import anthropic
import openai

gateway, key, upstream = sys.argv[1:4]
claude = anthropic.Anthropic(base_url=gateway, api_key=key, max_retries=0, timeout=20)
gpt = openai.OpenAI(base_url=gateway + "/v1", api_key=key, max_retries=0, timeout=20)
MODEL, CHAT = "claude-haiku-4-5", "gpt-4o-mini"
failed = 0
counter = 0


def unique(text):
    """A text that no earlier call had, so that nothing comes from the cache."""
    global counter
    counter += 1
    return f"{text} #{counter}-{time.time_ns()}"


def ask(text, **more):
    return claude.messages.create(model=more.pop("model", MODEL), max_tokens=64, messages=[{"role": "user", "content": text}], **more)


def chat(text, **more):
    return gpt.chat.completions.create(model=more.pop("model", CHAT), max_tokens=64, messages=[{"role": "user", "content": text}], **more)


def check(name, body):
    global failed
    try:
        body()
        print(f"ok      {name}")
    except Exception as error:
        failed += 1
        print(f"FAILED  {name}: {type(error).__name__}: {error}")


def expect(condition, what=""):
    if not condition:
        raise AssertionError(what)


def raises(kind, body, **facts):
    try:
        body()
    except kind as error:
        for name, wanted in facts.items():
            seen = error.response.headers.get(name.replace("_", "-")) if name != "status" else error.status_code
            expect(str(seen) == str(wanted), f"{name} is {seen!r}, not {wanted!r}")
        return error
    raise AssertionError(f"no {kind.__name__}")


def upstream_calls():
    return json.load(urllib.request.urlopen(urllib.request.Request(upstream + "/stats", method="GET"), timeout=5))


def text_of(message): return "".join(block.text for block in message.content if block.type == "text")


# Messages
def whole():
    answer = claude.messages.with_raw_response.create(model=MODEL, max_tokens=64, messages=[{"role": "user", "content": unique("hello")}])
    message = answer.parse()
    expect(text_of(message) == "Hello there" and message.usage.output_tokens == 7)
    expect(answer.headers["x-wiredesk-call-id"].startswith("call_"))
    expect(float(answer.headers["x-wiredesk-cost-usd"]) > 0)
    expect(answer.headers["request-id"] == "req_2" and answer.headers["anthropic-ratelimit-requests-remaining"] == "99")


def streamed():
    with claude.messages.stream(model=MODEL, max_tokens=64, messages=[{"role": "user", "content": unique("hello")}]) as stream:
        expect("".join(stream.text_stream) == "hi hi hi ")
        expect(stream.get_final_message().usage.output_tokens == 7)


def tools():
    message = ask(unique("use it"), tools=[{"name": "f", "input_schema": {"type": "object"}}])
    expect(message.stop_reason == "tool_use" and message.content[0].input == {"x": 1})


def system_and_blocks():
    message = claude.messages.create(
        model=MODEL, max_tokens=64, system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": [{"type": "text", "text": unique("hello")}]}])
    expect(text_of(message) == "Hello there")


def count():
    expect(claude.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "hello"}]).input_tokens == 42)


def listing():
    ids = [model.id for model in claude.models.list()]
    expect(MODEL in ids and CHAT in ids)
    expect(MODEL in [model.id for model in gpt.models.list()])
    expect(claude.models.retrieve(MODEL).id == MODEL)


def no_key_reaches_the_provider():
    ask(unique("hello"))
    expect(all(call[1] in ("upstream-key", "Bearer upstream-key") for call in upstream_calls()), "a caller's key went to the provider")


def retried_by_the_client():
    # The client's own two retries, each an attempt of its own at the provider.
    before = len([c for c in upstream_calls()])
    client = anthropic.Anthropic(base_url=gateway, api_key=key, max_retries=2, timeout=20)
    raises(anthropic.InternalServerError, lambda: client.messages.create(
        model=MODEL, max_tokens=8, messages=[{"role": "user", "content": f"status:503:0 #{time.time_ns()}"}]), status=503)


def raises_any(body):
    try:
        body()
    except Exception:
        return
    raise AssertionError("nothing was raised")


def raises_timeout():
    client = anthropic.Anthropic(base_url=gateway, api_key=key, max_retries=0, timeout=0.3)
    raises_any(lambda: client.messages.create(model=MODEL, max_tokens=8, messages=[{"role": "user", "content": unique("slow")}]))


check("messages: a whole answer, with its headers", whole)
check("messages: a stream", streamed)
check("messages: tools", tools)
check("messages: system blocks with cache_control", system_and_blocks)
check("messages: count_tokens", count)
check("models: both clients list them", listing)
check("no caller's key reaches the provider", no_key_reaches_the_provider)
check("what is not served says so", lambda: expect(
    "is not served here" in str(raises(anthropic.NotFoundError, lambda: claude.messages.batches.list(), status=404))
    and "POST /v1/embeddings is not served" in str(raises(openai.NotFoundError, lambda: gpt.embeddings.create(model="m", input="a"), status=404))))
for status, kind in [
    (400, anthropic.BadRequestError), (401, anthropic.AuthenticationError), (403, anthropic.PermissionDeniedError), (404, anthropic.NotFoundError),
    (409, anthropic.ConflictError), (413, anthropic.APIStatusError), (429, anthropic.RateLimitError), (500, anthropic.InternalServerError),
    (504, anthropic.APIStatusError), (529, anthropic.APIStatusError),
]:
    check(f"messages: {status} arrives as {status}", lambda status=status, kind=kind: raises(
        kind, lambda: ask(f"status:{status} #{time.time_ns()}"), status=status, request_id="req_1"))
check("messages: retry-after arrives with 429", lambda: raises(
    anthropic.RateLimitError, lambda: ask(f"status:429:17 #{time.time_ns()}"), status=429, retry_after=17))
check("messages: retry-after arrives with 529", lambda: raises(
    anthropic.APIStatusError, lambda: ask(f"status:529:3 #{time.time_ns()}"), status=529, retry_after=3))
check("messages: the error body is the provider's", lambda: expect(
    raises(anthropic.RateLimitError, lambda: ask(f"status:429 #{time.time_ns()}")).body["error"]["message"] == "as asked"))
check("messages: HTML at 200 is a 502", lambda: raises(anthropic.APIStatusError, lambda: ask(unique("html")), status=502))
check("messages: a stream that breaks off raises", lambda: raises_any(
    lambda: list(claude.messages.create(model=MODEL, max_tokens=64, stream=True, messages=[{"role": "user", "content": unique("cut")}]))))
check("messages: a time-out of the client", lambda: raises_timeout())
check("messages: an unknown model is refused with near names", lambda: expect(
    "claude-haiku-4-5" in str(raises(anthropic.NotFoundError, lambda: ask("hello", model="claude-haiku-4-55")).body)))
check("messages: a wrong key", lambda: raises(anthropic.AuthenticationError, lambda: anthropic.Anthropic(
    base_url=gateway, api_key="wd-wrong-wrong-wrong", max_retries=0).messages.create(
        model=MODEL, max_tokens=8, messages=[{"role": "user", "content": "hello"}]), status=401))
check("messages: the client's own retries end in the provider's error", retried_by_the_client)


# Chat Completions
def chat_whole():
    answer = chat(unique("hello"))
    expect(answer.choices[0].message.content == "Hello there" and answer.usage.completion_tokens == 7)


def chat_streamed(usage):
    options = {"stream_options": {"include_usage": True}} if usage else {}
    chunks = list(chat(unique("hello"), stream=True, **options))
    expect("".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there")
    expect(bool([c for c in chunks if c.usage]) == usage, "usage chunk")
    expect(usage or all(c.choices for c in chunks), "a chunk without choices came unasked")


def chat_to_claude():
    answer = chat(unique("hello"), model=MODEL)
    expect(answer.choices[0].message.content == "Hello there" and answer.choices[0].finish_reason == "stop" and answer.usage.completion_tokens == 7)


def chat_to_claude_streamed():
    chunks = list(chat(unique("hello"), model=MODEL, stream=True))
    expect("".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "hi hi hi ")


def chat_tools_to_claude():
    answer = chat(unique("use it"), model=MODEL, tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])
    expect(answer.choices[0].finish_reason == "tool_calls" and json.loads(answer.choices[0].message.tool_calls[0].function.arguments) == {"x": 1})


def claude_to_chat():
    message = ask(unique("hello"), model=CHAT)
    expect(text_of(message) == "Hello there" and message.usage.output_tokens == 7 and message.stop_reason == "end_turn")


def claude_to_chat_streamed():
    with claude.messages.stream(model=CHAT, max_tokens=64, messages=[{"role": "user", "content": unique("hello")}]) as stream:
        expect("".join(stream.text_stream) == "Hello there")


def extractive():
    text = "Bitcoin rose. The regulator approved the fund after a long review. Analysts expect more." + unique("")
    expect("regulator" in text_of(ask(text, model="extractive")))


check("chat: a whole answer", chat_whole)
check("chat: a stream without usage", lambda: chat_streamed(False))
check("chat: a stream with usage", lambda: chat_streamed(True))
check("chat: 429 with retry-after", lambda: raises(openai.RateLimitError, lambda: chat(f"status:429:9 #{time.time_ns()}"), status=429, retry_after=9))
check("chat: 500", lambda: raises(openai.InternalServerError, lambda: chat(f"status:500 #{time.time_ns()}"), status=500))
check("chat: a wrong key", lambda: raises(openai.AuthenticationError, lambda: openai.OpenAI(
    base_url=gateway + "/v1", api_key="wd-wrong-wrong-wrong", max_retries=0).chat.completions.create(
        model=CHAT, messages=[{"role": "user", "content": "hello"}]), status=401))
check("chat: an unknown model", lambda: raises(openai.NotFoundError, lambda: chat("hello", model="gpt-9"), status=404))
check("chat client, Claude model", chat_to_claude)
check("chat client, Claude model, streamed", chat_to_claude_streamed)
check("chat client, Claude model, tools", chat_tools_to_claude)
check("Anthropic client, OpenAI model", claude_to_chat)
check("Anthropic client, OpenAI model, streamed", claude_to_chat_streamed)
check("the local model", extractive)


# The cache
async def sixteen():
    client = anthropic.AsyncAnthropic(base_url=gateway, api_key=key, max_retries=0)
    text = unique("slow, sixteen at once")
    before = len(upstream_calls())
    answers = await asyncio.gather(*(client.messages.create(
        model=MODEL, max_tokens=32, messages=[{"role": "user", "content": text}]) for _ in range(16)))
    expect(len({answer.id for answer in answers}) == 1, "more than one upstream call")


def same_twice():
    text = unique("hello")
    first = ask(text)
    again = claude.messages.with_raw_response.create(model=MODEL, max_tokens=64, messages=[{"role": "user", "content": text}])
    expect(again.parse().id == first.id and again.headers["x-wiredesk-cost-usd"] == "0" and again.headers["x-wiredesk-cache"] == "hit")
    fresh = claude.messages.with_raw_response.create(
        model=MODEL, max_tokens=64, messages=[{"role": "user", "content": text}], extra_headers={"cache-control": "no-cache"})
    expect("x-wiredesk-cache" not in fresh.headers)


check("cache: the same request twice costs once", same_twice)
check("cache: sixteen equal requests at once are one call", lambda: asyncio.run(sixteen()))
print(f"{failed} failed")
sys.exit(1 if failed else 0)
