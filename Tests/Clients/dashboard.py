"""Looks at the dashboard in Debian's chromium: usage: dashboard.py STAGE [FOLDER FOR SCREENSHOTS]."""

import http.server
import re
import sys
import threading

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect, sync_playwright

from stage import check, finish, stage

PROGRAM = sys.argv[1]
IMAGES = sys.argv[2] if len(sys.argv) > 2 else None
TOKEN = "a-token-of-thirty-two-characters"
PAGES = ["/", "/sources", "/sources/messari", "/costs", "/briefing", "/narratives", "/narratives/1", "/signals", "/articles", "/articles/1", "/jobs", "/hosts", "/ledger", "/audit"]
EMPTY_PAGES = [page for page in PAGES if not page.endswith("/1") and page != "/sources/messari"]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


class Look:
    """A page that is watched: what it asks for, and what goes wrong in it."""

    def __init__(self, browser, desk, width=1600, theme="light", script=True):
        self.desk = desk
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=script, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.errors, self.strangers, self.bytes = [], [], 0
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: None if request.url.startswith(desk) else self.strangers.append(request.url))
        self.page.on("requestfinished", self.weigh)

    def weigh(self, request):
        try:
            sizes = request.sizes()
        except Error:
            # The page was left while this was on its way.
            return
        self.bytes += sizes["responseBodySize"] + sizes["responseHeadersSize"]

    def at(self, path):
        self.errors.clear()
        answer = self.page.goto(self.desk + path, wait_until="load")
        return answer.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


def look_at(browser, desk, scene, pages):
    for width in (1600, 360):
        for theme in ("light", "dark"):
            with Look(browser, desk, width, theme) as look:
                for path in pages:
                    where = f"{scene} {path} {width} {theme}"
                    check(f"{where} is there", look.at(path) == 200)
                    check(f"{where} has no error", not look.errors, look.errors)
                    check(f"{where} asks nobody else", not look.strangers, look.strangers)
                    wide, seen = look.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                    check(f"{where} fits its width", wide <= seen, (wide, seen))
                    check(f"{where} has one heading of its own", look.page.locator("h1").count() == 1)
                    check(f"{where} runs nothing that a feed says", look.page.evaluate("document.documentElement.dataset.owned") is None)
                    violations = Axe().run(look.page, options=RULES).response["violations"]
                    check(f"{where} is accessible", not violations, [(v["id"], v["nodes"][0]["html"][:160], v["nodes"][0].get("failureSummary", "")[:200]) for v in violations])


def weighs_little(browser, desk):
    for path in ("/", "/sources", "/costs", "/articles"):
        with Look(browser, desk) as look:
            look.at(path)
            look.page.wait_for_timeout(200)
            check(f"the first load of {path} is at most 150 kB", look.bytes <= 150_000, look.bytes)
            print(f"first load of {path}: {look.bytes} bytes", flush=True)


def needs(browser, desk):
    with Look(browser, desk) as look:
        look.at("/")
        text = look.page.locator("#needs").inner_text()
        check("a model that fails is told of on the overview", "model anthropic/claude-haiku-4-5 for 10 min" in text and "answered 200 with text/html" in text, text)
        check("with its next trial", "Next trial: in 2 min" in text, text)


def disabling(browser, desk):
    """Without script in one window; seen by itself in another."""
    with Look(browser, desk) as watching, Look(browser, desk, script=False) as look:
        watching.at("/sources")
        row = watching.page.locator("tr", has=watching.page.get_by_role("link", name="decrypt", exact=True))
        expect(row).to_contain_text("well")
        look.at("/sources/decrypt")
        look.page.get_by_text("Disable …").click()
        look.page.get_by_label("Why").fill("it <b>repeats</b> itself")
        look.page.get_by_label("Who says so").fill("mara")
        look.page.get_by_label("For how long").select_option("6h")
        look.page.get_by_role("button", name="Disable", exact=True).click()
        check("after disabling the page says so", "is disabled" in look.page.get_by_role("status").inner_text())
        check("and shows why, who and until when", all(text in look.page.content() for text in ("it &lt;b&gt;repeats&lt;/b&gt; itself", "by mara", "2026-11-24T20:05:00Z")))
        expect(row).to_contain_text("disabled", timeout=60_000)
        check("another window shows it by itself", True)
        look.page.get_by_role("button", name="Enable", exact=True).click()
        check("enabling brings it back", "is enabled" in look.page.get_by_role("status").inner_text())
        look.at("/audit")
        check("the audit tells of both", all(text in look.page.content() for text in ("source.disable", "source.enable", "local from 127.0.0.1")))


