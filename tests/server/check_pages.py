#!/usr/bin/env python3
"""Every kind of page of the sample blog: what it answers and how long that takes. `./dev run --check` is this.

Two servers on one database, a worker each: one as it is, one that renders each page anew (--no-cache). Columns: the first
request after the start (cold), the median of a page that is rendered anew, and of one out of the cache, once the code
is warm; and how many a second one client gets out of the cache on a single connection, 16 requests at a time. Nothing timed is
judged.
"""

import json
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import Server, ServerFailed  # noqa: E402
import editing  # noqa: E402

checks = Checks()
WARM_SECONDS = 5       # that a server is asked for all pages in turn before figures count as warm
MEASURED = 31          # requests whose median is shown
RATE_SECONDS = 0.3
PIPELINE = 16
HTML, XML, JSON = "text/html", "xml", "application/json"


class Elements(HTMLParser):
    """Whether elements end in order."""

    VOID = {"br", "hr", "img", "input", "meta", "link", "source", "wbr", "col", "area", "base", "embed", "track"}

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.seen = [], [], set()
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> does not end" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> ends something else")


def kinds(server):
    """Rows (name, address, status, type, text that must be in it, with the token?) for the posts that are there."""
    posts = editing.posts(server)
    sizes = {post["slug"]: len(server.get(f"/post/{post['slug']}").body) for post in posts}
    smallest, largest = min(sizes, key=sizes.get), max(sizes, key=sizes.get)
    tag = next(post["tags"][0] for post in posts if post["tags"])
    return len(posts), [
        ("index", "/", 200, HTML, "</html>", False),
        ("index, page 2", "/page/2", 200, HTML, "</html>", False),
        ("smallest post", f"/post/{smallest}", 200, HTML, "</article>", False),
        ("largest post", f"/post/{largest}", 200, HTML, "</article>", False),
        ("tag", f"/tag/{tag.replace(' ', '%20')}", 200, HTML, "</article>", False),
        ("tags", "/tags", 200, HTML, tag, False),
        ("archive", "/archive", 200, HTML, f"/post/{smallest}", False),
        ("search", "/search?q=the", 200, HTML, "<mark>", False),
        ("Atom feed", "/feed.atom", 200, XML, "<entry>", False),
        ("sitemap", "/sitemap.xml", 200, XML, f"/post/{smallest}", False),
        ("robots.txt", "/robots.txt", 200, "text/plain", "Sitemap:", False),
        ("style sheet", "/assets/style.css", 200, "text/css", "{", False),
        ("not found", "/post/none-of-that-name", 404, HTML, "</html>", False),
        ("sign in", "/login", 200, HTML, "<form", False),
        ("editor, not signed in", "/edit", 303, "", "", False),
        ("API: posts", "/api/posts", 200, JSON, smallest, True),
        ("health", "/-/health", 200, JSON, "ok", False),
        ("metrics", "/-/metrics", 200, "text/plain", "kiln_http_requests_total", False),
        ("compiler", "/-/jit", 200, HTML, "Hot functions", False),
        ("compiler, JSON", "/-/jit.json", 200, JSON, "functions", False),
    ]


def right(answer, status, kind, text):
    """What is wrong with an answer; nothing if it is as it should be."""
    if answer.status != status:
        return f"status {answer.status}"
    if kind not in (answer.header("content-type") or ""):
        return f"content type {answer.header('content-type')}"
    if text not in answer.text:
        return f"{text} is not in it"
    if kind == XML:
        ElementTree.fromstring(answer.body)
    elif kind == JSON:
        json.loads(answer.text)
    elif kind == HTML:
        page = Elements(answer.text)
        if page.faults or not {"html", "title", "main"} <= page.seen:
            return f"its HTML: {page.faults or sorted(page.seen)}"
    return None


def asked(connection, address, headers):
    start = time.perf_counter()
    answer = connection.request("GET", address, headers)
    return answer, (time.perf_counter() - start) * 1000


def warm(server, rows):
    end = time.monotonic() + WARM_SECONDS
    with server.connect() as connection:
        while time.monotonic() < end:
            for _, address, _, _, _, authorized in rows:
                connection.request("GET", address, server.authorization if authorized else {})


def median(server, address, headers):
    """Milliseconds."""
    with server.connect() as connection:
        return statistics.median(asked(connection, address, headers)[1] for _ in range(MEASURED))


def rate(server, address, headers):
    """Answers a second on one connection."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    batch = (f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n" * PIPELINE).encode()
    with server.connect() as connection:
        count, start = 0, time.monotonic()
        while (passed := time.monotonic() - start) < RATE_SECONDS:
            connection.send(batch)
            for _ in range(PIPELINE):
                connection.read()
            count += PIPELINE
        return count / passed


@checks.group
def each_kind_of_page():
    with Server("--sample", "--log", "off") as server:
        with Server("--no-cache", "--log", "off", database=server.database) as anew:
            count, rows = kinds(anew)
            print(f"{count} posts; medians of {MEASURED} requests\n")
            print(f"{'page':<22} {'status':>6} {'bytes':>8} {'cold ms':>8} {'anew ms':>8} {'cached ms':>9} {'requests/s':>10}")
            cold = {}
            for name, address, status, kind, text, authorized in rows:
                headers = server.authorization if authorized else {}
                with server.connect() as connection:
                    answer, cold[name] = asked(connection, address, headers)
                checks.equal(f"{name}, {address}", right(answer, status, kind, text), None)
                tag = answer.header("etag")
                if tag:
                    again = server.get(address, {**headers, "If-None-Match": tag})
                    checks.equal(f"{name}: what the client has is not sent again", (again.status, again.body), (304, b""))
            warm(anew, rows)
            warm(server, rows)
            for name, address, status, kind, text, authorized in rows:
                headers = server.authorization if authorized else {}
                figures = (cold[name], median(anew, address, headers), median(server, address, headers), rate(server, address, headers))
                answer = server.get(address, headers)
                checks.equal(f"{name}, warm", right(answer, status, kind, text), None)
                print(f"{name:<22} {answer.status:>6} {len(answer.body):>8} {figures[0]:>8.1f} {figures[1]:>8.2f} {figures[2]:>9.2f} "
                      f"{figures[3]:>10.0f}", flush=True)
            print()
            for which in (server, anew):
                checks.equal("messages of the server", [line for line in which.messages().splitlines() if "kiln serve:" in line], [])
                checks.equal("it ends in order", which.stop(), 0)


if __name__ == "__main__":
    try:
        checks.main()
    except ServerFailed as error:
        sys.exit(f"the server: {error}")
