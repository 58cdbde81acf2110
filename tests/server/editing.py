"""Editing by the API, as the checks of this folder need it; and what a page must not have in it."""

import json
import re
import sqlite3
import urllib.parse
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

JSON = {"Content-Type": "application/json"}


def send(server, method, target, fields=None):
    """An authorized request with JSON; the answer."""
    body = None if fields is None else json.dumps(fields).encode()
    return server.request(method, target, {**server.authorization, **JSON}, body)


def create(server, title, body="Text.", status="published", **fields):
    """A new post: what the API says of it."""
    answer = send(server, "POST", "/api/posts", {"title": title, "body": body, "status": status, **fields})
    if answer.status != 201:
        raise AssertionError(f"creating {title[:40]!r}: {answer}")
    return json.loads(answer.text)


def posts(server, status=None):
    """All posts, of all pages of the list."""
    found, page = [], 1
    while True:
        answer = send(server, "GET", f"/api/posts?page={page}" + (f"&status={status}" if status else ""))
        if answer.status != 200:
            raise AssertionError(f"the list of posts: {answer}")
        value = json.loads(answer.text)
        found += value["posts"]
        if page >= value["pages"]:
            return found
        page += 1


class Form:
    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.type = attributes.get("enctype", "application/x-www-form-urlencoded")
        self.fields = {}
        self.buttons = []


class Page(HTMLParser):
    """Elements, attributes and forms of a page; faults: what could make a browser run what an author has written."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.faults = []
        self.forms = []
        self.form = None
        self.area = None
        self.texts = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, attributes))
        if tag == "script" and not re.match(r"/(assets|-)/", attributes.get("src", "")):
            self.faults.append(f"a script: {attributes}")
        if tag in ("style", "iframe", "object", "embed", "base", "applet", "frame", "svg", "math", "marquee"):
            self.faults.append(f"<{tag}>: {attributes}")
        if tag == "meta" and "refresh" in attributes.get("http-equiv", "").lower():
            self.faults.append(f"<meta>: {attributes}")
        for name, value in attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc") or not re.fullmatch(r"[a-z][a-z0-9:-]*", name):
                self.faults.append(f"<{tag} {name}>: {value[:60]}")
            if name in ("href", "src", "action", "formaction", "poster", "data", "cite", "background", "xlink:href"):
                address = re.sub(r"[\x00-\x20]", "", value).lower()
                if re.match(r"(javascript|data|vbscript|file|blob):", address) and not address.startswith("data:image/png"):
                    self.faults.append(f"<{tag} {name}>: {value[:60]}")
        if tag == "form":
            self.form = Form(attributes)
            self.forms.append(self.form)
        elif self.form and tag in ("input", "select", "button") and "name" in attributes:
            if tag == "button" or attributes.get("type") in ("submit", "image"):
                self.form.buttons.append(attributes)
            elif attributes.get("type") not in ("checkbox", "radio", "file") or "checked" in attributes:
                self.form.fields[attributes["name"]] = attributes.get("value", "")
        if tag == "textarea":
            self.area = (attributes.get("name"), [])

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        if tag == "textarea" and self.area:
            if self.form:
                self.form.fields[self.area[0]] = "".join(self.area[1]).removeprefix("\n")
            self.area = None

    def handle_data(self, data):
        self.texts.append(data)
        if self.area:
            self.area[1].append(data)

    @property
    def text(self):
        return "".join(self.texts)


def faults_of_feed(data):
    """What is wrong with a feed; its texts of type html are looked at as pages."""
    root = ElementTree.fromstring(data)
    faults = []
    for element in root.iter():
        if element.get("type") == "html" and element.text:
            faults += Page(element.text).faults
        if element.get("type") == "xhtml":
            faults += Page(ElementTree.tostring(element, encoding="unicode")).faults
        for name in ("href", "src"):
            if re.match(r"\s*(javascript|data|vbscript):", element.get(name, ""), re.I):
                faults.append(f"{element.tag} {name}: {element.get(name)}")
    return faults


def log_in(server):
    """The cookie of a session, made by the form as a browser would send it."""
    page = server.get("/login")
    form = next(form for form in Page(page.text).forms if form.method == "post" and "login" in (form.action or "/login"))
    cookies = "; ".join(value.split(";")[0] for value in page.all_headers("set-cookie"))
    secret = next(name for tag, attributes in Page(page.text).elements for name in [attributes.get("name")]
                  if tag == "input" and attributes.get("type") == "password")
    fields = {**form.fields, secret: server.token}
    answer = server.request("POST", form.action or "/login", {
        "Content-Type": "application/x-www-form-urlencoded", **({"Cookie": cookies} if cookies else {})}, encoded(fields))
    if answer.status not in (302, 303):
        raise AssertionError(f"log in: {answer}")
    jar = {pair.partition("=")[0]: pair for value in page.all_headers("set-cookie") + answer.all_headers("set-cookie")
           for pair in [value.split(";")[0]]}
    return "; ".join(jar.values())


def encoded(fields):
    return urllib.parse.urlencode(fields).encode()


def multipart(fields, files):
    """(content type, body) of a form with files: {field: (name, type, content)}."""
    mark = "----mark-that-occurs-nowhere-else"
    body = b""
    for name, value in fields.items():
        body += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (filename, kind, content) in files.items():
        body += (f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                 f"Content-Type: {kind}\r\n\r\n").encode() + content + b"\r\n"
    return f"multipart/form-data; boundary={mark}", body + f"--{mark}--\r\n".encode()


def intact(checks, what, database):
    """SQLite and its full-text index find no fault in a database that nobody uses."""
    connection = sqlite3.connect(database)
    try:
        checks.equal(f"{what}: the database is whole", connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        checks.equal(f"{what}: its references", connection.execute("PRAGMA foreign_key_check").fetchall(), [])
        checks.equal(f"{what}: posts and words agree", connection.execute(
            "SELECT count(*) FROM post WHERE status = 'published' AND id NOT IN (SELECT rowid FROM words)").fetchone(), (0,))
    finally:
        connection.close()