def diagnosing(browser, desk):
    with Look(browser, desk) as look:
        look.at("/sources/decrypt")
        look.page.get_by_role("button", name="Diagnose").click()
        stages = look.page.locator("#diagnosis .stages li:not(.under-way)")
        expect(look.page.locator("#diagnosis .hint")).to_be_visible(timeout=60_000)
        check("a diagnosis shows its stages in place", stages.count() == 12 and look.page.url.endswith("/sources/decrypt"), stages.count())
        check("and which of them failed", "response" in look.page.locator("#diagnosis .stages li.bad").first.inner_text())
        violations = Axe().run(look.page, options=RULES).response["violations"]
        check("a diagnosis is accessible", not violations, [v["id"] for v in violations])
    with Look(browser, desk, script=False) as look:
        look.at("/sources/decrypt")
        look.page.get_by_role("button", name="Diagnose").click()
        expect(look.page.locator("#diagnosis .hint")).to_be_visible(timeout=60_000)
        check("without script it comes as a page", look.page.locator(".stages li:not(.under-way)").count() == 12)


class SlowSource:
    """A source that answers when it is told to."""

    FEED = b"<rss version='2.0'><channel><title>Slow</title><item><guid>1</guid><title>A</title></item></channel></rss>"

    def __init__(self):
        self.gate = threading.Event()
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                source.gate.wait(40)
                self.send_response(200)
                self.send_header("content-type", "application/rss+xml")
                self.send_header("content-length", str(len(SlowSource.FEED)))
                self.end_headers()
                self.wfile.write(SlowSource.FEED)

            def handle(self):
                # Whoever asked may have gone.
                try:
                    super().handle()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/feed.xml"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def diagnosing_live(browser):
    """What a source that hangs shows while it hangs: with script, without, and when the page is left."""
    slow = SlowSource()
    with stage(PROGRAM, "full", real_url=slow.url) as desk:
        for script in (True, False):
            told = "with script" if script else "without script"
            slow.gate.clear()
            with Look(browser, desk, script=script) as look:
                look.at("/sources/thedefiant")
                look.page.get_by_role("button", name="Diagnose").click(no_wait_after=True)
                waiting = look.page.locator("#diagnosis .stages li.under-way:visible")
                expect(waiting).to_contain_text("waiting for 127.0.0.1 to answer", timeout=15_000)
                ended = look.page.locator("#diagnosis .stages li:not(.under-way)")
                names = [text.split()[1] for text in ended.locator(".pill").all_inner_texts()]
                check(f"{told} the first stages are there before the others", names == ["registry", "dns", "connect", "tls", "request"], names)
                check(f"{told} one thing is under way at a time", waiting.count() == 1, waiting.count())
                expect(waiting.locator(".ms")).to_have_text(re.compile(r"^([2-9]|\d\d) s$"), timeout=15_000)
                check(f"{told} nothing is said of the end before it", look.page.locator("#diagnosis .hint").count() == 0)
                slow.gate.set()
                expect(look.page.locator("#diagnosis .hint")).to_contain_text("the source is well", timeout=15_000)
                check(f"{told} all twelve are there in the end", ended.count() == 12, ended.count())
                check(f"{told} each of them went well", look.page.locator("#diagnosis .stages li.good").count() == 12)
                check(f"{told} nothing is under way any more", waiting.count() == 0)
        slow.gate.clear()
        with Look(browser, desk) as look:
            look.at("/sources/thedefiant")
            look.page.get_by_role("button", name="Diagnose").click(no_wait_after=True)
            expect(look.page.locator("#diagnosis .under-way:visible")).to_contain_text("waiting", timeout=15_000)
            # The page is left: the source may be diagnosed by others again.
            look.at("/audit")
            look.page.wait_for_timeout(2500)
            look.at("/sources/thedefiant")
            look.page.get_by_role("button", name="Diagnose").click(no_wait_after=True)
            expect(look.page.locator("#diagnosis .under-way:visible")).to_contain_text("waiting", timeout=15_000)
            check("a page that is left calls its diagnosis off", True)
            slow.gate.set()
            expect(look.page.locator("#diagnosis .hint")).to_be_visible(timeout=15_000)
            look.at("/audit")
            lines = look.page.locator("tr", has_text="thedefiant").filter(has_text="source.diagnose").count()
            check("the audit tells of every diagnosis", lines == 4, lines)


