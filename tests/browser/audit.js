// The body of a function that looks at the page as it is laid out now and returns a list of faults, as texts:
// contrast (WCAG 2.1 AA, 1.4.3), names of controls and images, landmarks, headings, identifiers, width.
const faults = [];
const where = element => {
    let name = element.tagName.toLowerCase();
    if (element.id) name += "#" + element.id;
    if (element.classList.length) name += "." + [...element.classList].join(".");
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return text ? `${name} "${text}"` : name;
};

// ---- Contrast

const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const painter = canvas.getContext("2d", { willReadFrequently: true });
// Whatever notation a colour has, painting one pixel tells its components.
const colours = new Map();
const components = colour => {
    if (!colours.has(colour)) {
        painter.clearRect(0, 0, 1, 1);
        painter.fillStyle = colour;
        painter.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = painter.getImageData(0, 0, 1, 1).data;
        colours.set(colour, [r, g, b, a / 255]);
    }
    return colours.get(colour);
};
const over = (front, back) => [0, 1, 2].map(i => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
const luminance = colour => {
    const [r, g, b] = colour.slice(0, 3).map(c => {
        c /= 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const schemes = getComputedStyle(document.documentElement).colorScheme + " " +
    (document.querySelector("meta[name=color-scheme]")?.content || "");
const canvasColour = components(matchMedia("(prefers-color-scheme: dark)").matches && schemes.includes("dark") ? "#121212" : "#ffffff");
const background = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
        const colour = components(getComputedStyle(e).backgroundColor);
        if (colour[3] > 0) layers.push(colour);
        if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), canvasColour);
};
const visible = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
const clipped = element => {
    const box = element.getBoundingClientRect();
    return box.width <= 1 || box.height <= 1 || box.right <= 0 || box.bottom + scrollY <= 0;
};
const seen = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element)) continue;
    seen.add(element);
    if (["SCRIPT", "STYLE", "OPTION", "NOSCRIPT"].includes(element.tagName) || !visible(element) || clipped(element)) continue;
    if (element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const back = background(element);
    const [a, b] = [luminance(over(components(style.color), back)), luminance(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)} of ${style.color}: ${where(element)}`);
    if (size < 11) faults.push(`text of ${size} px: ${where(element)}`);
}
for (const field of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (!visible(field)) continue;
    const back = background(field);
    for (const part of field.placeholder ? [null, "::placeholder"] : [null]) {
        const [a, b] = [luminance(over(components(getComputedStyle(field, part).color), back)), luminance(back)];
        if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faults.push(`contrast in ${where(field)} ${field.name}${part || ""}`);
    }
}

// ---- Names

const nameOf = element => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(/\s+/).map(id => document.getElementById(id)?.textContent || "").join(" ").trim();
    if (element.getAttribute("aria-label")) return element.getAttribute("aria-label").trim();
    if (element.labels && element.labels.length) return [...element.labels].map(l => l.textContent).join(" ").trim();
    const pictures = [...element.querySelectorAll("img")].map(image => image.alt).join(" ");
    return (element.textContent + " " + pictures + " " + (element.title || "")).trim();
};
for (const field of document.querySelectorAll("input:not([type=hidden], [type=submit], [type=button]), textarea, select")) {
    if (!field.closest("[hidden]") && !(field.labels && field.labels.length) &&
        !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"))
        faults.push(`field without a label: ${where(field)} ${field.name}`);
}
for (const element of document.querySelectorAll("a[href], button, summary, input[type=submit]"))
    if (!(element.value && element.tagName === "INPUT") && !nameOf(element)) faults.push(`no name: ${element.outerHTML.slice(0, 100)}`);
for (const image of document.querySelectorAll("img")) {
    if (!image.hasAttribute("alt")) faults.push(`image without alt: ${image.src}`);
    if (image.loading !== "lazy" && image.complete && !image.naturalWidth) faults.push(`image not shown: ${image.src}`);
}

// ---- Structure

if (!document.documentElement.lang) faults.push("html without lang");
if (!document.title.trim()) faults.push("no title");
if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
if (document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} h1`);
if (!document.querySelector("header") || !document.querySelector("nav")) faults.push("no header or nav");
if (document.compatMode !== "CSS1Compat") faults.push("quirks mode");
let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) faults.push(`heading of level ${now} after ${level}: ${where(heading)}`);
    level = now;
}
const ids = new Set();
for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) faults.push(`id twice: ${element.id}`);
    ids.add(element.id);
}
for (const link of document.querySelectorAll('a[href^="#"]')) {
    const id = decodeURIComponent(link.getAttribute("href").slice(1));
    if (id && !document.getElementById(id)) faults.push(`link to no id: #${id}`);
}
for (const element of document.querySelectorAll("[style], style, script:not([src])"))
    if (!element.closest("svg")) faults.push(`inline style or script: ${element.outerHTML.slice(0, 100)}`);
for (const table of document.querySelectorAll("table"))
    if (!table.querySelector("th")) faults.push(`table without th: ${where(table)}`);

// ---- Width

const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width) {
    const scrolls = element => {
        for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
            if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX)) return true;
        return false;
    };
    const wide = [...document.body.querySelectorAll("*")]
        .filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e)).slice(0, 3).map(where);
    faults.push(`${document.documentElement.scrollWidth} px wide in ${width}: ${wide.join("; ")}`);
}
if (width < 600)
    for (const element of document.querySelectorAll("nav a, button, input[type=submit]")) {
        const box = element.getBoundingClientRect();
        // WCAG 2.2, 2.5.8: 24 by 24.
        if (visible(element) && !clipped(element) && (box.width < 24 || box.height < 24))
            faults.push(`target of ${Math.round(box.width)} by ${Math.round(box.height)} px: ${where(element)}`);
    }
return faults;
