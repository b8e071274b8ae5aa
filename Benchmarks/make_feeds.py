#!/usr/bin/env python3
"""Makes 300 feeds, some 40 MB in all, the same ones every time: make_feeds.py FOLDER"""
import html, os, random, sys

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
rng = random.Random(20261124)
words = """market price token chain block wallet exchange network upgrade developer regulator committee filing fund custody bridge contract
flow volume trader analyst quarter report statement company bank reserve issuer bill amendment vote holder supply fee validator client
release week month record level support policy court ruling claim deal partner launch product user account transfer payment""".split()


def sentence():
    return " ".join(rng.choice(words) for _ in range(rng.randint(8, 22))).capitalize() + "."


def body(paragraphs):
    parts = []
    for _ in range(paragraphs):
        text = " ".join(sentence() for _ in range(rng.randint(2, 5)))
        link = f'<a href="https://news.example/{rng.randint(1, 99999)}/?a=1&amp;b=2" rel="noopener" target="_blank">{rng.choice(words)}</a>'
        parts.append(f'<p class="has-text">{text} {link} &#8217;{rng.choice(words)}&#8217; &nbsp;<strong>{rng.choice(words)}</strong></p>')
        if rng.random() < 0.15:
            n = rng.randint(1, 9999)
            parts.append(
                f'<figure class="wp-block-image size-large"><img loading="lazy" decoding="async" width="1024" height="576" '
                f'src="https://img.example/{n}.jpg" alt="{rng.choice(words)}" srcset="https://img.example/{n}-300.jpg 300w, '
                f'https://img.example/{n}-768.jpg 768w" sizes="(max-width: 1024px) 100vw, 1024px"/><figcaption>{sentence()}</figcaption></figure>')
    return "\n".join(parts)


for number in range(300):
    kind = number % 4
    items = []
    for index in range(rng.randint(20, 50)):
        title, url = sentence()[:-1], f"https://news.example/{number}/{index}"
        content = body(rng.randint(2, 8))
        when = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
        if kind == 3:
            items.append(
                f'<entry><id>tag:news.example,2026:{number}/{index}</id><title type="html">{title}</title><link rel="alternate" type="text/html" '
                f'href="{url}"/><published>2026-11-{rng.randint(1, 24):02}T{when}Z</published><updated>2026-11-24T{when}Z</updated>'
                f"<author><name>Mara Voss</name></author><summary>{sentence()}</summary>"
                f'<content type="html">{html.escape(content)}</content></entry>')
        else:
            encoded = f"<![CDATA[{content}]]>" if kind != 2 else html.escape(content)
            items.append(
                f"<item><title>{title} &#038; more</title><link>{url}</link><dc:creator><![CDATA[Mara Voss]]></dc:creator>"
                f"<pubDate>Tue, {rng.randint(1, 24):02} Nov 2026 {when} +0000</pubDate><category><![CDATA[{rng.choice(words)}]]></category>"
                f'<category><![CDATA[{rng.choice(words)}]]></category><guid isPermaLink="false">https://news.example/?p={number}{index}</guid>'
                f"<description><![CDATA[<p>{sentence()}</p>]]></description><content:encoded>{encoded}</content:encoded></item>")
    if kind == 3:
        text = ('<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title><id>x</id>'
                + "\n".join(items) + "</feed>\n")
    else:
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
                'xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel><title>Feed</title><link>https://news.example/</link>'
                "<description>News</description><language>en-US</language>" + "\n".join(items) + "</channel></rss>\n")
    with open(f"{folder}/{number:03}.xml", "w", encoding="utf-8") as file:
        file.write(text)
