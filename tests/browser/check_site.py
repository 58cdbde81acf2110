#!/usr/bin/env python3
"""The content server in a real browser: every kind of page, searching, editing by the form, /-/jit. See README.md."""

import re
import shutil
import struct
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "driver")]

from checks import Checks  # noqa: E402
from serving import ROOT, Server  # noqa: E402
from webdriver import PATIENCE, Browser  # noqa: E402

checks = Checks()
AUDIT = (HERE / "audit.js").read_text()
SCREENSHOTS = ROOT / "build" / "screenshots"
TAB, ENTER = "\ue004", "\ue007"
SIZES = (("wide", 1280), ("narrow", 360))
server = browser = None


def address(path):
    return f"http://127.0.0.1:{server.port}{path}"


def go(path):
    browser.open(address(path))


def path():
    """Path and query of the page that is shown."""
    return re.sub(r"^https?://[^/]+", "", browser.address)


def quiet(what, allowed=()):
    """Nothing in the console: no error, no violation of the content security policy, nothing that was not found."""
    entries = [entry["message"] for entry in browser.console()]
    checks.equal(f"{what}: console", [text for text in entries if not any(part in text for part in allowed)], [])


def look(name, whole=False):
    """Audits the page and takes its picture in both sizes and colour schemes."""
    for size, width in SIZES:
        browser.size(width)
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            checks.equal(f"{name}, {size}, {scheme}", browser.run(AUDIT), [])
            browser.screenshot(SCREENSHOTS / f"{name}-{size}-{scheme}.png", whole)
    browser.size(1280)
    browser.scheme("light")


