"""A small client of the WebDriver protocol (https://www.w3.org/TR/webdriver2/) for Chromium, without other packages.

    with Browser() as browser:
        browser.open("http://127.0.0.1:8080/")
        browser.click("nav a")

Elements are named by CSS selectors; an action waits until its element is there. Chromium runs headless, with a profile
of its own that is removed, and may reach only the loopback address.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the environment names
PATIENCE = 60  # seconds after which what has not come is taken for missing


class BrowserFailed(Exception):
    pass


class Browser:
    def __init__(self, width=1280, height=900):
        driver = shutil.which("chromedriver")
        program = shutil.which("chromium")
        if not driver or not program:
            raise BrowserFailed("chromium and chromedriver are needed (Debian: chromium, chromium-driver)")
        self.folder = tempfile.mkdtemp(prefix="kiln-browser-")
        self.driver = subprocess.Popen([driver, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                                       env={**os.environ, "HOME": self.folder, "TMPDIR": self.folder})
        self.session = None
        try:
            self.base = self._driver_address()
            # Chromium's sandbox does not work for root, nor where a container may not have one.
            try:
                self._begin(program, width, height, ["--no-sandbox"] if os.geteuid() == 0 else [])
            except BrowserFailed:
                if os.geteuid() == 0:
                    raise
                self._begin(program, width, height, ["--no-sandbox"])
            self.scheme("light")
        except BaseException:
            self.close()
            raise

    def _begin(self, program, width, height, more):
        options = {
            "binary": program,
            "args": ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--force-device-scale-factor=1", "--lang=en", "--no-first-run", "--disable-extensions",
                     "--disable-background-networking", "--disable-sync", "--disable-component-update",
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                     f"--user-data-dir={self.folder}/profile", f"--window-size={width},{height}", *more],
        }
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}, "unhandledPromptBehavior": "ignore"}}})
        self.session = f"/session/{answer['sessionId']}"

    def _driver_address(self):
        for line in self.driver.stdout:
            match = re.search(r"started successfully on port (\d+)", line)
            if match:
                return f"http://127.0.0.1:{match[1]}"
        raise BrowserFailed("chromedriver did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            try:
                self._call("DELETE", self.session)
            except (BrowserFailed, OSError):
                pass
            self.session = None
        if self.driver.poll() is None:
            # The driver's session is a process group of its own: the browser goes with it.
            os.killpg(self.driver.pid, signal.SIGTERM)
            try:
                self.driver.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.driver.pid, signal.SIGKILL)
                self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- Protocol

    def _call(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with DIRECTLY.open(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            problem = json.load(error)["value"]
            raise BrowserFailed(f"{problem['error']}: {' '.join(problem['message'].splitlines()[:2])}") from None

    def _post(self, path, **body):
        return self._call("POST", self.session + path, body)

    def _get(self, path):
        return self._call("GET", self.session + path)

    # ---- Pages

    def open(self, address):
        self._post("/url", url=address)

    def back(self):
        self._post("/back")

    @property
    def address(self):
        return self._get("/url")

    @property
    def title(self):
        return self._get("/title")

    def run(self, script, *arguments):
        """Runs the body of a JavaScript function in the page; its result."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def console(self):
        """Messages of the console since the last call, without those that are only for information."""
        return [entry for entry in self._post("/se/log", type="browser") if entry["level"] in ("SEVERE", "WARNING")]

    def cdp(self, command, **parameters):
        return self._post("/goog/cdp/execute", cmd=command, params=parameters)

    def scheme(self, name):
        """The colour scheme that the user prefers: "light" or "dark". Nothing moves: what moves cannot be clicked on."""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name},
                                                         {"name": "prefers-reduced-motion", "value": "reduce"}])

    def size(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 600)

    def scripts(self, enabled):
        self.cdp("Emulation.setScriptExecutionDisabled", value=not enabled)

    def screenshot(self, path, whole=False):
        """Writes a PNG of what is visible, or of the whole page, up to 4,000 pixels of it."""
        parameters = {"format": "png"}
        if whole:
            size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
            parameters |= {"captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}}
        Path(path).write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot", **parameters)["data"]))

    # ---- Elements

    def find(self, selector):
        limit = time.monotonic() + PATIENCE
        while True:
            found = self._post("/elements", using="css selector", value=selector)
            if found:
                return found[0][ELEMENT]
            if time.monotonic() > limit:
                raise BrowserFailed(f"no element {selector} in {self.address} ({self.title})")
            time.sleep(0.05)

    def count(self, selector):
        return len(self._post("/elements", using="css selector", value=selector))

    def click(self, selector):
        self._post(f"/element/{self.find(selector)}/click")

    def leave(self, selector):
        """Clicks on what leads to another document, and waits until that one is there."""
        self.leave_by(lambda: self.click(selector), selector)

    def leave_by(self, action, what):
        self.run("window.leavingThisDocument = true")
        action()
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            try:
                if self.run("return !window.leavingThisDocument && document.readyState == 'complete'"):
                    return
            except BrowserFailed:
                pass
            time.sleep(0.03)
        raise BrowserFailed(f"{what} led nowhere from {self.address}")

    def fill(self, selector, text):
        """Replaces what a field holds by typing."""
        element = self.find(selector)
        self._post(f"/element/{element}/clear")
        self._post(f"/element/{element}/value", text=text)

    def choose_file(self, selector, path):
        self._post(f"/element/{self.find(selector)}/value", text=str(path))

    def press(self, key):
        """Presses a key in the element that has the focus; WebDriver's code points, e.g. "\\ue004" for Tab."""
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}])

    def text(self, selector):
        return self._get(f"/element/{self.find(selector)}/text")

    def value(self, selector):
        return self.run("return document.querySelector(arguments[0]).value", selector)

    def visible_text(self):
        return self.run("return document.body.innerText")
