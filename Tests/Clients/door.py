"""Lets strangers at the front door: usage: door.py STAGE. Raw HTTP, so that requests can be as wrong as they like."""

import http.client
import json
import re
import socket
import sys
import time
import urllib.parse

from stage import check, finish, stage

PROGRAM = sys.argv[1]
TOKEN = "a-token-of-thirty-two-characters"


def port(address):
    return int(address.rsplit(":", 1)[1])


def ask(address, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port(address), timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode(errors="replace")
    finally:
        connection.close()


def raw(address, data, wait=3.0, drip=None):
    """Sends bytes as they are; what came back until the connection closed, and whether it closed."""
    with socket.create_connection(("127.0.0.1", port(address)), timeout=wait) as connection:
        received = b""
        try:
            connection.sendall(data)
            end = time.monotonic() + wait
            while time.monotonic() < end:
                connection.settimeout(0.5 if drip else max(0.05, end - time.monotonic()))
                try:
                    piece = connection.recv(65536)
                    if not piece:
                        return received.decode(errors="replace"), True
                    received += piece
                except TimeoutError:
                    if drip:
                        connection.sendall(drip)
        except (ConnectionError, BrokenPipeError):
            return received.decode(errors="replace"), True
        return received.decode(errors="replace"), False


def form_token(page):
    return re.search(r'name="form_token" value="([0-9a-f]{64})"', page)[1]


def form(**fields):
    return urllib.parse.urlencode(fields)


FORM = {"content-type": "application/x-www-form-urlencoded"}
READS = ["/", "/sources", "/sources/decrypt", "/costs", "/briefing", "/narratives", "/signals", "/articles", "/articles/1", "/jobs", "/hosts", "/ledger", "/audit",
         "/metrics", "/api/v1/sources", "/api/v1/ledger", "/api/v1/audit", "/admin/api-costs/summary", "/admin/cache/stats", "/live"]
CHANGES = ["/sources/decrypt/disable", "/sources/decrypt/poll", "/api/v1/sources/decrypt/disable", "/api/v1/sources/decrypt/diagnose",
           "/admin/cache/clear-expired", "/admin/trigger-briefing", "/costs/clear-expired", "/briefing/order"]


def with_token():
    with stage(PROGRAM, "full", TOKEN) as desk:
        for path in READS:
            status, headers, body = ask(desk, "GET", path)
            is_page = not path.startswith(("/api", "/admin", "/metrics", "/live"))
            check(f"without the token {path} is closed", status == (303 if is_page else 401), status)
            check(f"{path} tells nothing to strangers", "decrypt" not in body and "month_to_date" not in body)
            if is_page:
                check(f"{path} leads to the log-in", headers["location"].startswith("/login"))
        for path in CHANGES:
            check(f"without the token {path} changes nothing", ask(desk, "POST", path)[0] in (401, 403))
        for path in ("/health", "/ready", "/openapi.json", "/login"):
            check(f"{path} is open", ask(desk, "GET", path)[0] == 200)
        for headers in ({"authorization": f"Bearer {TOKEN}"}, {"x-api-key": TOKEN}, {"Authorization": f"bearer  {TOKEN}"}):
            check("the token opens, either way", ask(desk, "GET", "/api/v1/sources", headers=headers)[0] == 200, headers)
        status, headers, body = ask(desk, "GET", "/api/v1/sources", headers={"authorization": "Bearer wrong"})
        check("a wrong token is told so as a problem", status == 401 and json.loads(body)["status"] == 401 and "bearer" in headers["www-authenticate"].lower())
        for wrong in (TOKEN + "x", TOKEN[:-1], "", "x" * 5000):
            check("nearly the token is not the token", ask(desk, "GET", "/api/v1/sources", headers={"x-api-key": wrong})[0] == 401)
        many = [ask(desk, "GET", "/api/v1/sources", headers={"x-api-key": f"guess-{n}"})[0] for n in range(12)]
        check("guesses stay guesses", many == [401] * 12, many)
        check("and lock nobody out", ask(desk, "GET", "/api/v1/sources", headers={"x-api-key": TOKEN})[0] == 200)
        check("any name may lead here with a token", ask(desk, "GET", "/health", headers={"host": "desk.example.com"})[0] == 200)

    with stage(PROGRAM, "full", TOKEN) as desk:
        statuses = [ask(desk, "POST", "/login", form(token=f"guess-{n}"), FORM)[0] for n in range(8)]
        check("after five wrong log-ins one has to wait", statuses[:5] == [401] * 5 and statuses[6:] == [429] * 2, statuses)
        status, headers, _ = ask(desk, "POST", "/login", form(token=TOKEN), FORM)
        check("while waiting the right token does not open either", status == 429 and int(headers["retry-after"]) >= 1)

    with stage(PROGRAM, "full", TOKEN) as desk:
        check("a log-in that another site sends is refused",
              ask(desk, "POST", "/login", form(token=TOKEN), FORM | {"origin": "https://evil.example"})[0] == 403)
        status, headers, _ = ask(desk, "POST", "/login", form(token=TOKEN, back="//evil.example/"), FORM)
        cookie = headers.get("set-cookie", "")
        check("the right token opens a session", status == 303 and cookie.startswith("wiredesk_session="))
        check("a log-in leads to no other host", headers["location"] == "/", headers["location"])
        check("the cookie is for HTTP and this site alone", "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie)
        secure = ask(desk, "POST", "/login", form(token=TOKEN), FORM | {"x-forwarded-proto": "https"})[1]["set-cookie"]
        check("behind TLS it never leaves in the clear", "Secure" in secure)
        session = {"cookie": cookie.split(";")[0]}
        status, _, page = ask(desk, "GET", "/sources/decrypt", headers=session)
        check("the session opens pages", status == 200 and "decrypt" in page)
        check("the session opens the API's reads", ask(desk, "GET", "/api/v1/sources", headers=session)[0] == 200)
        check("a change by cookie alone is refused", ask(desk, "POST", "/sources/decrypt/poll", headers=session)[0] == 403)
        check("so is one of the API", ask(desk, "POST", "/api/v1/sources/decrypt/poll", headers=session)[0] == 403)
        check("and one with another form's token", ask(desk, "POST", "/sources/decrypt/poll", form(form_token="0" * 64), session | FORM)[0] == 403)
        right = form(form_token=form_token(page), reason="it repeats itself")
        for name, value in (("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")):
            check(f"a form with {name} {value} is refused", ask(desk, "POST", "/sources/decrypt/disable", right, session | FORM | {name: value})[0] == 403)
        check("our own page's form is taken", ask(desk, "POST", "/sources/decrypt/disable", right, session | FORM | {"origin": desk, "sec-fetch-site": "same-origin"})[0] == 303)
        sources = json.loads(ask(desk, "GET", "/api/v1/sources", headers=session)[2])["items"]
        disabled = next(source for source in sources if source["id"] == "decrypt")
        check("and does what it says", disabled["status"] == "disabled" and disabled["disabled"]["reason"] == "it repeats itself")
        audit = json.loads(ask(desk, "GET", "/api/v1/audit", headers=session)[2])["items"]
        check("the audit tells of it", audit[0]["action"] == "source.disable" and audit[0]["actor"] == "session from 127.0.0.1", audit[0])
        check("logging out ends the session", ask(desk, "POST", "/logout", form(form_token=form_token(page)), session | FORM)[0] == 303)
        check("for good", ask(desk, "GET", "/api/v1/sources", headers=session)[0] == 401)


def on_loopback():
    with stage(PROGRAM, "full") as desk:
        check("without a token this machine reads", ask(desk, "GET", "/api/v1/sources")[0] == 200)
        for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1"):
            check(f"but not under the name {name}", ask(desk, "GET", "/api/v1/sources", headers={"host": name})[0] == 421)
        check("a program of this machine changes", ask(desk, "POST", "/api/v1/sources/decrypt/poll")[0] == 202)
        for path in CHANGES:
            check(f"another site's page does not: {path}", ask(desk, "POST", path, headers={"origin": "https://evil.example"})[0] == 403)
            check(f"nor one of another port: {path}", ask(desk, "POST", path, headers={"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"})[0] == 403)
        check("a form needs its token here too", ask(desk, "POST", "/sources/decrypt/disable", form(reason="x"), FORM)[0] == 403)

        for path in ("/", "/sources", "/api/v1/sources", "/health", "/login", "/nothing"):
            headers = ask(desk, "GET", path)[1]
            policy = headers.get("content-security-policy", "")
            check(f"{path} forbids what is inline or from elsewhere", "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy)
            check(f"{path} is not guessed at, framed or referred from", headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin")

        for path in ("/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/sources/..%2f..%2fetc%2fpasswd",
                     "/articles/%00", "/articles/1%0d%0aX-Evil:1", "/sources/%ff", "/articles/99999999999999999999"):
            status, headers, body = ask(desk, "GET", path)
            check(f"{path} leads nowhere", status in (400, 404) and "root:" not in body and "x-evil" not in headers, status)
        for back in ("//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b", "javascript:alert(1)"):
            location = ask(desk, "GET", "/theme?" + form(to="dark", back=back))[1]["location"]
            check(f"back={back!r} leads to no other host", location == "/", location)
        for query in ("from=zz", "before=-1", "before=x", "q=%zz"):
            check(f"/articles?{query} is no server error", ask(desk, "GET", "/articles?" + query)[0] in (200, 400))
        for path in ("/articles?source=%3Cb%3E", "/articles?since=zz", "/sources?status=odd"):
            status, _, body = ask(desk, "GET", path)
            check(f"{path} shows no page without the filter", status == 400 and "the filter" in body, status)
        for path in ("/api/v1/narratives?cursor=999999", "/narratives?after=999999", "/api/v1/ledger?cursor=call-none", "/ledger?after=call-none"):
            status = ask(desk, "GET", path)[0]
            check(f"{path}, a cursor that no page named, is no server error", status < 500, status)
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"):
            status, headers, _ = ask(desk, method, "/api/v1/sources")
            check(f"{method} is not allowed, and it is said what is", status == 405 and headers["allow"] == "GET, HEAD", status)

        status, headers, body = ask(desk, "GET", "/api/v1/articles?limit=3")
        tag = headers["etag"]
        check("a read has a tag, and its bearer gets nothing anew", ask(desk, "GET", "/api/v1/articles?limit=3", headers={"if-none-match": tag})[0] == 304)
        check("a weak one too", ask(desk, "GET", "/api/v1/articles?limit=3", headers={"if-none-match": f'"x", W/{tag}'})[0] == 304)
        check("HEAD brings the head alone", ask(desk, "HEAD", "/api/v1/articles?limit=3")[2] == "")
        seen, path = [], "/api/v1/articles?limit=50"
        while path:
            status, headers, body = ask(desk, "GET", path)
            page = json.loads(body)
            seen += [article["id"] for article in page["items"]]
            path = re.search("<(.*)>", headers["link"])[1] if "link" in headers else None
            check("the link and the cursor agree", (path is None) == (page["nextCursor"] is None))
        check("page by page every article comes once", len(seen) == len(set(seen)) > 150, len(seen))

        summary = json.loads(ask(desk, "GET", "/admin/api-costs/summary")[2])
        check("the old summary has its fields", {"month_to_date", "projected_monthly", "days_elapsed", "total_calls", "cached_calls", "cache_hit_rate_percent", "breakdown_by_operation"} <= set(summary))
        parts = sum(float(operation["cost_exact"]) for operation in summary["breakdown_by_operation"].values())
        check("and its parts are its sum", abs(parts - float(summary["month_to_date_exact"])) < 1e-9)
        daily = json.loads(ask(desk, "GET", "/admin/api-costs/daily?days=7&_=123")[2])
        check("the old days are seven, a stray field notwithstanding", daily["days_requested"] == 7 and len(daily["daily_costs"]) == 7)
        ticket = json.loads(ask(desk, "POST", "/admin/trigger-briefing?briefing_type=evening&is_smoke=true")[2])
        check("a briefing can be ordered the old way", ticket["kwargs"] == {"briefing_type": "evening", "force": True, "is_smoke": True} and ticket["task_id"])
        check("but not one of a kind that is none", ask(desk, "POST", "/admin/trigger-briefing?briefing_type=midnight")[0] == 400)
        check("expired answers are cleared", json.loads(ask(desk, "POST", "/admin/cache/clear-expired")[2])["deleted_count"] == 4)

        big = "x" * 70_000
        check("a body that is too large is refused", ask(desk, "POST", "/api/v1/sources/decrypt/disable", big, {"content-type": "application/json"})[0] == 413)
        check("a body of another kind is refused", ask(desk, "POST", "/api/v1/sources/decrypt/disable", "<x/>", {"content-type": "text/xml"})[0] == 415)
        deep = "[" * 5000
        check("a deep body is refused", ask(desk, "POST", "/api/v1/sources/decrypt/disable", deep, {"content-type": "application/json"})[0] == 400)
        host = b"Host: 127.0.0.1\r\n"
        check("a head that is too long is refused", "200" not in raw(desk, b"GET /health HTTP/1.1\r\n" + host + b"X: " + b"y" * 100_000 + b"\r\n\r\n")[0][:15])
        check("a head of too many fields is refused", "200" not in raw(desk, b"GET /health HTTP/1.1\r\n" + host + b"X-A: b\r\n" * 500 + b"\r\n")[0][:15])
        answer, closed = raw(desk, b"GET /health HTTP/1.1\r\n" + host + b"Content-Length: 100000\r\n\r\n", wait=4, drip=b"x")
        check("nobody waits for the body of a read", answer.startswith("HTTP/1.1 200") and closed, (answer[:20], closed))
        answer, closed = raw(desk, b"POST /api/v1/sources/decrypt/disable HTTP/1.1\r\n" + host + b"Content-Length: 1000\r\n\r\n", wait=15, drip=b" ")
        check("nor for ever for that of a change", "408" in answer[:15] and closed, (answer[:20], closed))
        answer, _ = raw(desk, b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")
        check("a request of two lengths is not taken for two", answer.count("HTTP/1.1") <= 1)

        streams = []
        try:
            for _ in range(40):
                stream = http.client.HTTPConnection("127.0.0.1", port(desk), timeout=5)
                stream.request("GET", "/live")
                streams.append((stream, stream.getresponse().status))
            check("so many pages are kept up to date, and no more", [status for _, status in streams] == [200] * 32 + [503] * 8)
            check("and the others are served all the same", ask(desk, "GET", "/health")[0] == 200)
        finally:
            for stream, _ in streams:
                stream.close()
        time.sleep(1)
        again = http.client.HTTPConnection("127.0.0.1", port(desk), timeout=5)
        again.request("GET", "/live")
        check("pages that have gone make room at once", again.getresponse().status == 200)
        again.close()

        metrics = ask(desk, "GET", "/metrics")[2]
        for name in ("wiredesk_breaker_state{source=\"messari\"} 1", "wiredesk_articles{", "wiredesk_model_calls_total{", "wiredesk_model_cost_dollars_total{",
                     "wiredesk_reserved_dollars{period=\"day\"} 0.09", "wiredesk_open_reservations 1", "wiredesk_job_last_run_timestamp_seconds{",
                     "wiredesk_http_request_duration_seconds_bucket{path=\"/health\"", "wiredesk_cached_answers{"):
            check(f"the metrics have {name}", name in metrics)
        check("what requests make up is no label", "evil" not in metrics and "passwd" not in metrics)


with_token()
on_loopback()
finish()
