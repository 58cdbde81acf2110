#!/usr/bin/env python3
"""What the content server answers: every address, method and status; the JSON API; editing by forms; caching."""

import gzip
import json
import sqlite3
import struct
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zlib
from email.utils import parsedate_to_datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import Server  # noqa: E402
import editing  # noqa: E402
from editing import Page  # noqa: E402

checks = Checks()
server = None  # with the sample blog
empty = None  # without posts or token
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def png(width=4, height=3):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * (height * (3 * width + 1)))) + chunk(b"IEND", b"")


def api(method, target, fields=None, headers=None, where=None):
    body = None if fields is None else json.dumps(fields).encode()
    where = where or server
    return where.request(method, target, {**where.authorization, "Content-Type": "application/json", **(headers or {})}, body)


def value(answer):
    return json.loads(answer.text)


def problem(what, answer, status, code, field=None):
    """An answer of the API that says what is wrong."""
    checks.equal(f"{what}: status", answer.status, status)
    error = value(answer).get("error", {}) if answer.body else {}
    checks.equal(f"{what}: code and field", (error.get("code"), error.get("field")), (code, field))
    checks.true(f"{what}: a message", error.get("message"))
    checks.equal(f"{what}: type", answer.header("content-type"), "application/json")


# ---- pages


@checks.group
def pages():
    slug = editing.posts(server)[0]["slug"]
    tag = next(tag for post in editing.posts(server) for tag in post["tags"] if tag.isascii())
    html = "text/html; charset=utf-8"
    for target, status, kind in (
        ("/", 200, html), ("/page/2", 200, html), ("/page/0", 404, html), ("/page/02", 404, html), ("/page/x", 404, html),
        ("/page/99999", 404, html), ("/page/", 301, None), ("/page/1", 301, None), ("/page/2/3", 404, html),
        (f"/post/{urllib.parse.quote(slug)}", 200, html), ("/post/no-such-post", 404, html), ("/post/", 301, None), ("/post", 404, html),
        (f"/tag/{urllib.parse.quote(tag)}", 200, html), (f"/tag/{urllib.parse.quote(tag)}/page/1", 301, None),
        (f"/tag/{urllib.parse.quote(tag)}/page/999", 404, html), (f"/tag/{urllib.parse.quote(tag.upper())}", 301, None),
        ("/tag/no-such-tag", 404, html), ("/tags", 200, html), ("/tags/", 301, None), ("/archive", 200, html),
        ("/search", 200, html), ("/search?q=the", 200, html), ("/search?q=the&page=2", 200, html), ("/search?q=the&page=9999", 404, html),
        ("/feed.atom", 200, "application/atom+xml; charset=utf-8"), ("/sitemap.xml", 200, "application/xml; charset=utf-8"),
        ("/robots.txt", 200, "text/plain; charset=utf-8"), ("/favicon.ico", 301, None),
        ("/assets/style.css", 200, "text/css; charset=utf-8"), ("/assets/icon.svg", 200, "image/svg+xml"), ("/assets/none.css", 404, html),
        ("/media/1/none.png", 404, html), ("/media/x/none.png", 404, html), ("/login", 200, html), ("/edit", 303, None),
        ("/edit/new", 303, None), ("/edit/1", 303, None), ("/edit/x", 404, html), ("/api", 404, html), ("/api/none", 404, "application/json"),
        ("/none", 404, html), ("/none/", 301, None), ("//", 404, html), ("/?utm_source=x", 200, html), ("/archive?x", 200, html),
    ):
        answer = server.get(target)
        checks.equal(target, (answer.status, answer.header("content-type")), (status, kind))
        if status == 301:
            location = answer.header("location")
            checks.true(f"{target}: leads to a path of this site", location.startswith("/") and not location.startswith("//"), location)
    for target in (f"/tag/{urllib.parse.quote(tag.upper())}", f"/tag/{urllib.parse.quote(tag)}/page/1"):
        checks.equal(f"{target}: one address", server.get(target).header("location"), f"/tag/{urllib.parse.quote(tag)}")