def picture(width, height, colour):
    """A PNG of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(colour) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def paths_of_posts():
    return browser.run("return [...new Set([...document.querySelectorAll('main a[href^=\"/post/\"]')]"
                       ".map(a => a.getAttribute('href').split('#')[0]))]")


# ---- Reading ------------------------------------------------------------------------------------


@checks.group
def index_and_its_pages():
    go("/")
    quiet("/")
    look("index")
    first = paths_of_posts()
    checks.true("there are posts", len(first) >= 5, first)
    checks.true("a page after it", browser.count('main a[href="/page/2"]') >= 1)
    browser.leave('main a[href="/page/2"]')
    checks.equal("the address", path(), "/page/2")
    checks.equal("other posts", set(first) & set(paths_of_posts()), set())
    quiet("/page/2")
    go("/")
    browser.leave('main a[href^="/post/"]')
    checks.true("leads to a post", path().startswith("/post/"), path())


@checks.group
def a_keyboard_is_enough():
    go("/")
    browser.press(TAB)
    first = browser.run("const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();"
                        "return [e.getAttribute('href'), s.outlineStyle != 'none' || s.boxShadow != 'none',"
                        " b.left >= 0 && b.top >= 0 && b.width > 20]")
    checks.true("the first stop skips to the content", (first[0] or "").startswith("#"), first)
    checks.equal("and is seen, with a focus mark", first[1:], [True, True])
    browser.press(ENTER)
    checks.true("it goes to main", wait(lambda: browser.run(
        "const t = document.getElementById(location.hash.slice(1)); return t && (t.tagName == 'MAIN' || !!t.closest('main'))")))
    marks = []
    for _ in range(12):
        browser.press(TAB)
        marks.append(browser.run("const s = getComputedStyle(document.activeElement);"
                                 "return s.outlineStyle != 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow != 'none'"))
    checks.true("the focus is always seen", all(marks), marks)


@checks.group
def posts_of_every_kind():
    go("/archive")
    quiet("/archive")
    look("archive")
    everything = paths_of_posts()
    checks.true("the archive lists at least 60 posts", len(everything) >= 60, len(everything))
    sizes = sorted((len(server.get(post).body), post) for post in everything)
    # The smallest, the largest, and the first that has each kind of block.
    chosen = {"post-smallest": sizes[0][1], "post-largest": sizes[-1][1]}
    for kind, mark in (("table", b"<table"), ("code", b"<pre"), ("image", b"<figure"), ("quote", b"<blockquote")):
        found = next((post for _, post in sizes if mark in server.get(post).body.partition(b"<main")[2]), None)
        checks.true(f"a post with {kind}", found)
        if found:
            chosen[f"post-{kind}"] = found
    for name, post in chosen.items():
        go(post)
        quiet(post)
        # Images further down come when they are near.
        browser.run("for (const image of document.images) image.loading = 'eager'")
        checks.true(f"{name}: its images come", wait(lambda: browser.run("return [...document.images].every(i => i.complete && i.naturalWidth)")),
                    lambda: browser.run("return [...document.images].filter(i => !i.naturalWidth).map(i => i.src)"))
        look(name, whole=True)
    # What the others show is there too.
    shown = {source for _, post in sizes for source in re.findall(r'<(?:img|video|audio)[^>]* src="(/[^"]*)"', server.get(post).text)}
    checks.true("posts have images", len(shown) >= 3, shown)
    checks.equal("all of them are there", [source for source in shown if server.get(source).status != 200], [])


@checks.group
def tags():
    go("/tags")
    quiet("/tags")
    look("tags")
    browser.leave('main a[href^="/tag/"]')
    checks.true("to a tag", path().startswith("/tag/"), path())
    quiet("a tag")
    look("tag")
    checks.true("it has posts", paths_of_posts())


@checks.group
def searching():
    go("/")
    if browser.count('form[role=search] input[name=q], form[action="/search"] input[name=q]') == 0:
        go("/search")
    title = server.get("/archive").text
    word = max(re.findall(r"[A-Za-z]{5,}", re.sub(r"<[^>]*>", " ", title.partition("<main")[2])), key=len)
    browser.fill("input[name=q]", word)
    browser.leave_by(lambda: browser.press(ENTER), "Enter")
    checks.true("asks /search", path().startswith("/search?"), path())
    checks.true("finds a post", paths_of_posts(), word)
    checks.equal("the question stands in its field", browser.value("main input[name=q]"), word)
    quiet("search")
    look("search")
    go("/search?q=wordthatoccursnowhere")
    checks.equal("nothing found", paths_of_posts(), [])
    look("search-nothing")
    go("/search?q=%22%3E%3Cscript%3Edocument.title%3D%27taken%27%3C%2Fscript%3E")
    checks.true("a script in the question does not run", browser.title != "taken")
    quiet("a script in the question")


@checks.group
def what_is_not_there():
    go("/post/there-is-no-such-post")
    quiet("404", allowed=("status of 404",))
    look("not-found")


# ---- Editing ------------------------------------------------------------------------------------

LOGIN = 'form[action^="/login"]'
EDIT = "main form:has([name=body])"


def wait(condition):
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        try:
            if condition():
                return True
        except Exception:  # noqa: BLE001 -- a page may be on its way
            pass
        time.sleep(0.05)
    return False


def log_in():
    go("/edit")
    if browser.count(LOGIN):
        browser.fill(f"{LOGIN} input[type=password]", server.token)
        browser.leave(f"{LOGIN} [type=submit], {LOGIN} button")


def submit(selector=None):
    browser.leave(selector or f"{EDIT} button[type=submit], {EDIT} input[type=submit]")


@checks.group
def logging_in():
    go("/edit")
    checks.equal("a stranger is asked for the token", browser.count(LOGIN), 1)
    look("login")
    browser.fill(f"{LOGIN} input[type=password]", "this is not the token")
    browser.leave(f"{LOGIN} [type=submit], {LOGIN} button")
    checks.equal("the wrong token is not taken", browser.count(LOGIN), 1)
    look("login-wrong")
    quiet("login", allowed=("status of 401", "status of 403"))
    log_in()
    checks.equal("the right one is", browser.count(LOGIN), 0)
    checks.true("it leads to the list of posts", path().startswith("/edit"), path())
    quiet("the list")
    look("edit-list")


BODY = """A first paragraph with *emphasis* and `code`.

## Héading & more

- one
- two

| a | b |
|---|---|
| 1 | 2 |

