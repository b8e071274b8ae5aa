import asyncio, json, sys, time
# Anthropic-shaped + OpenAI-shaped upstream on loopback; what it does is chosen by the last user text.
calls=[]
def tok(s): return max(1,len(s)//4)
async def handle(r,w):
    try:
        while True:
            head=await r.readuntil(b"\r\n\r\n")
            lines=head.decode().split("\r\n"); method,path,_=lines[0].split(" ",2)
            hd={l.split(":",1)[0].lower():l.split(":",1)[1].strip() for l in lines[1:] if ":" in l}
            body=await r.readexactly(int(hd.get("content-length","0")))
            if path=="/stats":
                await send(w,200,json.dumps(calls[-20:]).encode()+b"\n"); continue
            q=json.loads(body); calls.append((path,hd.get("x-api-key") or hd.get("authorization"),q.get("model")))
            if path.endswith("count_tokens"):
                await send(w,200,b'{"input_tokens":42}'); continue
            m=q["messages"][-1]["content"]; text=m if isinstance(m,str) else " ".join(p.get("text","") for p in m if isinstance(p,dict))
            chat=path.endswith("completions")
            if text.startswith("status:"):
                parts=text.split(" ")[0].split(":"); st=int(parts[1]); extra=[]
                if len(parts)>2: extra=[("retry-after",parts[2])]
                await send(w,st,json.dumps({"type":"error","error":{"type":{429:"rate_limit_error",529:"overloaded_error",400:"invalid_request_error"}.get(st,"api_error"),"message":"as asked"},"request_id":"req_1"}).encode(),extra+[("request-id","req_1")]); continue
            if text.startswith("html"):
                await send(w,200,b"<!DOCTYPE html><html>hi</html>",[("content-type","text/html")]); continue
            if text.startswith("hang"): await asyncio.sleep(30); return
            if text.startswith("slow"): await asyncio.sleep(0.5)
            pt=tok(text)+10; ot=7
            usage={"input_tokens":pt,"output_tokens":ot,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}
            if text.startswith("nousage"): usage=None
            if text.startswith("neg"): usage["output_tokens"]=-5
            if text.startswith("huge"): usage["output_tokens"]=10**12
            if text.startswith("frac"): usage["input_tokens"]=1.5
            if chat:
                u={"prompt_tokens":pt,"completion_tokens":ot,"total_tokens":pt+ot}
                if q.get("stream"):
                    w.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                    def ch(o): 
                        d=("data: "+(o if isinstance(o,str) else json.dumps(o))+"\n\n").encode(); w.write(b"%x\r\n"%len(d)+d+b"\r\n")
                    base={"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":q["model"]}
                    for piece in ["Hel","lo ","there"]:
                        ch({**base,"choices":[{"index":0,"delta":{"content":piece},"finish_reason":None}]}); await w.drain()
                    ch({**base,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})
                    if q.get("stream_options",{}).get("include_usage"): ch({**base,"choices":[],"usage":u})
                    ch("[DONE]"); w.write(b"0\r\n\r\n"); await w.drain(); continue
                await send(w,200,json.dumps({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":q["model"],"choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":u}).encode()); continue
            if q.get("stream"):
                w.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_9\r\ntransfer-encoding: chunked\r\n\r\n")
                def ev(n,o):
                    d=f"event: {n}\ndata: {json.dumps(o)}\n\n".encode(); w.write(b"%x\r\n"%len(d)+d+b"\r\n")
                ev("message_start",{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":q["model"],"content":[],"stop_reason":None,"stop_sequence":None,"usage":{**(usage or {"input_tokens":pt}),"output_tokens":1}}})
                ev("content_block_start",{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})
                n=200 if text.startswith("long") else 3
                for i in range(n):
                    ev("content_block_delta",{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi "}}); await w.drain()
                    if n>3: await asyncio.sleep(0.01)
                    if text.startswith("cut") and i==1: w.close(); return
                ev("content_block_stop",{"type":"content_block_stop","index":0})
                ev("message_delta",{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":None},"usage":{"output_tokens":ot}})
                ev("message_stop",{"type":"message_stop"}); w.write(b"0\r\n\r\n"); await w.drain(); continue
            content=[{"type":"text","text":"Hello there"}]; sr="end_turn"
            if q.get("tools"): content=[{"type":"tool_use","id":"toolu_1","name":q["tools"][0]["name"],"input":{"x":1}}]; sr="tool_use"
            a={"id":"msg_%d"%len(calls),"type":"message","role":"assistant","model":q["model"],"content":content,"stop_reason":sr,"stop_sequence":None}
            if usage: a["usage"]=usage
            await send(w,200,json.dumps(a).encode(),[("request-id","req_2"),("anthropic-ratelimit-requests-remaining","99")])
    except (asyncio.IncompleteReadError,ConnectionError): pass
    finally: w.close()
async def send(w,st,b,extra=[]):
    h=dict(extra); h.setdefault("content-type","application/json")
    w.write(f"HTTP/1.1 {st} X\r\ncontent-length: {len(b)}\r\n".encode()+"".join(f"{k}: {v}\r\n" for k,v in h.items()).encode()+b"\r\n"+b); await w.drain()
async def main():
    s=await asyncio.start_server(handle,"127.0.0.1",int(sys.argv[1])); await s.serve_forever()
asyncio.run(main())
