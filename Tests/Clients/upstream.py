"""A model provider on loopback: usage: upstream.py PORT. What it does is chosen by the text of the last message.

Paths that end in "completions" speak OpenAI's Chat Completions, those that end in "count_tokens" count 42 tokens, and all others speak
Anthropic's Messages. GET /stats gives the last twenty calls, each as [path, key, model].

A text that begins with one of these words is answered so, in both shapes, whether a stream was asked for or not:

    status:CODE         an error of that status
    status:CODE:AFTER   the same, with "retry-after: AFTER"
    html                a page of HTML, with status 200
    hang                nothing for thirty seconds, then the connection is closed
    slow                what any other text gets, half a second late

These words do something to Messages alone:

    nousage             a whole answer has no usage; a stream tells the input tokens, but nothing of caches
    neg                 a whole answer claims -5 output tokens
    huge                a whole answer claims 10^12 output tokens
    frac                a whole answer and the start of a stream claim 1.5 input tokens

And these to streams of Messages alone:

    long                200 pieces of text, ten milliseconds apart, instead of three at once
    cut                 the connection is closed after two pieces
    stall               one piece, then nothing more until the peer closes the connection

Any other text gets "Hello there", or "hi hi hi " as a stream of Messages; a whole answer to a Messages request that brings tools calls the
first of them. A request that makes no sense closes the connection.
"""

import asyncio
import json
import sys
from typing import NamedTuple

ERROR_TYPES = {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}
OUTPUT_TOKENS = 7

calls = []


class Request(NamedTuple):
    path: str
    headers: dict
    body: bytes


class HangUp(Exception):
    """The connection is to be closed, although the answer may not be complete."""


# HTTP


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head.decode().split("\r\n")
    _, path, _ = request_line.split(" ", 2)
    fields = (line.split(":", 1) for line in lines if ":" in line)
    headers = {name.lower(): value.strip() for name, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(path, headers, body)


def answer_head(status_and_reason, headers):
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status_and_reason}\r\n{fields}\r\n".encode()


async def send(writer, status, body, headers={}):
    headers = {"content-length": len(body)} | headers
    headers.setdefault("content-type", "application/json")
    writer.write(answer_head(f"{status} X", headers) + body)
    await writer.drain()


def begin_stream(writer, headers):
    writer.write(answer_head("200 OK", headers | {"transfer-encoding": "chunked"}))


def write_chunk(writer, text):
    data = text.encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


async def end_stream(writer):
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def peer_closes(reader):
    """Waits for the end of what the peer sends; whatever comes before that is ignored."""
    while await reader.read(65536):
        pass


# What was asked