def hostile(browser, desk):
    with Look(browser, desk) as look:
        look.at("/articles?source=bitcoincom")
        text = look.page.inner_text("main")
        check("a hostile title is shown as it is", "<script>document.documentElement.dataset.owned" in text and "</title></a><svg onload" in text)
        check("what would turn text round or colour it is shown, not obeyed", "\\u{202E}" in text and "\u202e" not in look.page.content())
        look.page.get_by_role("link", name="<script>").first.click()
        look.page.wait_for_load_state()
        check("an address that is a script is no link", look.page.locator("a[href^='javascript' i]").count() == 0 and "javascript:document" in look.page.inner_text("main"))
        for link in look.page.locator("a[target=_blank]").all():
            check("links outwards keep their distance", "noopener" in link.get_attribute("rel"))
        check("nothing of it ran", look.page.evaluate("document.documentElement.dataset.owned") is None)
        look.at("/articles?q=" + "%22%3E%3Cimg%20src%3Dx%20onerror%3Ddocument.documentElement.dataset.owned%3D1%3E")
        check("what is searched for is only text", look.page.evaluate("document.documentElement.dataset.owned") is None and look.page.locator("main img").count() == 0)


def keys_and_colours(browser, desk):
    with Look(browser, desk) as look:
        look.at("/sources")
        look.page.keyboard.press("Tab")
        check("the first key leads past the navigation", look.page.evaluate("document.activeElement.className") == "skip")
        look.page.keyboard.press("Enter")
        check("to the page itself", look.page.evaluate("document.activeElement.id") == "main")
        reached = set()
        look.at("/sources")
        for _ in range(60):
            look.page.keyboard.press("Tab")
            reached.add(look.page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
        check("keys reach pages, filters, sources and what can be done", {"Overview", "q", "Show", "coindesk", "Poll now", "Dark"} <= reached, reached)
        ground = lambda: look.page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = ground()
        look.page.get_by_role("link", name="Dark", exact=True).click()
        dark = ground()
        check("colours can be chosen by hand", light != dark and look.page.url == desk + "/sources")
        look.at("/costs")
        check("and stay chosen", ground() == dark)


def logging_in(browser):
    with stage(PROGRAM, "full", TOKEN) as desk, Look(browser, desk) as look:
        look.at("/costs")
        check("a stranger is asked for the token", "/login?back=%2Fcosts" in look.page.url)
        violations = Axe().run(look.page, options=RULES).response["violations"]
        check("the log-in is accessible", not violations, [v["id"] for v in violations])
        look.page.get_by_label("Admin token").fill("not the token")
        look.page.get_by_role("button", name="Log in").click()
        check("a wrong token is told", "This is not the token" in look.page.get_by_role("alert").inner_text())
        look.page.get_by_label("Admin token").fill(TOKEN)
        look.page.get_by_role("button", name="Log in").click()
        check("the right one leads to where one wanted to go", look.page.url == desk + "/costs")
        look.at("/sources/decrypt")
        look.page.get_by_role("button", name="Poll now").click()
        check("and changes are taken", "as soon as a place is free" in look.page.get_by_role("status").inner_text())
        # Another site's page sends the same form, with the browser's cookies.
        evil = http.server.ThreadingHTTPServer(("127.0.0.1", 0), evil_page(desk))
        threading.Thread(target=evil.serve_forever, daemon=True).start()
        look.page.goto(f"http://localhost:{evil.server_port}/")
        look.page.get_by_role("button").click()
        look.page.wait_for_load_state()
        evil.shutdown()
        check("another site's form changes nothing", look.page.inner_text("h1")[:3] in ("401", "403"), look.page.inner_text("h1"))
        look.at("/sources/decrypt")
        check("really nothing", "disabled" not in look.page.locator(".title").inner_text())
        look.page.get_by_role("button", name="Log out").click()
        look.at("/")
        check("after logging out one is a stranger again", "/login" in look.page.url)


def evil_page(desk):
    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = f'<form method="post" action="{desk}/sources/decrypt/disable"><input name="reason" value="x"><button>win</button></form>'
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    return Evil


def screenshots(browser, desk):
    if not IMAGES:
        return
    for path, name, theme, width, height in (
        ("/", "overview", "light", 1280, 800), ("/sources", "sources", "dark", 1280, 760), ("/costs", "costs", "light", 1280, 800),
        ("/", "narrow", "dark", 360, 760),
    ):
        with Look(browser, desk, width, theme) as look:
            look.page.set_viewport_size({"width": width, "height": height})
            look.at(path)
            look.page.screenshot(path=f"{IMAGES}/{name}.png")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
    with stage(PROGRAM, "full") as desk:
        screenshots(browser, desk)
        look_at(browser, desk, "full", PAGES)
        weighs_little(browser, desk)
        disabling(browser, desk)
        diagnosing(browser, desk)
        hostile(browser, desk)
        keys_and_colours(browser, desk)
    with stage(PROGRAM, "empty") as desk:
        look_at(browser, desk, "empty", EMPTY_PAGES)
    with stage(PROGRAM, "broken") as desk:
        look_at(browser, desk, "broken", PAGES)
        needs(browser, desk)
    diagnosing_live(browser)
    logging_in(browser)
    browser.close()
finish()
