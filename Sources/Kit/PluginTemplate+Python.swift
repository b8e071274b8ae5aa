extension PluginTemplate {
    static let python = """
        #!/usr/bin/env python3
        \"""A wiredesk plugin: one JSON object a line on stdin and stdout. Anything else is printed to stderr.\"""
        import json
        import sys


        def say(type, **more):
            print(json.dumps({"type": type, **more}), flush=True)


        def hear():
            line = sys.stdin.readline()
            if not line:
                sys.exit("the host has gone")
            return json.loads(line)


        def fetch(url, **more):
            \"""Has the host get a document: under its ceilings, with its address policy. None when it did not come.\"""
            say("fetch", id=url, url=url, **more)
            while True:
                answer = hear()
                if answer["type"] == "cancel":
                    return None
                if answer["type"] == "fetched" and answer["id"] == url:
                    return answer if answer["ok"] else None


        say("hello", version=1, name="plugin")
        poll = hear()

        # What the last poll that was stored has left; nothing at the first one.
        newest = (poll["state"] or {}).get("newest", "")
        latest = newest
        url = poll["url"]
        while url:
            answer = fetch(url, expect="json")
            if answer is None:
                break  # the host knows why, and tells it
            page = json.loads(answer["body"])
            items = [
                {"id": e["id"], "title": e["title"], "url": e["url"], "publishedAt": e["published"]}
                for e in page["items"]
            ]
            say("items", items=items)
            latest = max([latest] + [item["publishedAt"] for item in items])
            # Newest first: what comes after something old is known already.
            url = page.get("next") if items and items[-1]["publishedAt"] > newest else None

        say("state", state={"newest": latest})
        say("done")

        """
}
