#!/usr/bin/env python3
"""Whatever an author, an uploader or a reader writes is text: in pages, feed, sitemap, JSON and headers."""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import Server  # noqa: E402
import editing  # noqa: E402
from editing import Page  # noqa: E402

checks = Checks()
server = None

# Each ends one kind of context: element, attribute in either quote, comment, CDATA, textarea, title, script, URL, template.
PAYLOADS = {
    "element": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(2)><a title=\"",
    "apostrophe": "'><svg onload=alert(3)><a title='",
    "bare": "x onmouseover=alert(4) y",
    "comment": "--><script>alert(5)</script><!--",
    "cdata": "]]><script>alert(6)</script><![CDATA[",
    "areas": "</textarea></title></style></script><script>alert(7)</script>",
    "entity": "&lt;script&gt;alert(8)&lt;/script&gt; &amp;lt; &#60;b&#62; &quot;",
    "template": "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
    "marks": "\ue000<script>alert(9)</script>\ue001 \ue001\ue000",
    "wide": "＜script＞ \u2028 \u2029 \u202e \ufeff ‮<b>𝄞</b>\u0301",
    "form": "</form><form action=https://example.com><input name=csrf>",
}
MARKDOWN = {
    "html": "<script>alert(1)</script>\n\n<img src=x onerror=alert(2)>\n\n<div onclick=\"alert(3)\">a</div>\n\na <b onclick=x>b</b>",
    "links": "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](<java\tscript:alert(1)>) [d](data:text/html,<script>alert(1)</script>)"
             " [e](vbscript:x) [f](&#106;avascript:alert(1)) [g](\\javascript:alert(1)) [h](<\x01javascript:alert(1)>)"
             " <javascript:alert(1)> [i]( javascript:alert(1)) [j][k]\n\n[k]: javascript:alert(1)",
    "titles": "[a](/x \"\\\"onmouseover=alert(1) x=\\\"\") ![b\"onerror=\"alert(1)](/y 'a\"><script>alert(1)</script>')",
    "code": "```\"><script>alert(1)</script>\n</code></pre><script>alert(2)</script>\n```\n\n`</code><script>alert(3)</script>`",
    "headings": "# <script>alert(1)</script>\n\n## \"><img src=x onerror=alert(1)>\n\n### content\n\n### ' onclick='x\n\n### a\n\n### a",
    "images": "![x](javascript:alert(1))\n\n![x](data:image/svg+xml,<svg/onload=alert(1)>)\n\n![<b>](\"onerror=alert(1))",
    "tables": "| <script>alert(1)</script> | \"><b> |\n|---|---|\n| <img onerror=x> | [a](javascript:x) |",
    "embeds": "{{video javascript:alert(1) \"a\"}}\n\n{{card /x \"<script>alert(1)</script>\" \"onclick=x\"}}\n\n{{audio /a\"onerror=\"x \"<b>\"}}"
              "\n\n{{video https://example.com/\"><script>alert(1)</script> \"x\"}}\n\n{{card data:text/html,x \"a\"}}",
    "quotes": "> <script>alert(1)</script>\n>\n> - <svg/onload=alert(1)>\n>   1. [x](javascript:y)",
    "deep": ">" * 2000 + " <script>alert(1)</script>\n\n" + "*" * 3000 + "x\n\n" + "[" * 3000 + "a](b)\n\n" + "- " * 500 + "x",
}


def look(what, target, text=None, status=200):
    """A page without anything that runs; text, if given, stands in it as text. Its parts."""
    answer = server.get(target)
    checks.equal(f"{what}: {target[:60]}: status", answer.status, status)
    page = Page(answer.text)
    checks.equal(f"{what}: {target[:60]}", page.faults, [])
    if text is not None:
        wanted = " ".join(text.split())
        checks.true(f"{what}: {target[:60]}: is there as text", wanted in " ".join(page.text.split()), lambda: page.text[:2000])
    return page


def feed_and_sitemap(what):
    answer = server.get("/feed.atom")
    checks.true(f"{what}: feed's type", answer.header("content-type", "").startswith("application/atom+xml"), answer)
    checks.equal(f"{what}: feed", editing.faults_of_feed(answer.body), [])
    ElementTree.fromstring(server.get("/sitemap.xml").body)
    return answer


