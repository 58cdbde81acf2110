'use strict';
// The pages, as template functions. They write what guests/content/model writes, byte for byte.

const { escape, isSafe, absolute, parse, asHtml, asAtom, tableOfContents } = require('./document.js');

const PLAIN = /^[A-Za-z0-9_.~-]*$/;
const encode = text => (PLAIN.test(text) ? text : encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`));
const href = address => (isSafe(address) ? ` href="${escape(address)}"` : '');
const pathOfPost = row => `/post/${encode(row.slug)}`;
const pathOfTag = tag => `/tag/${encode(tag)}`;
const tagsOf = row => (row.tags === '' ? [] : row.tags.split('\n'));

// ---- Dates

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const isoDate = seconds => new Date(seconds * 1000).toISOString().slice(0, 19) + 'Z';
function time(seconds) {
    const date = new Date(seconds * 1000);
    const readable = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
    return `<time datetime="${date.toISOString().slice(0, 19)}Z">${readable}</time>`;
}
const dateOf = row => row.published ?? row.created;

// ---- The layout

const NAVIGATION = [['/', 'Home'], ['/archive', 'Archive'], ['/tags', 'Tags']];

const searchForm = query =>
    '<form class="search" role="search" action="/search" method="get">' +
    `<input type="search" name="q" value="${escape(query)}" aria-label="Search" placeholder="Search" maxlength="200">` +
    '<button type="submit">Search</button></form>';

function layout(site, { title, description = '', canonical = null, navigation = canonical, robots = true, main = '' }, content) {
    const asset = name => `/assets/${name}?v=${encode(site.version)}`;
    let entries = '';
    for (const [path, text] of NAVIGATION) {
        entries += `<li><a href="${path}"${path === navigation ? ' aria-current="page"' : ''}>${text}</a></li>`;
    }
    return '<!DOCTYPE html>' +
        `<html lang="${escape(site.language)}"><head><meta charset="utf-8">` +
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">' +
        `<title>${escape(title)}</title>` +
        (description === '' ? '' : `<meta name="description" content="${escape(description)}">`) +
        (robots ? '' : '<meta name="robots" content="noindex">') +
        `<link rel="stylesheet" href="${escape(asset('style.css'))}">` +
        `<link rel="icon" href="${escape(asset('icon.svg'))}" type="image/svg+xml">` +
        `<link rel="alternate" href="/feed.atom" type="application/atom+xml" title="${escape(site.title)}">` +
        (canonical === null ? '' : `<link rel="canonical"${href(absolute(canonical, site.baseUrl))}>`) +
        '</head><body><a class="skip" href="#content">Skip to the content</a><header class="site">' +
        `<p class="name"><a href="/">${escape(site.title)}</a></p>` +
        (site.subtitle === '' ? '' : `<p class="subtitle">${escape(site.subtitle)}</p>`) +
        `<nav aria-label="Site"><ul>${entries}</ul></nav>${searchForm('')}</header>` +
        `<main id="content"${main}>${content}</main>` +
        `<footer class="site"><p>${escape(site.title)}${site.author === '' ? '' : `, by ${escape(site.author)}`}</p>` +
        '<p><a href="/feed.atom">Feed</a> · <a href="/edit">Write</a></p></footer></body></html>';
}

function tags(row) {
    const names = tagsOf(row);
    if (names.length === 0) return '';
    let html = '<ul class="tags" aria-label="Tags">';
    for (const name of names) html += `<li><a href="${escape(pathOfTag(name))}" rel="tag">${escape(name)}</a></li>`;
    return html + '</ul>';
}

const byline = row =>
    `<p class="byline">${time(dateOf(row))}${row.author === '' ? '' : ` · ${escape(row.author)}`}` +
    `${row.status === 'published' ? '' : ' · <strong>Draft</strong>'}</p>`;

// ---- Lists of posts

function paging(pathOf, page, pages) {
    if (pages <= 1) return '';
    const link = (number, relation, label) => `<a${href(pathOf(number))} rel="${relation}">${label}</a>`;
    return '<nav class="paging" aria-label="Pages">' + (page <= 1 ? '' : link(page - 1, 'prev', 'Newer')) +
        `<span>Page ${page} of ${pages}</span>` + (page >= pages ? '' : link(page + 1, 'next', 'Older')) + '</nav>';
}

const entry = (row, summary) =>
    `<article class="entry"><h2><a href="${escape(pathOfPost(row))}">${escape(row.title)}</a></h2>${byline(row)}` +
    `<p class="summary">${summary}</p>${tags(row)}</article>`;

function postList(rows, nothing, summary = row => escape(row.summary)) {
    if (rows.length === 0) return `<p class="nothing">${nothing}</p>`;
    let html = '';
    for (const row of rows) html += entry(row, summary(row));
    return html;
}

const NOTHING_PUBLISHED = 'Nothing has been published yet.';

function index(site, rows, page, pages) {
    const headline = page <= 1 ? 'Newest posts' : `Posts, page ${page}`;
    const pathOf = number => (number <= 1 ? '/' : `/page/${number}`);
    return layout(site, {
        title: page <= 1 ? site.title : `${headline} – ${site.title}`,
        description: site.subtitle, canonical: pathOf(page), navigation: '/',
    }, `<h1>${headline}</h1>${postList(rows, NOTHING_PUBLISHED)}${paging(pathOf, page, pages)}`);
}

function tag(site, name, rows, page, pages) {
    const first = pathOfTag(name);
    const pathOf = number => (number <= 1 ? first : `${first}/page/${number}`);
    return layout(site, { title: `Tagged ${name} – ${site.title}`, canonical: pathOf(page), navigation: '/tags' },
        `<h1>${escape(`Tagged ${name}`)}</h1>${postList(rows, NOTHING_PUBLISHED)}${paging(pathOf, page, pages)}`);
}

// A snippet, in which U+E000 and U+E001 stand around what was found.
function snippet(text) {
    const [before, ...parts] = text.split('\ue000');
    let html = escape(before.replaceAll('\ue001', ''));
    for (const part of parts) {
        const end = part.indexOf('\ue001');
        html += end < 0 ? escape(part) : `<mark>${escape(part.slice(0, end))}</mark>${escape(part.slice(end + 1).replaceAll('\ue001', ''))}`;
    }
    return html;
}

function search(site, query, rows, page, pages, total) {
    const headline = query === '' ? 'Search' : `Search: ${query}`;
    const first = `/search?q=${encode(query)}`;
    const pathOf = number => (number <= 1 ? first : `${first}&page=${number}`);
    return layout(site, { title: `${headline} – ${site.title}`, robots: false },
        `<h1>${escape(headline)}</h1>${searchForm(query)}` +
        (total > 0 ? `<p class="count">${total}${total === 1 ? ' post' : ' posts'}</p>` : '') +
        postList(rows, query === '' ? 'What are you looking for?' : 'No post has these words.', row => snippet(row.summary)) +
        paging(pathOf, page, pages));
}

// ---- A post

function neighbours(previous, next) {
    if (!previous && !next) return '';
    const link = (row, relation, label) =>
        (row ? `<a class="${relation}" href="${escape(pathOfPost(row))}" rel="${relation}"><small>${label}</small> <span>${escape(row.title)}</span></a>` : '');
    return `<nav class="neighbours" aria-label="More posts">${link(previous, 'prev', 'Earlier')}${link(next, 'next', 'Later')}</nav>`;
}

function post(site, row, previous, next) {
    const document = parse(row.document);
    const contents = tableOfContents(document);
    return layout(site, {
        title: `${row.title} – ${site.title}`, description: row.summary, canonical: pathOfPost(row), navigation: null,
    }, `<article class="post"><header><h1>${escape(row.title)}</h1>${byline(row)}` +
        (row.published !== null && row.version > 1 && row.updated - row.published > 86400 ? `<p class="updated">Updated ${time(row.updated)}</p>` : '') +
        `${tags(row)}</header>` +
        (row.cover ? `<figure class="cover"><img${isSafe(row.cover) ? ` src="${escape(row.cover)}"` : ''} alt=""></figure>` : '') +
        (contents === '' ? '' : `<nav class="contents" aria-labelledby="contents"><h2 id="contents">Contents</h2>${contents}</nav>`) +
        `<div class="text">${asHtml(document)}</div></article>${neighbours(previous, next)}`);
}

// ---- Others

function tagList(site, counts) {
    let html = '<h1>Tags</h1>';
    if (counts.length === 0) html += '<p class="nothing">There are no tags yet.</p>';
    else {
        html += '<ul class="all-tags">';
        for (const { name, count } of counts) {
            html += `<li><a href="${escape(pathOfTag(name))}">${escape(name)}</a> <span class="count">${count}</span></li>`;
        }
        html += '</ul>';
    }
    return layout(site, { title: `Tags – ${site.title}`, canonical: '/tags' }, html);
}

function archive(site, rows) {
    let html = '<h1>Archive</h1>';
    if (rows.length === 0) html += `<p class="nothing">${NOTHING_PUBLISHED}</p>`;
    else {
        let year = null;
        for (const row of rows) {
            const own = new Date(dateOf(row) * 1000).getUTCFullYear();
            if (own !== year) {
                html += `${year === null ? '' : '</ul></section>'}<section class="year"><h2>${own}</h2><ul>`;
                year = own;
            }
            html += `<li>${time(dateOf(row))} <a href="${escape(pathOfPost(row))}">${escape(row.title)}</a></li>`;
        }
        html += '</ul></section>';
    }
    return layout(site, { title: `Archive – ${site.title}`, canonical: '/archive' }, html);
}

const error = (site, status, message) =>
    layout(site, { title: `${message} – ${site.title}`, robots: false, main: ' class="error"' },
        `<p class="status">${status}</p><h1>${escape(message)}</h1><p>Perhaps the <a href="/archive">archive</a> or the search has what you are looking for.</p>`);

// ---- The feed

// What XML 1.0 has no characters for.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const FORBIDDENS = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const xml = text => escape(FORBIDDEN.test(text) ? text.replace(FORBIDDENS, '') : text);

function hostOf(site) {
    return site.baseUrl.replaceAll('https://', '').replaceAll('http://', '').split('/', 1)[0].split(':', 1)[0] || 'localhost';
}

function feed(site, rows) {
    const host = hostOf(site);
    const link = (path, relation, type) => `<link rel="${relation}" type="${type}" href="${xml(absolute(path, site.baseUrl))}"/>`;
    const author = name => `<author><name>${xml(name || site.title)}</name></author>`;
    let updated = 0;
    let entries = '';
    for (const row of rows) {
        updated = Math.max(updated, row.updated);
        let categories = '';
        for (const name of tagsOf(row)) categories += `<category term="${xml(name)}"/>`;
        entries += `<entry><title>${xml(row.title)}</title>${link(pathOfPost(row), 'alternate', 'text/html')}` +
            `<id>${xml(`tag:${host},${isoDate(row.created).slice(0, 10)}:post/${row.id}`)}</id><updated>${isoDate(row.updated)}</updated>` +
            `<published>${isoDate(dateOf(row))}</published>${author(row.author || site.author)}${categories}` +
            `<summary>${xml(row.summary)}</summary><content type="html" xml:base="${xml(absolute('/', site.baseUrl))}">` +
            `${xml(asAtom(parse(row.document), site.baseUrl))}</content></entry>`;
    }
    return '<?xml version="1.0" encoding="utf-8"?>' +
        `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${xml(site.language)}"><title>${xml(site.title)}</title>` +
        (site.subtitle === '' ? '' : `<subtitle>${xml(site.subtitle)}</subtitle>`) +
        link('/feed.atom', 'self', 'application/atom+xml') + link('/', 'alternate', 'text/html') +
        `<id>tag:${xml(host)},1970:blog</id><updated>${isoDate(updated)}</updated>${author(site.author)}${entries}</feed>`;
}

module.exports = { index, post, tag, tagList, archive, search, error, feed };
