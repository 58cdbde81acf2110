#!/usr/bin/env python3
"""Requests that no browser would send, and clients that do not behave: the right status, nothing told, nobody waits."""

import json
import re
import socket
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import PATIENCE, Server, alive  # noqa: E402

checks = Checks()
server = None
RECEIVE_TIMEOUT, IDLE_TIMEOUT, CONNECTIONS = 3, 3, 100  # the first two are far from the defaults, 60 and 30


def say_all(connection, data):
    """Sends it and says that there is no more; a server that has refused it by then may have ended the connection, too."""
    try:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def raw(data):
    """What the server answers to these bytes: a list of answers, up to the end of the connection."""
    answers = []
    with server.connect() as connection:
        say_all(connection, data)
        try:
            while answer := connection.read():
                answers.append(answer)
        except ConnectionResetError:
            pass
    return answers


def refusals(data):
    """The statuses of what the server answers; of what it does not take, some versions of libmicrohttpd (0.9.75) send the head twice."""
    text = b""
    with server.connect() as connection:
        say_all(connection, data)
        try:
            while part := connection.socket.recv(65536):
                text += part
        except ConnectionResetError:
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", text)]


def still_serves(what):
    checks.equal(f"after {what}", server.get("/").status, 200)


@checks.group
def malformed_requests():
    for what, data, wanted in (
        ("no version", "GET /\r\n\r\n", {400}),
        ("words", "hello there\r\n\r\n", {400, 501, 505}),
        ("version 9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", {400, 505}),
        ("no host", "GET / HTTP/1.1\r\n\r\n", {400}),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", {400}),
        ("a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", {400}),
        ("a NUL in the path", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("an encoded NUL", "GET /post/a%00b HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("a broken escape", "GET /post/%zz HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("half an escape", "GET /post/%4 HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("no UTF-8", "GET /post/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("an overlong form", "GET /post/%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("a surrogate", "GET /post/%ed%a0%80 HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
        ("a length of letters", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n", {400}),
        ("a negative length", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", {400}),
        ("a length of 30 digits", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: " + "9" * 30 + "\r\n\r\n", {400, 413}),
        ("two lengths", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
        ("length and chunks", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
        ("unknown encoding", "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", {400, 501}),
        ("a chunk without a size", "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n\r\n", {400}),
    ):
        got = refusals(data)
        checks.true(what, got and len(set(got)) == 1 and got[0] in wanted, f"got {got}, wanted one of {wanted}")
    still_serves("malformed requests")


@checks.group
def oversized_requests():
    for what, data, wanted in (
        ("a line of 100 KB", f"GET /{'a' * 100_000} HTTP/1.1\r\nHost: a\r\n\r\n", {414, 431}),
        ("a query of 100 KB", f"GET /search?q={'a' * 100_000} HTTP/1.1\r\nHost: a\r\n\r\n", {414, 431}),
        ("a header of 100 KB", f"GET / HTTP/1.1\r\nHost: a\r\nCookie: {'a' * 100_000}\r\n\r\n", {431}),
        ("5,000 headers", "GET / HTTP/1.1\r\nHost: a\r\n" + "".join(f"X-{i}: a\r\n" for i in range(5000)) + "\r\n", {431}),
        ("a body too large, announced", "POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n", {401, 413}),
    ):
        got = refusals(data)
        checks.true(what, got and got[0] in wanted, f"got {got}, wanted one of {wanted}")
    # A body in chunks that never ends: refused after a bounded number of bytes.
    with server.connect() as connection:
        connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk, sent = b"10000\r\n" + b"a" * 65536 + b"\r\n", 0
        try:
            while sent < 64 << 20 and connection.send(chunk):
                sent += 65536
        except OSError:
            pass
        checks.true("a body without an end is cut", sent < 64 << 20, f"{sent} bytes taken")
    still_serves("oversized requests")
    # JSON as deep as it is long, and numbers without end: an error of the client, not of the server.
    for what, body in (
        ("deep JSON", b"[" * 500_000), ("deep objects", b'{"title":' * 100_000), ("digits", b'{"title":' + b"9" * 1_000_000 + b"}"),
        ("no JSON", b"title=a"), ("no UTF-8", b'{"title":"\xff\xfe"}'), ("half a surrogate", b'{"title":"\\ud800","body":"x"}'),
        ("an array", b"[]"), ("null", b"null"), ("nothing", b""), ("fields of other types", b'{"title":{"a":1},"body":[1],"tags":7}'),
        ("NUL in the body", b'{"title":"a","body":"x\\u0000y"}'), ("a name twice", b'{"title":"a","title":"b","body":"x"}'),
    ):
        answer = server.request("POST", "/api/posts", {**server.authorization, "Content-Type": "application/json"}, body)
        checks.one_of(what, answer.status, (400, 413, 415, 422))
        checks.true(f"{what}: says why in JSON", "json" in answer.header("content-type", "") and json.loads(answer.text), answer)
    still_serves("odd JSON")


@checks.group
def editing_is_not_for_everybody():
    title = b'{"title":"not allowed","body":"x"}'
    kind = {"Content-Type": "application/json"}
    for number, (what, headers) in enumerate((
        ("no token", {}), ("another token", {"Authorization": "Bearer nonsense"}),
        ("an empty one", {"Authorization": "Bearer "}), ("a longer one", {"Authorization": f"Bearer {server.token}x"}),
        ("a shorter one", {"Authorization": f"Bearer {server.token[:-1]}"}),
        ("another scheme", {"Authorization": f"Basic {server.token}"}),
        ("a cookie of it", {"Cookie": f"kiln_session={server.token}; token={server.token}"}),
    ), 1):
        for method, target in (("POST", "/api/posts"), ("PUT", "/api/posts/1"), ("DELETE", "/api/posts/1"),
                               ("POST", "/api/posts/1/publish"), ("POST", "/api/media"), ("POST", "/-/reload")):
            # From addresses of their own: wrong tokens are counted by address.
            answer = server.request(method, target, {**kind, **headers}, title, source=f"127.0.1.{number}")
            checks.one_of(f"{what}: {method} {target}", answer.status, (401, 403))
    checks.true("401 names its scheme", server.request("POST", "/api/posts", kind, title).header("www-authenticate"))
    checks.true("drafts are not listed for strangers", "not allowed" not in server.get("/api/posts").text)
    for target in ("/edit", "/edit/new", "/edit/1"):
        answer = server.get(target)
        checks.true(f"{target} leads to the login", answer.status in (401, 403) or
                    answer.status in (302, 303) and "/login" in answer.header("location", ""), answer)
        answer = server.request("POST", target, {"Content-Type": "application/x-www-form-urlencoded"}, b"title=a&body=b&action=save")
        checks.true(f"POST {target} does not do it", answer.status in (401, 403, 405) or
                    answer.status in (302, 303) and "/login" in answer.header("location", ""), answer)


@checks.group
def methods():
    for target in ("/", "/tags", "/archive", "/feed.atom", "/sitemap.xml", "/robots.txt", "/assets/style.css", "/search?q=a",
                   "/-/health", "/login"):
        get, head = server.get(target), server.request("HEAD", target)
        checks.equal(f"HEAD {target}", (head.status, head.body), (get.status, b""))
        for name in ("content-type", "etag", "last-modified", "cache-control", "content-security-policy"):
            checks.equal(f"HEAD {target}: {name}", head.header(name), get.header(name))
        checks.equal(f"HEAD {target}: length", head.header("content-length"), str(len(get.body)))
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "get"):
        for target in ("/", "/tags", "/feed.atom", "/assets/style.css"):
            answer = server.request(method, target)
            checks.one_of(f"{method} {target}", answer.status, (400, 405, 501))
            if answer.status == 405:
                checks.true(f"{method} {target} says what is allowed", "GET" in answer.header("allow", ""), answer)
    answer = server.request("OPTIONS", "/")
    checks.one_of("OPTIONS /", answer.status, (200, 204, 405))
    checks.true("OPTIONS / says what is allowed", "GET" in answer.header("allow", ""), answer)
    checks.one_of("OPTIONS *", server.request("OPTIONS", "*").status, (200, 204, 400, 404, 405))
    checks.equal("TRACE tells nothing", b"secret-of-a-proxy" in server.request(
        "TRACE", "/", {"X-Secret": "secret-of-a-proxy"}).body, False)


@checks.group
def paths_that_lead_out():
    outside = ("etc/passwd", "site.db", "token", "serve.sx", "../guests/content/serve.sx")
    steps = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "....//", "..;/", "%c0%ae%c0%ae/",
             "%uff0e%uff0e/", ".%2e/", "..%00/", "..%0d%0a/", "..%ef%bc%8f")
    bad = []
    for folder in ("/assets/", "/media/", "/media/1/", "/post/", "/", "/assets/x/", "//", "/assets//"):
        for step in steps:
            for name in outside:
                for target in (folder + step * 8 + name, folder + step + name):
                    with server.connect() as connection:
                        answer = connection.request("GET", target, {"Connection": "close"})
                        if answer.status not in (301, 302, 308, 400, 403, 404) or b"root:" in answer.body or \
                                b"define-library" in answer.body or b"SQLite format" in answer.body:
                            bad.append((target, answer))
    checks.equal("nothing outside is served", bad, [])
    for target in ("/assets//etc/passwd", "/assets/", "/assets", "/media/", "/media/0/x", "/media/-1/x", "/media/1e3/x",
                   "/media/99999999999999999999999999/x", "/api/posts/99999999999999999999999999", "/page/0", "/page/-1",
                   "/page/99999999999999999999999999", "/page/1e9", "/page/x", "/page/", "/tag/", "/post/", "/post/a/b",
                   "/edit/99999999999999999999999999", "/tag/x/page/99999999999999999999", "/archive/", "/%2fetc/passwd",
                   "/nosuch", "/assets/style.css/", "/assets/style.css/x", "/assets/.style.css", "/-/", "/-/nosuch", "/index.html"):
        answer = server.get(target)
        checks.true(f"{target}: nothing there", answer.status in (301, 302, 303, 308, 400, 401, 404), answer)
    answer = server.get("http://example.com/archive", {"Host": "example.com"})
    checks.one_of("a whole address is one's path", answer.status, (200, 400))


@checks.group
def questions_to_the_search():
    for question in ('"', "'", '""', "a\"b", "(", ")", "a AND", "AND", "NOT", "NEAR(a b", "a*", "*", "^a", "a:b", "title:x", "{a b}:c",
                     "-a", "+a", "a OR b", "\\", "%", "_", ";--", "' OR 1=1 --", "\u0001", "\ue000\ue001", "λ", "𝄞", "e\u0301",
                     " ", "", "a " * 3000, "(" * 1000, "a" * 5000, "<script>", "&lt;"):
        answer = server.request("GET", "/search?q=" + "".join(f"%{byte:02x}" for byte in question.encode()))
        checks.one_of(f"{question[:20]!r}", answer.status, (200, 400, 414))
    for target in ("/search", "/search?q", "/search?q=", "/search?q=a&page=0", "/search?q=a&page=-1", "/search?q=a&page=x",
                   "/search?q=a&page=99999999999999999999", "/search?q=a&q=b", "/search?" + "&".join(f"a{i}=b" for i in range(1000))):
        checks.one_of(target[:40], server.get(target).status, (200, 400, 404))


@checks.group
def odd_headers():
    """Whatever stands in a header that is only advice, the page comes, or a status that says why not."""
    page = server.get("/")
    image = next(iter(re.findall(r'src="(/(?:assets|media)/[^"]+)"', "".join(
        server.get(post).text for post in re.findall(r'href="(/post/[^"]+)"', server.get("/archive").text)[:20]))))
    size = len(server.get(image).body)
    for value, wanted in (
        ("bytes=0-0", {206}), (f"bytes={size - 1}-", {206}), ("bytes=-1", {206}), (f"bytes={size}-", {416}), ("bytes=-0", {200, 416}),
        ("bytes=5-2", {200, 416}), ("bytes=0-99999999999999999999999", {200, 206, 416}), ("bytes=a-b", {200, 416}), ("lines=1-2", {200}),
        ("bytes=" + ",".join(["0-"] * 2000), {200, 206, 416, 431}), ("bytes=", {200, 416}), ("bytes=0-0,-1", {200, 206, 416}), ("", {200, 416}),
    ):
        answer = server.get(image, {"Range": value})
        checks.one_of(f"Range: {value[:30]}", answer.status, wanted)
        checks.true(f"Range: {value[:30]}: no more than there is", len(answer.body) <= size, len(answer.body))
    for name, values in {
        "Accept-Encoding": ("gzip;q=0", "*;q=0", "gzip;q=nonsense", "gzip, gzip, gzip", "," * 5000, "identity;q=0, *;q=0"),
        "If-None-Match": ("*", '"', 'W/', '"a", "b', "," * 5000, '"' + "a" * 5000 + '"'),
        "If-Modified-Since": ("yesterday", "Thu, 99 Foo 99999 99:99:99 GMT", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", ""),
        "Cookie": ("=", ";;;=;", "kiln_session", "kiln_session=" + "%" * 500, "a" * 5000, "kiln_session=\x80\xff"),
        "Authorization": ("Bearer", "Basic !!!", "Bearer  " + "a" * 5000, "Digest username=\"", " "),
        "Host": ("", "a:b", "a b", "[::1", "localhost:99999", "xn--a", "a" * 1000),
        "Referer": ("javascript:alert(1)", "\x80"), "User-Agent": ("\x1b[31m", "%n%s", '"\\'), "X-Forwarded-For": ("' OR 1=1", "a, " * 500),
        "Content-Type": ("a" * 1000, "multipart/form-data; boundary=" + "a" * 200), "Connection": ("close, close, upgrade", "nonsense"),
        "Upgrade": ("websocket", "h2c"), "HTTP2-Settings": ("AAMAAABkAARAAAAAAAIAAAAA",), "Transfer-Encoding": ("identity",),
    }.items():
        for value in values:
            with server.connect(source="127.0.2.1") as connection:
                answer = connection.request("GET", "/", {name: value} if name == "Connection" else {"Connection": "close", name: value})
            checks.one_of(f"{name}: {value[:30]!r}", answer.status, (200, 304, 400, 401, 431, 501))
            if answer.status == 200 and not answer.header("content-encoding"):
                checks.true(f"{name}: {value[:30]!r}: the page", answer.body == page.body)
    still_serves("odd headers")


@checks.group
def pipelining():
    targets = ["/", "/nosuch", "/archive", "/feed.atom", "/tags", "/assets/style.css"] * 5
    wanted = {target: server.get(target) for target in set(targets)}
    with server.connect() as connection:
        connection.send("".join(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n" for target in targets))
        got = [connection.read() for _ in targets]
    checks.equal("30 answers in their order", [(a.status, a.body) for a in got],
                 [(wanted[t].status, wanted[t].body) for t in targets])
    # What stands behind a body is the next request; what is in it is not.
    inner = "GET /nosuch HTTP/1.1\r\nHost: a\r\n\r\n"
    got = raw(f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: {len(inner)}\r\n\r\n{inner}"
              "GET /robots.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    checks.true("a body is not a request", 1 <= len(got) <= 2 and got[0].status in (400, 403, 415, 422) and
                all(answer.status == 200 for answer in got[1:]), got)
    # A refused request may not leave its body to be read as requests.
    got = raw("POST /nosuch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner)
    checks.equal("nothing follows contradicting lengths", [answer.status for answer in got], [400])


@checks.group
def expect_continue():
    body = b'{"title":"x"}'
    with server.connect() as connection:
        connection.send(f"POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n")
        answer = connection.read()
        if answer.status == 100:
            connection.send(body)
            answer = connection.read()
        checks.equal("asked, then refused", answer.status, 401)
    with server.connect() as connection:
        connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 900000000\r\n\r\n")
        checks.one_of("too large: refused before it is sent", connection.read().status, (401, 413, 417))


@checks.group
def clients_that_go_away():
    for _ in range(50):
        with server.connect() as connection:  # within a request
            connection.send("GET /archive HTTP/1.1\r\nHost: a\r\nX-")
        with server.connect() as connection:  # before the answer
            connection.send("GET /archive HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        with server.connect() as connection:  # with a reset, within a body
            connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    still_serves("150 clients that went away")
    checks.true("the worker lives", all(alive(pid) for pid in server.workers()))


@checks.group
def slow_clients():
    """Clients that send a byte now and then, read nothing, or say nothing: their connections are ended; others do not wait."""
    slow = []
    start = time.monotonic()
    for number in range(30):
        connection = server.connect()
        connection.send(("GET / HTTP/1.1\r\nHost: a\r\n", "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "")[number % 3])
        slow.append(connection)
    closed = {}

    def drip(number, connection):
        """A byte each half second, as long as the connection is open."""
        connection.socket.settimeout(0.5)
        while time.monotonic() - start < PATIENCE:
            try:
                if number % 3 < 2:
                    connection.socket.sendall(b"a")
                if not connection.socket.recv(65536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        closed[number] = time.monotonic() - start

    threads = [threading.Thread(target=drip, args=item) for item in enumerate(slow)]
    for thread in threads:
        thread.start()
    served_meanwhile = 0
    while not closed:
        server.get("/")
        served_meanwhile += not closed
    checks.true("others do not wait for them", served_meanwhile > 0)
    for thread in threads:
        thread.join()
    for number, what in enumerate(("half a head", "half a body", "nothing")):
        times = [closed[i] for i in range(number, 30, 3)]
        checks.true(f"{what}: ended by this bound, not by the default", max(times) < 25, f"{max(times):.1f} s")
    # One that asks for much and reads nothing.
    with server.connect() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.socket.settimeout(1)
        try:
            for _ in range(200):
                connection.send("GET /archive HTTP/1.1\r\nHost: a\r\n\r\n")
        except TimeoutError:
            pass
        still_serves("a client that does not read")


@checks.group
def too_many_connections():
    """More connections than are allowed wait to be accepted, and get their turn when the idle ones end."""
    crowd = [server.connect() for _ in range(CONNECTIONS + 20)]
    try:
        checks.equal("somebody gets his turn", server.get("/robots.txt", timeout=25).status, 200)
    finally:
        for connection in crowd:
            connection.close()
    still_serves("a crowd")


@checks.group
def nothing_was_told():
    checks.equal("answers with secrets in them", server.leaks, [])
    server.stop()
    checks.equal("status after SIGTERM", server.process.returncode, 0)
    log = server.messages()
    checks.true("the token is in no log", server.token not in log and
                server.token not in server.access_log.read_text(errors="replace"), log)
    # A log line is a line, whatever was asked for.
    lines = server.access_log.read_bytes().splitlines()
    checks.true("the access log has the requests", len(lines) > 500, len(lines))
    checks.true("and no control characters", not any(byte < 32 for line in lines for byte in line))


def main():
    global server
    with Server("--sample", "--receive-time", RECEIVE_TIMEOUT, "--idle-time", IDLE_TIMEOUT,
                "--connections", CONNECTIONS) as server:
        checks.main()


main()