@checks.group
def every_field_of_a_post():
    cookie = editing.log_in(server)
    for what, payload in PAYLOADS.items():
        tag = payload.replace(",", "").replace("\n", " ")[:50].strip()
        # The body is Markdown: what it would take for marks is escaped for it.
        body = "".join(f"\\{c}" if c.isascii() and not c.isalnum() and c != " " else c for c in payload)
        given = {"title": payload, "author": payload, "summary": payload, "body": body, "tags": [tag]}
        post = editing.create(server, **given)
        target = f"/post/{post['slug']}"
        shown = payload if what != "marks" else None
        page = look(what, target, shown)
        descriptions = [a.get("content") for tag, a in page.elements if tag == "meta" and a.get("name") == "description"]
        checks.true(f"{what}: one description", len(descriptions) <= 1, descriptions)
        for where in ("/", "/archive", "/tags"):
            look(what, where, shown if where != "/tags" else None)
        links = {a["href"] for element, a in Page(server.get("/tags").text).elements if element == "a" and a.get("href", "").startswith("/tag/")}
        for link in links:
            look(what, link)
        look(what, "/search?q=" + urllib.parse.quote(payload))
        look(what, "/search?q=alert")
        feed_and_sitemap(what)
        # JSON gives back what was given.
        value = json.loads(editing.send(server, "GET", f"/api/posts/{post['id']}").text)
        for name in ("title", "author", "summary", "body", "tags"):
            wanted = given[name]
            got = value[name]
            # Ends of lines and spaces at the ends of short fields are the server's to tidy.
            tidy = lambda v: [" ".join(x.split()) for x in v] if isinstance(v, list) else " ".join(str(v).split())  # noqa: E731
            checks.equal(f"{what}: {name} in JSON", tidy(got), tidy(wanted))
        # The editor, which shows all of it in fields.
        answer = server.request("GET", f"/edit/{post['id']}", {"Cookie": cookie})
        page = Page(answer.text)
        checks.equal(f"{what}: the editor", page.faults, [])
        form = next(form for form in page.forms if "body" in form.fields)
        checks.equal(f"{what}: the body in its field", form.fields["body"].strip(), body.strip())
        checks.equal(f"{what}: the title in its field", " ".join(form.fields["title"].split()), " ".join(payload.split()))
        listing = Page(server.request("GET", "/edit", {"Cookie": cookie}).text)
        checks.equal(f"{what}: the list of the editor", listing.faults, [])
        editing.send(server, "DELETE", f"/api/posts/{post['id']}?version={value['version']}")


@checks.group
def markdown():
    for what, body in MARKDOWN.items():
        answer = editing.send(server, "POST", "/api/posts", {"title": f"Markdown {what}", "body": body, "status": "published"})
        checks.one_of(f"{what}: taken or refused", answer.status, (201, 422))
        if answer.status != 201:
            continue
        post = json.loads(answer.text)
        page = look(what, f"/post/{post['slug']}")
        ids = [a["id"] for _, a in page.elements if "id" in a]
        checks.equal(f"{what}: no id twice", sorted(ids), sorted(set(ids)))
        look(what, "/")
        look(what, "/search?q=alert")
        feed_and_sitemap(what)


@checks.group
def addresses():
    """Covers and slugs become addresses: those that run or lead elsewhere in disguise are refused or made harmless."""
    for cover in ("javascript:alert(1)", " javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "\"onerror=\"alert(1)",
                  "//example.com/x.png", "java\nscript:alert(1)", "/media/1/a.png\r\nX-Injected: 1", "vbscript:x"):
        answer = editing.send(server, "POST", "/api/posts", {"title": "Cover", "body": "x", "status": "published", "cover": cover})
        checks.one_of(f"cover {cover[:30]!r}", answer.status, (201, 400, 422))
        if answer.status == 201:
            look(f"cover {cover[:30]!r}", f"/post/{json.loads(answer.text)['slug']}")
            look(f"cover {cover[:30]!r}", "/")
            feed_and_sitemap("cover")
    for slug in ("../../etc/passwd", "a/b", "a\r\nSet-Cookie: x=1", "\"><script>", "a b", "", ".", "..", "%2e%2e", "a" * 5000, "//x", "a?b", "a#b"):
        answer = editing.send(server, "POST", "/api/posts", {"title": "Slug", "body": "x", "status": "published", "slug": slug})
        checks.one_of(f"slug {slug[:30]!r}", answer.status, (201, 400, 422))
        if answer.status == 201:
            made = json.loads(answer.text)["slug"]
            checks.true(f"slug {slug[:30]!r} became {made!r}", all(c.isalnum() or c in "-_~" for c in made))
            look("slug", f"/post/{made}")
    form = "application/x-www-form-urlencoded"
    for target in ("//example.com/", "https://example.com/", "/\\example.com", "javascript:alert(1)", "/edit\r\nX-Injected: 1"):
        for where in (f"/login?next={urllib.parse.quote(target, safe='')}", f"/login?to={urllib.parse.quote(target, safe='')}"):
            answer = server.get(where)
            page = Page(answer.text)
            checks.equal(f"{where}", page.faults, [])
            checks.true(f"{where}: no form leads away", all(form.action in ("", "/login") or form.action.startswith(("/login", "/search"))
                                                            for form in page.forms), [form.action for form in page.forms])
        answer = server.request("POST", "/login", {"Content-Type": form}, editing.encoded({"token": server.token, "next": target}))
        checks.true(f"after the login to {target!r}", not answer.header("location", "/").startswith(("//", "http", "/\\", "java")), answer)
        checks.equal("no header of the client's", answer.header("x-injected"), None)


