'use strict';
// A document in its stored form -- arrays that begin with a tag, ["p", "Some ", ["em", "words"]] -- as HTML.

const SPECIAL = /[&<>"']/;
const SPECIALS = /[&<>"']/g;
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// Most texts have nothing to escape: looking is cheaper than replacing.
const escape = text => (SPECIAL.test(text) ? text.replace(SPECIALS, c => ENTITIES[c]) : text);

// ---- Addresses

const SCHEMES = new Set(['http', 'https', 'mailto', 'tel', 'ftp', 'xmpp', 'irc']);

// The scheme of an address, null when it has none, '' when it is one that browsers would read differently.
function schemeOf(address) {
    for (let i = 0; i < address.length; i++) {
        const code = address.charCodeAt(i);
        if (code === 58) return address.slice(0, i); // :
        if (code === 47 || code === 63 || code === 35) return null; // / ? #
        if (code <= 32 || (code >= 127 && code <= 160)) return '';
    }
    return null;
}

function isSafe(address) {
    if (address.startsWith('https://') || address.startsWith('/') || address.startsWith('#')) return true;
    const scheme = schemeOf(address);
    return scheme === null || SCHEMES.has(scheme.toLowerCase());
}

const absolute = (address, base) => (address.startsWith('/') && !address.startsWith('//') ? base + address : address);

// ---- Nodes

// What differs between a page and a feed: in a feed addresses are absolute, and headings have no ids.
class Writer {
    constructor(base = null) {
        this.base = base;
        this.outline = []; // levels of the headings around the place that is being written
    }

    // The title of the page is its h1; no level is skipped.
    elementOfHeading(level) {
        const own = Math.min(Math.max(level, 1), 6);
        while (this.outline.length && this.outline.at(-1) > own) this.outline.pop();
        if (this.outline.at(-1) !== own) this.outline.push(own);
        return ELEMENTS[this.outline.length];
    }

    address(name, value) {
        if (!isSafe(value)) return '';
        return ` ${name}="${escape(this.base === null ? value : absolute(value, this.base))}"`;
    }

    // All nodes of an array from an index on.
    nodes(form, from) {
        let html = '';
        for (let i = from; i < form.length; i++) html += this.node(form[i]);
        return html;
    }

    node(form) {
        return typeof form === 'string' ? escape(form) : RENDERERS[form[0]](form, this);
    }
}

const attribute = (name, value) => (value === '' ? '' : ` ${name}="${escape(value)}"`);

function items(form, from, out) {
    const isTight = form[1] === 1;
    let html = '';
    for (let i = from; i < form.length; i++) {
        html += '<li>';
        for (const block of form[i]) {
            // In a list without blank lines, a paragraph is only its text.
            html += isTight && block[0] === 'p' ? out.nodes(block, 1) : out.node(block);
        }
        html += '</li>';
    }
    return html;
}

function row(cells, element, alignments, out) {
    let html = '<tr>';
    const scope = element === 'th' ? ' scope="col"' : '';
    for (let i = 0; i < cells.length; i++) {
        html += `<${element}${scope}${attribute('class', alignments[i] || '')}>${out.nodes(cells[i], 0)}</${element}>`;
    }
    return html + '</tr>';
}

function hostOf(address) {
    if (schemeOf(address) === null) return '';
    const rest = address.slice(address.indexOf(':') + 1).replace(/^\/\//, '');
    const host = rest.split('/', 1)[0];
    return host.slice(host.lastIndexOf('@') + 1);
}

const ELEMENTS = [null, 'h2', 'h3', 'h4', 'h5', 'h6', 'h6']; // by depth

const RENDERERS = {
    p: (f, out) => `<p>${out.nodes(f, 1)}</p>`,
    h: (f, out) => {
        const element = out.elementOfHeading(f[1]);
        const content = out.nodes(f, 3);
        if (out.base !== null) return `<${element}>${content}</${element}>`;
        const id = escape(f[2]);
        return `<${element} id="${id}">${content}<a class="anchor" href="#${id}">#</a></${element}>`;
    },
    ul: (f, out) => `<ul>${items(f, 2, out)}</ul>`,
    ol: (f, out) => `<ol${f[2] === 1 ? '' : ` start="${f[2]}"`}>${items(f, 3, out)}</ol>`,
    q: (f, out) => `<blockquote>${out.nodes(f, 1)}</blockquote>`,
    pre: f => `<pre tabindex="0"><code${f[1] === '' ? '' : ` class="language-${escape(f[1])}"`}>${escape(f[2])}</code></pre>`,
    img: (f, out) =>
        `<figure><img${out.address('src', f[1])} alt="${escape(f[2])}" loading="lazy">` +
        (f[3] === '' ? '' : `<figcaption>${escape(f[3])}</figcaption>`) + '</figure>',
    table: (f, out) => {
        let html = `<div class="table" tabindex="0"><table><thead>${row(f[2], 'th', f[1], out)}</thead><tbody>`;
        for (let i = 3; i < f.length; i++) html += row(f[i], 'td', f[1], out);
        return html + '</tbody></table></div>';
    },
    card: (f, out) => {
        const host = hostOf(f[1]);
        return `<aside class="card"><a${out.address('href', f[1])}><strong>${escape(f[2])}</strong>` +
            (f[3] === '' ? '' : `<span>${escape(f[3])}</span>`) + (host === '' ? '' : `<small>${escape(host)}</small>`) + '</a></aside>';
    },
    embed: (f, out) => {
        const [, kind, address, title] = f;
        return `<figure><${kind}${out.address('src', address)} controls preload="none"${attribute('title', title)}>` +
            `<a${out.address('href', address)}>${escape(title || address)}</a></${kind}>` +
            (title === '' ? '' : `<figcaption>${escape(title)}</figcaption>`) + '</figure>';
    },
    hr: () => '<hr>',
    em: (f, out) => `<em>${out.nodes(f, 1)}</em>`,
    b: (f, out) => `<strong>${out.nodes(f, 1)}</strong>`,
    s: (f, out) => `<s>${out.nodes(f, 1)}</s>`,
    a: (f, out) => `<a${out.address('href', f[1])}${attribute('title', f[2])}>${out.nodes(f, 3)}</a>`,
    c: f => `<code>${escape(f[1])}</code>`,
    i: (f, out) => `<img${out.address('src', f[1])} alt="${escape(f[2])}"${attribute('title', f[3])}>`,
    br: () => '<br>',
};

// ---- Headings

function textOf(form) {
    if (typeof form === 'string') return form;
    switch (form[0]) {
        case 'c': return form[1];
        case 'i': return form[2];
        case 'br': return '\n';
        case 'a': return form.slice(3).map(textOf).join('');
        default: return form.slice(1).map(textOf).join('');
    }
}

function headings(blocks, from, found) {
    for (let i = from; i < blocks.length; i++) {
        const form = blocks[i];
        switch (form[0]) {
            case 'h':
                found.push({ level: Math.min(Math.max(form[1], 1), 6), id: form[2], text: form.slice(3).map(textOf).join('').trim() });
                break;
            case 'q': headings(form, 1, found); break;
            case 'ul': for (let j = 2; j < form.length; j++) headings(form[j], 0, found); break;
            case 'ol': for (let j = 3; j < form.length; j++) headings(form[j], 0, found); break;
        }
    }
    return found;
}

// Nested lists of links; '' when there are too few headings for one.
function tableOfContents(document) {
    const found = headings(document, 1, []);
    if (found.length < 3) return '';
    const levels = [];
    let html = '';
    for (const { level, id, text } of found) {
        while (levels.length && levels.at(-1) > level) {
            levels.pop();
            html += '</li></ol>';
        }
        if (levels.length && levels.at(-1) === level) {
            html += '</li>';
        } else {
            levels.push(level);
            html += '<ol>';
        }
        html += `<li><a href="#${escape(id)}">${escape(text)}</a>`;
    }
    return html + '</li></ol>'.repeat(levels.length);
}

function parse(json) {
    const document = JSON.parse(json);
    if (!Array.isArray(document) || document[0] !== 'kiln/1') throw new Error('this text is not that of a document');
    return document;
}

const asHtml = document => new Writer().nodes(document, 1);
const asAtom = (document, base) => new Writer(base).nodes(document, 1);

module.exports = { escape, isSafe, absolute, parse, asHtml, asAtom, tableOfContents };
