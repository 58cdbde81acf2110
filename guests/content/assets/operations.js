// Keeps the page /-/jit up to date. The page is complete without it.
"use strict";
(() => {
  const page = document.getElementById("jit");
  const status = document.getElementById("live");
  if (!page || !status) return;
  const address = "/-/jit.json?worker=" + encodeURIComponent(page.dataset.worker);

  const grouped = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const tenths = (n) => (Math.round(n * 10) / 10).toFixed(1);
  const show = {
    megabytes: (n) => tenths(n / 1048576) + " MB",
    kilobytes: (n) => tenths(n / 1024) + " KB",
    milliseconds: (n) => tenths(n) + " ms",
    seconds: (n) => grouped(n) + " s",
    text: String,
    yes: (b) => (b ? "yes" : "no"),
    count: grouped,
  };
  const shown = (kind, value) => (value === null || value === undefined ? "–" : show[kind](value));

  const cell = (tag, content) => {
    const element = document.createElement(tag);
    if (tag === "th") element.scope = "row";
    element.append(content);
    return element;
  };
  const row = (head, ...cells) => {
    const element = document.createElement("tr");
    element.append(cell("th", head), ...cells.map((text) => cell("td", text)));
    return element;
  };
  const code = (text) => {
    const element = document.createElement("code");
    element.textContent = text;
    return element;
  };
  const link = (worker, here) => {
    const element = document.createElement("a");
    element.href = "/-/jit?worker=" + worker;
    element.textContent = worker;
    if (here) element.setAttribute("aria-current", "page");
    return element;
  };

  const renew = (view) => {
    for (const element of page.querySelectorAll("[data-figure]")) {
      const value = element.dataset.figure.split(".").reduce((v, key) => (v ? v[key] : undefined), view);
      element.textContent = shown(element.dataset.kind, value);
    }
    // A link that has the focus keeps it.
    if (!document.getElementById("workers").contains(document.activeElement))
      document.getElementById("workers").replaceChildren(
        ...view.workers.map((w) =>
          row(link(w.worker, w.worker === view.worker), String(w.pid), shown("seconds", w.uptime), shown("count", w.requests),
            shown("megabytes", w.resident), shown("count", w.compiled), shown("count", w.exits))));
    if (view.functions)
      document.getElementById("functions").replaceChildren(
        ...view.functions.map((f) =>
          row(code(f.name), f.loop ? "loop at " + f.loop : f.position, f.reason ? f.state + ": " + f.reason : f.state,
            shown("kilobytes", f.bytes), shown("count", f.bytecodes), shown("count", f.inlined),
            shown("count", f.compilations), shown("count", f.exits), shown("milliseconds", f.ms))));
  };

  let delay = 1000;
  const poll = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(address, { cache: "no-store", credentials: "same-origin" });
        if (!answer.ok) throw new Error("status " + answer.status);
        renew(await answer.json());
        status.textContent = "Live: " + new Date().toLocaleTimeString();
        delay = 1000;
      }
    } catch (problem) {
      status.textContent = "Not live: " + problem.message;
      delay = Math.min(2 * delay, 30000);
    }
    status.hidden = false;
    setTimeout(poll, delay);
  };
  setTimeout(poll, delay);
})();