@checks.group
def images():
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489".replace(" ", "")) + \
        bytes.fromhex("0000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082")
    cookie = editing.log_in(server)

    def upload(name, kind, content):
        return server.request("POST", f"/api/media?name={urllib.parse.quote(name, safe='')}",
                              {**server.authorization, "Content-Type": kind}, content)

    for name in ("a.png", "a\"><script>alert(1)</script>.png", "../../../etc/passwd", "a\r\nX-Injected: 1.png", "..", "/", "a/b.png", "λ 𝄞.png",
                 "a.png.html", "con%00.png", "x" * 1000 + ".png", "' onerror='x.png"):
        answer = upload(name, "image/png", png)
        checks.one_of(f"image {name[:30]!r}", answer.status, (200, 201, 400, 422))
        if answer.status not in (200, 201):
            continue
        value = json.loads(answer.text)
        address = value.get("url") or value.get("address") or value.get("path")
        checks.true(f"image {name[:30]!r}: its address", address and urllib.parse.urlsplit(address).path.startswith("/media/"), value)
        got = server.get(urllib.parse.urlsplit(address).path)
        checks.equal(f"image {name[:30]!r}: served", (got.status, got.header("content-type"), got.body), (200, "image/png", png))
        checks.equal(f"image {name[:30]!r}: nosniff", got.header("x-content-type-options"), "nosniff")
        checks.equal(f"image {name[:30]!r}: no header of it", got.header("x-injected"), None)
        page = Page(server.request("GET", "/edit/new", {"Cookie": cookie}).text)
        checks.equal(f"image {name[:30]!r}: in the editor", page.faults, [])
    for what, name, kind, content in (
        ("HTML", "a.html", "text/html", b"<script>alert(1)</script>"),
        ("HTML as PNG", "a.png", "image/png", b"<html><script>alert(1)</script>"),
        ("SVG with a script", "a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("a script", "a.js", "text/javascript", b"alert(1)"), ("nothing", "a.png", "image/png", b""),
        ("PNG and HTML", "a.html", "text/html", png + b"<script>alert(1)</script>"),
        ("half a PNG", "a.png", "image/png", png[:20]),
    ):
        answer = upload(name, kind, content)
        if answer.status in (200, 201):
            value = json.loads(answer.text)
            got = server.get(urllib.parse.urlsplit(value.get("url") or value.get("address") or value.get("path")).path)
            policy = got.header("content-security-policy", "")
            checks.true(f"{what}: harmless", got.header("content-type", "").startswith("image/") and
                        got.header("x-content-type-options") == "nosniff" and
                        ("svg" not in got.header("content-type") or "sandbox" in policy or "default-src 'none'" in policy), got)
        else:
            checks.one_of(f"{what}: refused", answer.status, (400, 413, 415, 422))


@checks.group
def forms_need_their_token():
    """A form that another site sends has no token of this session: nothing happens."""
    cookie = editing.log_in(server)
    post = editing.create(server, "Forged")
    page = Page(server.request("GET", f"/edit/{post['id']}", {"Cookie": cookie}).text)
    form = next(form for form in page.forms if "body" in form.fields)
    other = next(form for form in Page(server.request("GET", f"/edit/{post['id']}", {"Cookie": editing.log_in(server)}).text).forms
                 if "body" in form.fields)
    names = [name for name in form.fields if "csrf" in name.lower()]
    checks.equal("the form has a token", len(names), 1)
    name = names[0]
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    action = form.action or f"/edit/{post['id']}"
    button = form.buttons[0] if form.buttons else {}
    base = {**form.fields, "title": "Taken", **({button["name"]: button.get("value", "")} if "name" in button else {})}
    for what, fields in (("no token", {k: v for k, v in base.items() if k != name}), ("an empty one", {**base, name: ""}),
                         ("nonsense", {**base, name: "nonsense"}), ("that of another session", {**base, name: other.fields[name]}),
                         ("the server's", {**base, name: server.token})):
        answer = server.request("POST", action, kind, editing.encoded(fields))
        checks.one_of(what, answer.status, (400, 403))
    for target in {b.get("formaction") for f in page.forms for b in f.buttons if b.get("formaction")} | \
            {f.action for f in page.forms if f.method == "post" and f.action}:
        answer = server.request("POST", target, kind, b"version=1")
        checks.true(f"{target} without a token", answer.status in (400, 403), answer)
    checks.equal("nothing has changed", json.loads(editing.send(server, "GET", f"/api/posts/{post['id']}").text)["title"], "Forged")
    # The session alone is not enough for the API either: another site's form can send text/plain.
    answer = server.request("POST", "/api/posts", {"Cookie": cookie, "Content-Type": "text/plain"}, b'{"title":"Taken","body":"x"}')
    checks.one_of("the API with a cookie alone", answer.status, (401, 403, 415))
    cookies = [value for value in server.request("POST", "/login", {"Content-Type": kind["Content-Type"]}, editing.encoded(
        {**next(f for f in Page(server.get("/login").text).forms if "login" in f.action).fields})).all_headers("set-cookie")]
    cookies += server.get("/login").all_headers("set-cookie")
    for value in cookies:
        checks.true("cookies are for this site and not for scripts", "httponly" in value.lower() and "samesite" in value.lower(), value)
    answer = server.request("POST", action, kind, editing.encoded(base))
    checks.one_of("with its token it is done", answer.status, (200, 302, 303))


@checks.group
def sessions():
    cookie = editing.log_in(server)
    checks.equal("a session", server.request("GET", "/edit", {"Cookie": cookie}).status, 200)
    name, _, value = next(pair for pair in cookie.split("; ") if "session" in pair).partition("=")
    for what, bad in (("one letter changed", f"{name}={'A' if value[0] != 'A' else 'B'}{value[1:]}"), ("cut", f"{name}={value[:-2]}"),
                      ("empty", f"{name}="), ("long", f"{name}={'a' * 5000}"), ("odd", f'{name}="; Path=/; a="b'), ("twice", f"{name}=x; {name}=y")):
        answer = server.request("GET", "/edit", {"Cookie": bad})
        checks.true(f"{what}: no session", answer.status in (302, 303, 400, 401, 403), answer)
    page = Page(server.request("GET", "/edit", {"Cookie": cookie}).text)
    form = next((form for form in page.forms if "logout" in form.action), None)
    checks.true("a form to log out", form)
    server.request("POST", "/logout", {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
                   editing.encoded(form.fields if form else {}))
    checks.true("a session that was ended is none", server.request("GET", "/edit", {"Cookie": cookie}).status != 200)
    # Guessing is slow.
    fields = next(form for form in Page(server.get("/login").text).forms if "login" in form.action).fields
    secret = next(a["name"] for element, a in Page(server.get("/login").text).elements if a.get("type") == "password")
    got = [server.request("POST", "/login", {"Content-Type": "application/x-www-form-urlencoded"},
                          editing.encoded({**fields, secret: f"guess {i}"})).status for i in range(40)]
    checks.true("40 wrong tokens: refused, then made to wait", 429 in got and set(got) <= {400, 401, 403, 429}, got)
    checks.equal("others read meanwhile", server.get("/").status, 200)


@checks.group
def a_change_is_seen_at_once():
    """By whoever asks next for the same page, although it was kept."""
    post = editing.create(server, "Seen at once", "First.")
    target = f"/post/{post['slug']}"
    before = server.get(target)
    checks.equal("kept", server.get(target, {"If-None-Match": before.header("etag")}).status, 304)
    answer = editing.send(server, "PATCH", f"/api/posts/{post['id']}", {"version": post["version"], "body": "Second."})
    after = server.get(target, {"If-None-Match": before.header("etag"), "If-Modified-Since": before.header("last-modified", "")})
    checks.equal("changed", (answer.status, after.status, "Second." in after.text), (200, 200, True))
    checks.equal("deleted", editing.send(server, "DELETE", f"/api/posts/{post['id']}?version=2").status, 204)
    checks.equal("gone", server.get(target).status, 404)


@checks.group
def headers_of_pages():
    for target in ("/", "/archive", "/search?q=a", "/login", "/nosuch", "/feed.atom", "/-/jit"):
        answer = server.get(target)
        policy = answer.header("content-security-policy", "")
        checks.true(f"{target}: policy", "default-src" in policy and "unsafe" not in policy and "*" not in policy, policy)
        if "html" in answer.header("content-type", ""):
            for part in ("frame-ancestors 'none'", "base-uri", "form-action"):
                checks.true(f"{target}: {part}", part in policy, policy)
        checks.equal(f"{target}: nosniff", answer.header("x-content-type-options"), "nosniff")
        checks.true(f"{target}: referrer", answer.header("referrer-policy"))
    for target in ("/edit", "/login"):
        checks.true(f"{target} is not kept", "no-store" in server.get(target).header("cache-control", ""), server.get(target))


@checks.group
def nothing_was_told():
    checks.equal("answers with secrets in them", server.leaks, [])


def main():
    global server
    with Server() as server:
        checks.main()


main()