@checks.group
def lists_have_all_posts():
    wanted = sorted(post["slug"] for post in editing.posts(server, "published"))
    checks.true("there is a sample", len(wanted) >= 60, len(wanted))
    found, target = [], "/"
    while target:
        page = Page(server.get(target).text)
        found += [urllib.parse.unquote(a["href"][6:]) for element, a in page.elements
                  if element == "a" and a.get("href", "").startswith("/post/")]
        target = next((a["href"] for element, a in page.elements if element == "a" and a.get("rel") == "next"), None)
    checks.equal("the index and its pages", sorted(found), wanted)
    archive = Page(server.get("/archive").text)
    checks.equal("the archive", sorted(urllib.parse.unquote(a["href"][6:]) for element, a in archive.elements
                                       if element == "a" and a.get("href", "").startswith("/post/")), wanted)
    places = [place.text for place in ElementTree.fromstring(server.get("/sitemap.xml").body).iter(f"{SITEMAP}loc")]
    checks.equal("the sitemap", sorted(urllib.parse.unquote(place.partition("/post/")[2]) for place in places if "/post/" in place), wanted)
    feed = ElementTree.fromstring(server.get("/feed.atom").body)
    entries = feed.findall(f"{ATOM}entry")
    checks.equal("the feed", len(entries), 10)
    newest = [post["title"] for post in sorted(editing.posts(server, "published"), key=lambda post: (post["published"], post["id"]), reverse=True)]
    checks.equal("its order", [entry.findtext(f"{ATOM}title") for entry in entries], newest[:len(entries)])
    checks.true("robots.txt names the sitemap", "/sitemap.xml" in server.get("/robots.txt").text)