def last_text(question):
    content = question["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return " ".join(block.get("text", "") for block in content if isinstance(block, dict))


def input_tokens(text):
    return max(1, len(text) // 4) + 10


# Messages


def message_usage(text):
    """What the call used, or what the text wants claimed; None when nothing is to be said."""
    if text.startswith("nousage"):
        return None
    usage = {
        "input_tokens": input_tokens(text),
        "output_tokens": OUTPUT_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    if text.startswith("neg"):
        usage["output_tokens"] = -5
    if text.startswith("huge"):
        usage["output_tokens"] = 10**12
    if text.startswith("frac"):
        usage["input_tokens"] = 1.5
    return usage


def message(identifier, model, content, stop_reason, usage):
    answer = {
        "id": identifier,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
    }
    if usage:
        answer["usage"] = usage
    return answer


async def send_message(question, text, writer):
    content = {"type": "text", "text": "Hello there"}
    stop_reason = "end_turn"
    if question.get("tools"):
        content = {"type": "tool_use", "id": "toolu_1", "name": question["tools"][0]["name"], "input": {"x": 1}}
        stop_reason = "tool_use"
    answer = message(f"msg_{len(calls)}", question["model"], [content], stop_reason, message_usage(text))
    headers = {"request-id": "req_2", "anthropic-ratelimit-requests-remaining": "99"}
    await send(writer, 200, json.dumps(answer).encode(), headers)


def write_event(writer, kind, **fields):
    data = json.dumps({"type": kind} | fields)
    write_chunk(writer, f"event: {kind}\ndata: {data}\n\n")


async def write_pieces(writer, count, pause=0):
    for _ in range(count):
        write_event(writer, "content_block_delta", index=0, delta={"type": "text_delta", "text": "hi "})
        await writer.drain()
        await asyncio.sleep(pause)


async def stream_message(question, text, reader, writer):
    begin_stream(writer, {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_9"})
    usage = (message_usage(text) or {"input_tokens": input_tokens(text)}) | {"output_tokens": 1}
    write_event(writer, "message_start", message=message("msg_1", question["model"], [], None, usage))
    write_event(writer, "content_block_start", index=0, content_block={"type": "text", "text": ""})
    if text.startswith("stall"):
        await write_pieces(writer, 1)
        await peer_closes(reader)
        raise HangUp
    if text.startswith("cut"):
        await write_pieces(writer, 2)
        raise HangUp
    if text.startswith("long"):
        await write_pieces(writer, 200, pause=0.01)
    else:
        await write_pieces(writer, 3)
    write_event(writer, "content_block_stop", index=0)
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    write_event(writer, "message_delta", delta=delta, usage={"output_tokens": OUTPUT_TOKENS})
    write_event(writer, "message_stop")
    await end_stream(writer)


# Chat Completions


def completion_usage(text):
    prompt_tokens = input_tokens(text)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": prompt_tokens + OUTPUT_TOKENS,
    }


def completion(kind, model, choices):
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": model, "choices": choices}


async def send_completion(question, text, writer):
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}
    answer = completion("chat.completion", question["model"], [choice]) | {"usage": completion_usage(text)}
    await send(writer, 200, json.dumps(answer).encode())


def write_data(writer, data):
    write_chunk(writer, f"data: {data}\n\n")


def write_choice(writer, model, delta, finish_reason):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    write_data(writer, json.dumps(completion("chat.completion.chunk", model, [choice])))


async def stream_completion(question, text, writer):
    begin_stream(writer, {"content-type": "text/event-stream"})
    model = question["model"]
    for piece in ("Hel", "lo ", "there"):
        write_choice(writer, model, {"content": piece}, None)
        await writer.drain()
    write_choice(writer, model, {}, "stop")
    if question.get("stream_options", {}).get("include_usage"):
        write_data(writer, json.dumps(completion("chat.completion.chunk", model, []) | {"usage": completion_usage(text)}))
    write_data(writer, "[DONE]")
    await end_stream(writer)


# The provider


async def send_error(text, writer):
    """Sends the error that `status:CODE` or `status:CODE:AFTER`, up to the first space, asks for."""
    _, code, *after = text.split(" ")[0].split(":")
    status = int(code)
    headers = {"retry-after": after[0]} if after else {}
    error = {"type": ERROR_TYPES.get(status, "api_error"), "message": "as asked"}
    body = {"type": "error", "error": error, "request_id": "req_1"}
    await send(writer, status, json.dumps(body).encode(), headers | {"request-id": "req_1"})


async def send_page(writer):
    await send(writer, 200, b"<!DOCTYPE html><html>hi</html>", {"content-type": "text/html"})


async def send_stats(writer):
    await send(writer, 200, json.dumps(calls[-20:]).encode() + b"\n")


async def send_count(writer):
    await send(writer, 200, b'{"input_tokens":42}')


def note_call(request, question):
    key = request.headers.get("x-api-key") or request.headers.get("authorization")
    calls.append((request.path, key, question.get("model")))


async def complete(request, question, text, reader, writer):
    is_chat = request.path.endswith("completions")
    is_stream = question.get("stream")
    if is_chat and is_stream:
        await stream_completion(question, text, writer)
    elif is_chat:
        await send_completion(question, text, writer)
    elif is_stream:
        await stream_message(question, text, reader, writer)
    else:
        await send_message(question, text, writer)


async def answer_text(request, question, reader, writer):
    text = last_text(question)
    if text.startswith("status:"):
        await send_error(text, writer)
    elif text.startswith("html"):
        await send_page(writer)
    elif text.startswith("hang"):
        await asyncio.sleep(30)
        raise HangUp
    else:
        if text.startswith("slow"):
            await asyncio.sleep(0.5)
        await complete(request, question, text, reader, writer)


async def answer(request, reader, writer):
    if request.path == "/stats":
        await send_stats(writer)
        return
    question = json.loads(request.body)
    note_call(request, question)
    if request.path.endswith("count_tokens"):
        await send_count(writer)
    else:
        await answer_text(request, question, reader, writer)


async def serve(reader, writer):
    try:
        while True:
            request = await read_request(reader)
            await answer(request, reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError, HangUp):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