<script>document.title = "taken"</script>
"""


@checks.group
def creating_a_post():
    log_in()
    go("/edit/new")
    quiet("/edit/new")
    look("edit-new", whole=True)
    browser.fill(f"{EDIT} [name=title]", "Quokkas & <b>others</b>")
    browser.fill(f"{EDIT} [name=tags]", "animals, Zoë's list")
    browser.fill(f"{EDIT} [name=body]", BODY)
    submit()
    quiet("created")
    checks.true("an editor of it", re.fullmatch(r"/edit/\d+.*", path()), path())
    checks.equal("its title", browser.value(f"{EDIT} [name=title]"), "Quokkas & <b>others</b>")
    checks.equal("its text", browser.value(f"{EDIT} [name=body]").replace("\r", "").strip(), BODY.strip())
    look("edit-draft", whole=True)
    slug = browser.value(f"{EDIT} [name=slug]")
    checks.true("a slug of its title", re.fullmatch(r"[a-z0-9-]*quokkas[a-z0-9-]*", slug), slug)
    checks.equal("a draft is not public", server.get(f"/post/{slug}").status, 404)
    browser.leave(PUBLISH)
    checks.equal("published: its page is shown", path(), f"/post/{slug}")
    checks.equal("to everybody", server.get(f"/post/{slug}").status, 200)
    quiet("the new post")
    checks.equal("its heading", browser.text("h1"), "Quokkas & <b>others</b>")
    checks.equal("its parts", [browser.count(f"main {part}") > 0 for part in ("em", "code", ".text :is(h2, h3)", "ul li", "table td")], [True] * 5)
    checks.true("no script of it runs", "taken" not in browser.title)
    checks.true("it has its tags", "Zoë's list" in browser.visible_text())
    look("edit-published-post", whole=True)
    go("/")
    checks.true("the index has it at once", f"/post/{slug}" in paths_of_posts())
    go("/search?q=quokkas")
    checks.equal("search has it", paths_of_posts(), [f"/post/{slug}"])


PUBLISH = 'main button[name=action][value=publish], main form[action$="/publish"] button, main button[formaction$="/publish"]'
DELETE = "main button[name=action][value=delete]"
FOR_GOOD = "main button[name=action][value=delete-for-good]"
KEEP = "main button[name=action][value=keep]"


def post_in_editor(title):
    """Opens the editor of a post by the list of posts."""
    go("/edit")
    link = browser.run("return [...document.querySelectorAll('main a[href^=\"/edit/\"]')]"
                       ".find(a => (a.closest('tr, li, article') || a).textContent.includes(arguments[0]))?.getAttribute('href')", title)
    checks.true(f"{title} is in the list", link)
    go(link)
    return link


@checks.group
def changing_a_post_and_a_conflict():
    log_in()
    editor = post_in_editor("Quokkas")
    slug = browser.value(f"{EDIT} [name=slug]")
    # Somebody else saves while this editor is open.
    form = browser.run("return [...new FormData(document.querySelector(arguments[0])).entries()]"
                       ".filter(([, v]) => typeof v == 'string')", EDIT)
    version = dict(form)["version"]
    browser.fill(f"{EDIT} [name=body]", "What I have written.")
    status = browser.run(
        "const f = new FormData(document.querySelector(arguments[0])); f.set('body', 'What somebody else has written.');"
        "const r = new XMLHttpRequest(); r.open('POST', document.querySelector(arguments[0]).getAttribute('action') ||"
        " location.pathname, false); r.send(f); return r.status", EDIT)
    checks.one_of("the other one's change", status, (200, 201, 303))
    submit()
    checks.true("the conflict is told", re.search(r"(?i)conflict|meanwhile|changed", browser.visible_text()), browser.visible_text)
    checks.equal("what I have written is not lost", browser.value(f"{EDIT} [name=body]"), "What I have written.")
    look("edit-conflict", whole=True)
    quiet("conflict", allowed=("status of 409",))
    checks.true("the post is the other one's", "somebody else" in server.get(f"/post/{slug}").text)
    go(editor)
    checks.true("the version has changed", browser.value(f"{EDIT} [name=version]") != version)
    browser.fill(f"{EDIT} [name=body]", "What I have written, again.")
    submit()
    checks.true("then it is saved", "again" in server.get(f"/post/{slug}").text)


@checks.group
def an_image():
    log_in()
    post_in_editor("Quokkas")
    slug = browser.value(f"{EDIT} [name=slug]")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a <b>picture & more.png"
        file.write_bytes(picture(320, 200, (180, 60, 20)))
        browser.choose_file("main input[type=file]", file)
        submit(UPLOAD)
    quiet("upload")
    sources = set(re.findall(r"/media/\d+/[^\s\")'<>&]+", browser.run("return document.documentElement.outerHTML") +
                             browser.value(f"{EDIT} [name=body]")))
    checks.true("its address is shown", sources, browser.visible_text)
    look("edit-image", whole=True)
    if not sources:
        return
    source = sources.pop()
    answer = server.get(source)
    checks.equal("it is served", (answer.status, answer.header("content-type")), (200, "image/png"))
    browser.fill(f"{EDIT} [name=body]", f"Look:\n\n![a brown field]({source})\n")
    submit()
    go(f"/post/{slug}")
    checks.true("and shown", wait(lambda: browser.run(
        "return [...document.querySelectorAll('main img')].some(i => i.naturalWidth == 320 && i.alt == 'a brown field')")))
    quiet("the post with the image")


UPLOAD = "main button[name=action][value=upload]"


@checks.group
def deleting_it():
    log_in()
    post_in_editor("Quokkas")
    slug = browser.value(f"{EDIT} [name=slug]")
    browser.fill(f"{EDIT} [name=summary]", "Typed before it was deleted.")
    browser.leave(DELETE)
    checks.equal("it asks first", (browser.count(FOR_GOOD), browser.count(KEEP)), (1, 1))
    checks.true("about this post", "Quokkas" in browser.visible_text(), browser.visible_text)
    look("edit-delete")
    browser.leave(KEEP)
    checks.equal("kept", server.get(f"/post/{slug}").status, 200)
    checks.equal("nothing typed is lost", browser.value(f"{EDIT} [name=summary]"), "Typed before it was deleted.")
    browser.leave(DELETE)
    browser.leave(FOR_GOOD)
    checks.one_of("gone", server.get(f"/post/{slug}").status, (404, 410))
    go("/search?q=quokkas")
    checks.equal("search has forgotten it", paths_of_posts(), [])
    quiet("deleted")


@checks.group
def editing_without_scripts():
    log_in()
    browser.scripts(False)
    try:
        go("/edit/new")
        browser.fill(f"{EDIT} [name=title]", "Without scripts")
        browser.fill(f"{EDIT} [name=body]", "It works.")
        # What scripts of the page would say of it is not there to be waited for.
        browser.click(f"{EDIT} button[type=submit]")
        checks.true("saved", wait(lambda: re.fullmatch(r"/edit/\d+.*", path())), path())
        editor = path()
        browser.click(DELETE)
        browser.click(FOR_GOOD)
        checks.true("deleted", wait(lambda: path() == "/edit"), path())
        checks.equal("gone", server.get(f"/api/posts/{editor.split('/')[2]}", server.authorization).status, 404)
    finally:
        browser.scripts(True)


@checks.group
def logging_out():
    log_in()
    out = 'form[action="/logout"] button, a[href="/logout"]'
    go("/edit")
    browser.leave(out)
    go("/edit")
    checks.equal("the token is asked for again", browser.count(LOGIN), 1)
    quiet("logout", allowed=("status of 401", "status of 403"))


# ---- Operations ---------------------------------------------------------------------------------


@checks.group
def the_jit_page_updates():
    go("/-/jit")
    quiet("/-/jit")
    before = browser.visible_text()
    stop = threading.Event()

    def load():
        while not stop.is_set():
            for target in ("/", "/archive", "/tags"):
                server.get(target)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        checks.true("its figures change without a reload", wait(lambda: browser.visible_text() != before), before)
        after = browser.visible_text()
        checks.true("and go on changing", wait(lambda: browser.visible_text() != after), after)
    finally:
        stop.set()
        thread.join()
    for word in ("tier", "cache", "memory"):
        checks.true(f"it tells of {word}", word in after.lower(), after)
    look("jit", whole=True)
    quiet("/-/jit, later")


def main():
    global server, browser
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir(parents=True)
    with Server("--sample") as server, Browser() as browser:
        checks.main()


main()