@checks.group
def a_feed_does_not_grow_too_large():
    large = [editing.create(server, f"Large {number}", "```\n" + "0123456789 abcdef\n" * 35_000 + "```\n") for number in range(2)]
    feed = ElementTree.fromstring(server.get("/feed.atom").body)
    checks.equal("the newest alone", [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")], ["Large 1"])
    for post in large:
        api("DELETE", f"/api/posts/{post['id']}?version=1")
    checks.equal("and all of them again", len(ElementTree.fromstring(server.get("/feed.atom").body).findall(f"{ATOM}entry")), 10)


@checks.group
def the_search_finds():
    post = editing.create(server, "Zebracorn sightings", "All about the *quuxly* creature, seen in Ærøskøbing. " + "Filler text. " * 200
                          + "At the end comes the jubjub bird.", tags=["bestiary"])
    for question, found in (("zebracorn", True), ("ZEBRACORN", True), ("quuxly", True), ("quux", True), ("\"jubjub bird\"", True),
                            ("jubjub zebracorn", True), ("\"bird jubjub\"", False), ("jubjub -zebracorn", False), ("zebracorn nowhere", False),
                            ("bestiary", True), ("ærøskøbing", True), ("-zebracorn", False), ("\"\"", False)):
        text = server.get("/search?q=" + urllib.parse.quote(question)).text
        checks.equal(question, "Zebracorn sightings" in text, found)
    text = server.get("/search?q=jubjub").text
    checks.true("what was found is marked", "<mark>jubjub</mark>" in text, text)
    checks.true("a piece of the text", "At the end comes the jubjub bird." in Page(text).text and "quuxly" not in Page(text).text)
    api("DELETE", f"/api/posts/{post['id']}?version=1")
    checks.true("nothing of it afterwards", "Zebracorn" not in server.get("/search?q=jubjub").text)


# ---- methods


@checks.group
def methods():
    pages = "GET, HEAD, OPTIONS"
    for target, allowed in (("/", pages), ("/tags", pages), ("/search", pages), ("/assets/style.css", pages), ("/feed.atom", pages),
                            ("/post/x", pages), ("/media/1/x.png", pages), ("/edit", pages), ("/login", "GET, HEAD, POST, OPTIONS"),
                            ("/logout", "POST, OPTIONS"), ("/edit/1", "GET, HEAD, POST, OPTIONS"), ("/edit/new", "GET, HEAD, POST, OPTIONS"),
                            ("/api/posts", "GET, HEAD, POST, OPTIONS"), ("/api/posts/1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
                            ("/api/posts/1/publish", "POST, PUT, DELETE, OPTIONS"), ("/api/media", "GET, HEAD, POST, OPTIONS"),
                            ("/api/media/1", "GET, HEAD, DELETE, OPTIONS")):
        answer = server.request("PROPFIND", target)
        checks.equal(f"PROPFIND {target}", (answer.status, answer.header("allow")), (405, allowed))
        answer = server.request("OPTIONS", target)
        checks.equal(f"OPTIONS {target}", (answer.status, answer.header("allow"), answer.body), (204, allowed, b""))
    checks.equal("OPTIONS *", server.request("OPTIONS", "*").status, 204)
    checks.equal("GET *", server.request("GET", "*").status, 400)


# ---- caching


@checks.group
def conditional_requests():
    for target in ("/", "/post/" + urllib.parse.quote(editing.posts(server)[0]["slug"]), "/feed.atom", "/assets/style.css"):
        first = server.get(target)
        tag, modified = first.header("etag"), first.header("last-modified")
        checks.true(f"{target}: a tag", tag and tag.lstrip("W/").startswith('"'), tag)
        checks.equal(f"{target}: the same again", (server.get(target).body, server.get(target).header("etag")), (first.body, tag))
        for what, headers, status in (
            ("its tag", {"If-None-Match": tag}, 304), ("one of several", {"If-None-Match": f'"x", {tag}'}, 304), ("any", {"If-None-Match": "*"}, 304),
            ("another tag", {"If-None-Match": '"x"'}, 200), ("another tag, but the time", {"If-None-Match": '"x"', "If-Modified-Since": modified or ""}, 200),
            ("no date", {"If-Modified-Since": "yesterday"}, 200), ("an old date", {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}, 200),
        ):
            answer = server.get(target, headers)
            checks.equal(f"{target}: {what}", answer.status, status)
            if status == 304:
                checks.equal(f"{target}: {what}: headers", (answer.body, answer.header("etag"), answer.header("cache-control")),
                             (b"", tag, first.header("cache-control")))
        if modified:
            checks.equal(f"{target}: its time", server.get(target, {"If-Modified-Since": modified}).status, 304)
            checks.true(f"{target}: its time has come", parsedate_to_datetime(modified) <= parsedate_to_datetime(first.header("date")), modified)
        packed = server.get(target, {"Accept-Encoding": "gzip"})
        if len(first.body) >= 1000:
            checks.equal(f"{target}: packed", packed.header("content-encoding"), "gzip")
            checks.equal(f"{target}: unpacked", gzip.decompress(packed.body), first.body)
            checks.true(f"{target}: varies", "accept-encoding" in packed.header("vary", "").lower() and
                        "accept-encoding" in first.header("vary", "").lower())
            checks.equal(f"{target}: one tag", packed.header("etag"), tag)
            checks.true(f"{target}: that is shorter", len(packed.body) < len(first.body))
        checks.equal(f"{target}: not packed when refused", server.get(target, {"Accept-Encoding": "gzip;q=0, br"}).body, first.body)


@checks.group
def changes_are_seen_at_once():
    post = editing.create(server, "Seen at once", "One.", tags=["Freshly Made"])
    target = f"/post/{post['slug']}"
    places = {path: server.get(path) for path in ("/", "/archive", "/tags", "/feed.atom", "/sitemap.xml", target, "/tag/Freshly%20Made")}
    for path, answer in places.items():
        checks.true(f"{path} has it", "once" in answer.text or path == "/tags" and "Freshly Made" in answer.text)
    changed = value(api("PATCH", f"/api/posts/{post['id']}", {"version": 1, "title": "Seen later", "slug": "seen-later"}))
    checks.equal("a new address", changed["slug"], "seen-later")
    answer = server.get(target)
    checks.equal("the old one leads to the new one", (answer.status, answer.header("location")), (301, "/post/seen-later"))
    for path, before in places.items():
        if path not in (target, "/tags"):
            answer = server.get(path, {"If-None-Match": before.header("etag")})
            checks.equal(f"{path} is another", answer.status, 200)
            checks.true(f"{path} has the new title or address", "Seen later" in answer.text or "seen-later" in answer.text)
    checks.equal("tags are the same", server.get("/tags", {"If-None-Match": places["/tags"].header("etag")}).status, 304)
    api("DELETE", f"/api/posts/{post['id']}/publish")
    checks.equal("a draft is not there", [server.get(path).status for path in ("/post/seen-later", target, "/tag/Freshly%20Made")], [404] * 3)
    api("DELETE", f"/api/posts/{post['id']}?version=3")
    # Another process writes.
    with Server(database=server.database) as other:
        post = editing.create(other, "By another", "Other words.")
        checks.equal("by another process", server.get(f"/post/{post['slug']}").status, 200)
        checks.true("in the index", "By another" in server.get("/").text)
        editing.send(other, "DELETE", f"/api/posts/{post['id']}?version=1")
        checks.equal("gone again", server.get(f"/post/{post['slug']}").status, 404)
        checks.true("from the index", "By another" not in server.get("/").text)


@checks.group
def without_a_cache():
    with Server("--no-cache", database=server.database) as other:
        for target in ("/", "/page/2", "/archive", "/tags", "/feed.atom", "/search?q=the", *(
                "/post/" + urllib.parse.quote(post["slug"]) for post in editing.posts(server, "published")[:10])):
            mine, others = server.get(target), other.get(target)
            same = others.body.replace(str(other.port).encode(), str(server.port).encode())
            checks.true(f"{target}: the same page", mine.body == same, lambda: (mine.body[:300], same[:300]))
            checks.equal(f"{target}: a 304", other.get(target, {"If-None-Match": others.header("etag")}).status, 304)
            packed = other.get(target, {"Accept-Encoding": "gzip"})
            checks.equal(f"{target}: packed", gzip.decompress(packed.body), others.body)


# ---- the API


@checks.group
def reading_by_the_api():
    answer = server.get("/api/posts")
    checks.equal("status and type", (answer.status, answer.header("content-type")), (200, "application/json"))
    first = value(answer)
    checks.equal("a page", sorted(first), ["page", "pages", "posts", "total"])
    checks.equal("fields", sorted(first["posts"][0]), sorted("id slug title author summary tags status created updated published version cover url".split()))
    checks.equal("of them all", sum(len(value(server.get(f"/api/posts?page={page + 1}"))["posts"]) for page in range(first["pages"])), first["total"])
    checks.equal("so many a page", len(value(server.get("/api/posts?per_page=3"))["posts"]), 3)
    checks.equal("a page beyond the end", value(server.get("/api/posts?page=1000"))["posts"], [])
    tag = first["posts"][0]["tags"][0]
    checks.true("of a tag", all(tag in post["tags"] for post in value(server.get(f"/api/posts?tag={urllib.parse.quote(tag)}"))["posts"]))
    checks.equal("of no tag", value(server.get("/api/posts?tag=none"))["total"], 0)
    checks.true("by words", value(server.get("/api/posts?q=the"))["total"] > 0)
    checks.true("no marks in summaries", "\ue000" not in server.get("/api/posts?q=the").text)
    for query, field in (("page=0", "page"), ("page=x", "page"), ("per_page=101", "per_page"), ("per_page=", "per_page")):
        problem(query, server.get(f"/api/posts?{query}"), 422, "value", field)
    problem("a status", server.get("/api/posts?status=x"), 422, "value", "status")
    problem("drafts", server.get("/api/posts?status=draft"), 401, "token")
    number = first["posts"][0]["id"]
    one = server.get(f"/api/posts/{number}")
    checks.equal("one", (one.status, value(one)["title"], one.header("etag")),
                 (200, first["posts"][0]["title"], f'"v{first["posts"][0]["version"]}"'))
    checks.true("its text", value(one)["body"])
    checks.equal("known already", server.get(f"/api/posts/{number}", {"If-None-Match": one.header("etag")}).status, 304)
    problem("none", server.get("/api/posts/999999"), 404, "not-found")
    problem("no number", server.get("/api/posts/first"), 404, "not-found")
    head = server.request("HEAD", f"/api/posts/{number}")
    checks.equal("HEAD", (head.status, head.body, head.header("content-length")), (200, b"", str(len(one.body))))


@checks.group
def writing_by_the_api():
    answer = api("POST", "/api/posts", {"title": "  Über   Größe ", "body": "# Head\r\n\r\nText *here*.", "tags": ["A", "b", "a"], "author": "Me"})
    post = value(answer)
    checks.equal("created", (answer.status, answer.header("location"), answer.header("etag")), (201, f"/api/posts/{post['id']}", '"v1"'))
    checks.equal("as it is stored", {name: post[name] for name in ("slug", "title", "author", "tags", "status", "published", "version", "cover", "body")},
                 {"slug": "uber-grosse", "title": "Über Größe", "author": "Me", "tags": ["A", "b"], "status": "draft", "published": None,
                  "version": 1, "cover": None, "body": "# Head\n\nText *here*."})
    checks.true("a summary of its own", "Text here." in post["summary"], post["summary"])
    where = f"/api/posts/{post['id']}"
    checks.equal("a draft is nobody's", (server.get(where).status, server.get("/post/uber-grosse").status), (404, 404))
    checks.equal("the like gets another address", value(api("POST", "/api/posts", {"title": "Über Größe!", "body": ""}))["slug"], "uber-grosse-2")
    # Versions.
    problem("no version", api("PATCH", where, {"title": "x"}), 428, "version", "version")
    answer = api("PATCH", where, {"title": "Second", "version": 1})
    checks.equal("changed", (answer.status, value(answer)["version"], value(answer)["title"], answer.header("etag")), (200, 2, "Second", '"v2"'))
    checks.equal("the rest is as it was", (value(answer)["slug"], value(answer)["body"]), ("uber-grosse", post["body"]))
    answer = api("PUT", where, {"title": "Third", "version": 1})
    problem("an old version", answer, 409, "conflict", "version")
    checks.equal("and what there is", (value(answer)["post"]["version"], value(answer)["post"]["title"], value(answer)["post"]["body"]),
                 (2, "Second", post["body"]))
    checks.equal("If-Match", api("PATCH", where, {"title": "Third"}, {"If-Match": '"v2"'}).status, 200)
    problem("If-Match, old", api("PATCH", where, {"title": "x"}, {"If-Match": '"v2"'}), 409, "conflict", "version")
    checks.equal("If-Match: *", api("PATCH", where, {"title": "Fourth"}, {"If-Match": "*"}).status, 200)
    problem("If-Match of something else", api("PATCH", where, {"title": "x"}, {"If-Match": "abc"}), 412, "if-match")
    # The summary follows the text unless somebody has written one.
    changed = value(api("PATCH", where, {"version": 4, "body": "Another text."}))
    checks.equal("the summary follows", changed["summary"], "Another text.")
    changed = value(api("PATCH", where, {"version": 5, "summary": "My own."}))
    changed = value(api("PATCH", where, {"version": 6, "body": "A third text."}))
    checks.equal("but not one's own", changed["summary"], "My own.")
    changed = value(api("PATCH", where, {"version": 7, "summary": None, "tags": [], "cover": "/assets/icon.svg", "author": None}))
    checks.equal("null is the default", (changed["summary"], changed["tags"], changed["cover"]), ("A third text.", [], "/assets/icon.svg"))
    checks.equal("no cover again", value(api("PATCH", where, {"version": 8, "cover": None}))["cover"], None)
    # Publishing.
    answer = api("POST", where + "/publish")
    checks.equal("published", (answer.status, value(answer)["status"], value(answer)["published"] is not None), (200, "published", True))
    checks.equal("it is there", server.get("/post/uber-grosse").status, 200)
    problem("an old version is not published", api("POST", where + "/publish", None, {"If-Match": '"v1"'}), 409, "conflict", "version")
    when = value(answer)["published"]
    answer = api("DELETE", where + "/publish")
    checks.equal("a draft again", (value(answer)["status"], server.get("/post/uber-grosse").status), ("draft", 404))
    checks.equal("its time stays", value(api("PUT", where + "/publish"))["published"], when)
    problem("nothing to publish", api("POST", "/api/posts/999999/publish"), 404, "not-found")
    answer = value(api("PATCH", where, {"version": 12, "published": "2020-02-29T12:00:00Z"}))
    checks.equal("a time of publication", answer["published"], "2020-02-29T12:00:00Z")
    # Deleting.
    problem("delete without a version", api("DELETE", where), 428, "version", "version")
    problem("delete an old version", api("DELETE", where + "?version=1"), 409, "conflict", "version")
    answer = api("DELETE", where, None, {"If-Match": '"v13"'})
    checks.equal("deleted", (answer.status, answer.body), (204, b""))
    problem("and gone", api("GET", where), 404, "not-found")
    problem("twice", api("DELETE", where + "?version=13"), 404, "not-found")
    problem("change what is gone", api("PATCH", where, {"version": 1}), 404, "not-found")


@checks.group
def what_the_api_refuses():
    good = {"title": "T", "body": "b"}
    for what, fields, code, field in (
        ("no title", {"body": "b"}, "missing", "title"), ("no body", {"title": "T"}, "missing", "body"), ("an empty title", {**good, "title": "  "}, "empty", "title"),
        ("a long title", {**good, "title": "x" * 201}, "too-long", "title"), ("a title that is a number", {**good, "title": 5}, "type", "title"),
        ("a control character", {**good, "title": "a\u0001"}, "characters", "title"), ("in the text", {**good, "body": "a\u0000"}, "characters", "body"),
        ("a long text", {**good, "body": "x" * 1_000_001}, "too-long", "body"), ("a field that is none", {**good, "colour": "red"}, "unknown", "colour"),
        ("a status", {**good, "status": "hidden"}, "value", "status"), ("tags that are a number", {**good, "tags": 5}, "type", "tags"),
        ("a tag that is a number", {**good, "tags": [5]}, "type", "tags"), ("many tags", {**good, "tags": [str(i) for i in range(21)]}, "too-many", "tags"),
        ("a long tag", {**good, "tags": ["x" * 51]}, "too-long", "tags"), ("a comma in a tag", {**good, "tags": ["a,b"]}, "characters", "tags"),
        ("a time", {**good, "published": "yesterday"}, "date", "published"), ("a time to come", {**good, "published": "2999-01-01T00:00:00Z"}, "future", "published"),
        ("a slug of nothing", {**good, "slug": "!!!"}, "invalid", "slug"), ("a cover elsewhere", {**good, "cover": "javascript:x"}, "address", "cover"),
        ("a cover of another scheme", {**good, "cover": "//example.com/x.png"}, "address", "cover"),
    ):
        problem(what, api("POST", "/api/posts", fields), 422, code, field)
    taken = editing.posts(server)[0]["slug"]
    problem("a slug that is taken", api("POST", "/api/posts", {**good, "slug": taken}), 422, "taken", "slug")
    answer = value(api("POST", "/api/posts", {"title": "", "status": 1, "x": 2}))
    checks.equal("all at once", sorted((wrong["field"], wrong["code"]) for wrong in answer["fields"]),
                 [("body", "missing"), ("status", "type"), ("title", "empty"), ("x", "unknown")])
    kind = {"Content-Type": "application/json"}
    for what, headers, body, status, code in (
        ("another type", {"Content-Type": "text/plain"}, b"{}", 415, "type"), ("no type", {}, b"{}", 415, "type"),
        ("no JSON", kind, b"{", 400, "json"), ("no object", kind, b"[1]", 400, "json"), ("nothing", kind, b"", 400, "json"),
        ("no UTF-8", kind, b'{"title":"\xff"}', 400, "malformed"), ("a name twice", kind, b'{"title":"a","title":"b","body":""}', 400, "json"),
    ):
        problem(what, server.request("POST", "/api/posts", {**server.authorization, **headers}, body), status, code)
    problem("no token", server.request("POST", "/api/posts", kind, b"{}"), 401, "token")
    problem("a wrong token", server.request("POST", "/api/posts", {**kind, "Authorization": "Bearer x"}, b"{}"), 401, "token")
    for method, target in (("PATCH", "/api/posts/1"), ("DELETE", "/api/posts/1?version=1"), ("POST", "/api/posts/1/publish"),
                           ("POST", "/api/media"), ("GET", "/api/media"), ("DELETE", "/api/media/1")):
        problem(f"no token: {method} {target}", server.request(method, target, kind, b"{}"), 401, "token")
    problem("a version of another kind", api("PATCH", "/api/posts/1", {"version": "x"}), 422, "value", "version")


@checks.group
def images():
    picture = png()
    answer = server.request("POST", "/api/media?name=My%20Picture.JPG", {**server.authorization, "Content-Type": "image/png"}, picture)
    facts = value(answer)
    checks.equal("stored", (answer.status, answer.header("location"), facts["name"], facts["type"], facts["bytes"], facts["width"], facts["height"]),
                 (201, facts["path"], "my-picture.png", "image/png", len(picture), 4, 3))
    got = server.get(facts["path"])
    checks.equal("served", (got.status, got.header("content-type"), got.body), (200, "image/png", picture))
    checks.true("for ever", "immutable" in got.header("cache-control"))
    checks.true("as a file that does nothing", "sandbox" in got.header("content-security-policy"))
    for what, bounds, body, status in (("a part", "2-5", picture[2:6], 206), ("the end", "-4", picture[-4:], 206), ("from there on", "60-", picture[60:], 206),
                                       ("beyond", "9999-", b"", 416), ("two parts", "0-1,3-4", picture, 200)):
        answer = server.get(facts["path"], {"Range": f"bytes={bounds}"})
        checks.equal(what, (answer.status, answer.body), (status, body))
    checks.equal("known already", server.get(facts["path"], {"If-None-Match": got.header("etag")}).status, 304)
    checks.equal("under another name", server.get(f"/media/{facts['id']}/x.png").header("location"), facts["path"])
    again = value(server.request("POST", "/api/media?name=My%20Picture.JPG", {**server.authorization, "Content-Type": "image/png"}, picture))
    checks.equal("the same is stored once", again["id"], facts["id"])
    kind, body = editing.multipart({}, {"file": ("b.png", "application/octet-stream", png(5, 6))})
    form = value(server.request("POST", "/api/media", {**server.authorization, "Content-Type": kind}, body))
    checks.equal("by a form", (form["width"], form["height"]), (5, 6))
    listed = value(api("GET", "/api/media"))
    checks.equal("listed", [image["id"] for image in listed["media"][:2]], [form["id"], facts["id"]])
    checks.equal("one", value(api("GET", f"/api/media/{form['id']}")), form)
    for what, kind, body, status, code in (
        ("SVG", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "image"), ("text", "image/png", b"hello" * 20, 415, "image"),
        ("half a header", "image/png", picture[:20], 415, "image"), ("another type", "text/html", picture, 415, "type"),
    ):
        problem(what, server.request("POST", "/api/media", {**server.authorization, "Content-Type": kind}, body), status, code,
                "image" if code == "image" else None)
    problem("nothing", server.request("POST", "/api/media", {**server.authorization, "Content-Type": "image/png"}, b""), 422, "missing", "image")
    answer = server.request("POST", "/api/media", {**server.authorization, "Content-Type": "image/png"}, picture + bytes(9_000_000))
    problem("too large", answer, 413, "too-large", "image")
    checks.equal("deleted", api("DELETE", f"/api/media/{form['id']}").status, 204)
    checks.equal("gone", (server.get(form["path"]).status, api("DELETE", f"/api/media/{form['id']}").status), (404, 404))


# ---- forms


class Browser:
    """A client that keeps its session's cookie and fills in forms."""

    def __init__(self):
        self.headers = {"Cookie": editing.log_in(server)}

    def get(self, target):
        return server.get(target, self.headers)

    def form(self, target, page=None):
        page = page or Page(self.get(target).text)
        return next(form for form in page.forms if form.method == "post" and form.action == target)

    def post(self, target, fields, files=None, headers=None):
        if files is None:
            kind, body = "application/x-www-form-urlencoded", editing.encoded(fields)
        else:
            kind, body = editing.multipart(fields, files)
        return server.request("POST", target, {**self.headers, "Content-Type": kind, **(headers or {})}, body)


@checks.group
def editing_by_forms():
    browser = Browser()
    form = browser.form("/edit/new")
    for action in ("delete", "delete-for-good", "keep"):
        checks.equal(f"{action}: nothing is there yet", browser.post("/edit/new", {**form.fields, "title": "x", "action": action}).status, 400)
    answer = browser.post("/edit/new", {**form.fields, "title": "By hand", "body": "Some\r\ntext.", "tags": "One, Two", "action": "save"})
    checks.equal("created", answer.status, 303)
    where = answer.header("location")
    form = browser.form(where)
    checks.equal("the form has it", {name: form.fields[name] for name in ("title", "slug", "tags", "body", "version")},
                 {"title": "By hand", "slug": "by-hand", "tags": "One, Two", "body": "Some\ntext.", "version": "1"})
    checks.equal("a draft: for strangers", server.get("/post/by-hand").status, 404)
    draft = browser.get("/post/by-hand")
    checks.equal("for who writes", (draft.status, draft.header("cache-control")), (200, "no-store"))
    checks.true("in the list", "By hand" in browser.get("/edit").text)
    answer = browser.post(where, {**form.fields, "title": "By hand, again", "action": "publish"}, {})
    checks.equal("published, by multipart", (answer.status, answer.header("location")), (303, "/post/by-hand"))
    checks.true("with its title", "By hand, again" in server.get("/post/by-hand").text)
    # Conflict: what was typed is not lost.
    answer = browser.post(where, {**form.fields, "title": "Too late", "body": "My long text.", "action": "save"})
    page = Page(answer.text)
    again = browser.form(where, page)
    checks.equal("a conflict", (answer.status, again.fields["title"], again.fields["body"], again.fields["version"]), (409, "Too late", "My long text.", "2"))
    checks.equal("saved over it", browser.post(where, {**again.fields, "action": "save"}).status, 303)
    # What is wrong is said, and nothing typed is lost.
    form = browser.form(where)
    answer = browser.post(where, {**form.fields, "title": "", "cover": "javascript:x", "body": "Keep this.", "action": "save"})
    checks.equal("refused", (answer.status, browser.form(where, Page(answer.text)).fields["body"]), (422, "Keep this."))
    checks.true("with reasons", "The title is empty." in answer.text and "cover" in answer.text)
    # An image.
    answer = browser.post(where, {**form.fields, "image-alt": "A [small] box", "action": "upload"}, {"image": ("box.png", "image/png", png(7, 7))})
    added = browser.form(where, Page(answer.text)).fields["body"]
    checks.equal("an image", answer.status, 200)
    checks.true("at the end of the text", added.startswith("My long text.\n\n![A \\[small\\] box](/media/") and added.endswith("/box.png)\n"), added)
    browser.post(where, {**form.fields, "body": added, "action": "save"})
    checks.true("on the page", 'alt="A [small] box"' in server.get("/post/by-hand").text)
    for what, files, status in (("no image", {"image": ("", "application/octet-stream", b"")}, 422), ("no picture", {"image": ("a.png", "image/png", b"text" * 20)}, 415)):
        answer = browser.post(where, {**form.fields, "action": "upload"}, files)
        checks.equal(what, (answer.status, browser.form(where, Page(answer.text)).fields["title"]), (status, "Too late"))
    # The store fails.
    holder = sqlite3.connect(server.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        form = browser.form(where)
        answer = browser.post(where, {**form.fields, "body": "Keep this, too.", "action": "save"})
        checks.equal("locked", (answer.status, browser.form(where, Page(answer.text)).fields["body"]), (503, "Keep this, too."))
        checks.true("with a reason", "try again" in answer.text)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    form = browser.form(where)
    checks.equal("back to drafts", browser.post(where, {**form.fields, "action": "unpublish"}).status, 303)
    checks.equal("is not there", server.get("/post/by-hand").status, 404)
    form = browser.form(where)
    for what, fields, status in (("no such button", {**form.fields, "action": "explode"}, 400), ("no token", {**form.fields, "csrf": ""}, 403),
                                 ("a wrong version", {**form.fields, "version": "x", "action": "save"}, 422),
                                 ("deleting an old version", {**form.fields, "version": "1", "action": "delete"}, 409)):
        checks.equal(what, browser.post(where, fields).status, status)
    checks.equal("another kind of body", server.request("POST", where, {**browser.headers, "Content-Type": "application/json"}, b"{}").status, 415)
    checks.equal("a broken form", server.request("POST", where, {**browser.headers, "Content-Type": "multipart/form-data"}, b"x").status, 400)
    # Deleting asks first, and loses nothing that was typed.
    typed = {**form.fields, "title": "Typed <meanwhile>", "body": "\n\n  Typed, too.\n\"Quoted\" & more\n", "action": "delete"}
    answer = browser.post(where, typed)
    question = browser.form(where, Page(answer.text))
    checks.equal("asked", (answer.status, answer.header("cache-control"), browser.get(where).status), (200, "no-store", 200))
    checks.equal("by a page without faults", Page(answer.text).faults, [])
    checks.equal("by two buttons", [(b["name"], b["value"]) for b in question.buttons], [("action", "delete-for-good"), ("action", "keep")])
    answer = browser.post(where, {**question.fields, "action": "keep"})
    kept = browser.form(where, Page(answer.text))
    checks.equal("kept, as it was typed", (answer.status, kept.fields["title"], kept.fields["body"], kept.fields["version"]),
                 (200, "Typed <meanwhile>", typed["body"], form.fields["version"]))
    checks.true("and not saved", "Typed" not in server.request("GET", "/api/posts?status=draft", server.authorization).text)
    answer = browser.post(where, {**question.fields, "csrf": "x", "action": "delete-for-good"})
    checks.equal("not by another's form", (answer.status, browser.get(where).status), (403, 200))
    answer = browser.post(where, {**question.fields, "version": "1", "action": "delete-for-good"})
    checks.equal("not when it has changed meanwhile", (answer.status, browser.get(where).status), (409, 200))
    answer = browser.post(where, {**question.fields, "action": "delete-for-good"})
    checks.equal("deleted", (answer.status, answer.header("location"), browser.get(where).status), (303, "/edit", 404))
    checks.equal("a page of the list", (browser.get("/edit?page=2").status, browser.get("/edit?page=99").status), (200, 404))


@checks.group
def sessions():
    first = server.get("/login")
    cookies = first.all_headers("set-cookie")
    checks.true("cookies", all("HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie for cookie in cookies), cookies)
    browser = Browser()
    checks.equal("logged in already", browser.get("/login").header("location"), "/edit")
    fields = browser.form("/logout", Page(browser.get("/edit").text)).fields
    checks.equal("another's form does not log out", browser.post("/logout", {"csrf": "x"}).status, 403)
    answer = browser.post("/logout", fields)
    checks.equal("out", (answer.status, answer.header("location"), "Max-Age=0" in answer.header("set-cookie", "")), (303, "/", True))
    checks.equal("is out", browser.get("/edit").header("location"), "/login")
    checks.equal("writing is not possible then", browser.post("/edit/new", {"title": "x"}).status, 403)
    # A session survives the server, but not another token.
    browser = Browser()
    with Server(database=server.database) as other:
        checks.equal("a server with another token", other.request("GET", "/edit", browser.headers).status, 303)
    # Wrong tokens are counted by address.
    page = server.get("/login")
    fields = next(form for form in Page(page.text).forms if form.action == "/login").fields
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": page.header("set-cookie").split(";")[0]}
    got = []
    for number in range(12):
        answer = server.request("POST", "/login", headers, editing.encoded({**fields, "token": f"wrong {number}"}), source="127.0.0.9")
        got.append(answer.status)
    checks.equal("ten wrong tokens, then none is looked at", got, [401] * 10 + [429] * 2)
    checks.within("for so many seconds", int(answer.header("retry-after")), 1, 60)
    answer = server.request("POST", "/login", headers, editing.encoded({**fields, "token": server.token}), source="127.0.0.9")
    checks.equal("not even the right one", answer.status, 429)
    answer = server.request("POST", "/login", headers, editing.encoded({**fields, "token": server.token}), source="127.0.0.8")
    checks.equal("from elsewhere it is", (answer.status, answer.header("location")), (303, "/edit"))


# ---- a site without anything


@checks.group
def an_empty_site():
    for target in ("/", "/archive", "/tags", "/search", "/search?q=a", "/feed.atom", "/sitemap.xml", "/robots.txt"):
        checks.equal(target, empty.get(target).status, 200)
    ElementTree.fromstring(empty.get("/feed.atom").body)
    ElementTree.fromstring(empty.get("/sitemap.xml").body)
    checks.equal("no second page", empty.get("/page/2").status, 404)
    checks.equal("the API", value(empty.get("/api/posts")), {"posts": [], "page": 1, "pages": 1, "total": 0})


@checks.group
def nothing_was_told():
    checks.equal("answers with secrets in them", server.leaks + empty.leaks, [])
    checks.true("no failure of the program", "unbound" not in server.messages() and "expected" not in server.messages(), server.messages)


def main():
    global server, empty
    with Server("--sample") as server, Server() as empty:
        start = time.monotonic()
        checks.main()
        print(f"({time.monotonic() - start:.1f} s)", file=sys.stderr)


main()
