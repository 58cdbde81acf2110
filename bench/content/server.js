'use strict';
// The pages of Kiln's content server, from the same database, by Node.js: node:http, better-sqlite3, template functions.
// Nothing that is rendered or parsed is kept; statements are prepared once. Options: --db FILE --port N --site JSON
// --assets FOLDER. When it listens it prints "ready".

const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const Database = require('better-sqlite3');
const pages = require('./pages.js');

const { values: options } = parseArgs({ options: {
    db: { type: 'string' }, port: { type: 'string' }, site: { type: 'string', default: '{}' }, assets: { type: 'string' },
} });
const site = { title: 'A Kiln site', subtitle: '', author: '', baseUrl: '', language: 'en', version: '1', ...JSON.parse(options.site) };

const PAGE_SIZE = 10;
const FEED_SIZE = 10;
const FEED_CHARACTERS = 1000000;

// ---- The database

const database = new Database(options.db, { readonly: true });
database.exec("CREATE VIRTUAL TABLE temp.piece USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')");
const prepare = sql => database.prepare(sql);

const LIGHT = 'p.id, p.slug, p.title, p.author, p.summary, p.tags, p.status, p.created, p.updated, p.published, p.version, p.cover';
const FULL = `${LIGHT}, p.document`;
const PUBLISHED = "p.status = 'published'";
const NEWEST = 'ORDER BY p.published DESC, p.id DESC';
const sql = {
    count: prepare(`SELECT count(*) FROM post p WHERE ${PUBLISHED}`).pluck(),
    list: prepare(`SELECT ${LIGHT} FROM post p WHERE ${PUBLISHED} ${NEWEST} LIMIT ? OFFSET ?`),
    feed: prepare(`SELECT ${FULL} FROM post p WHERE ${PUBLISHED} ${NEWEST} LIMIT ?`),
    archive: prepare(`SELECT ${LIGHT} FROM post p WHERE ${PUBLISHED} ${NEWEST}`),
    post: prepare(`SELECT ${FULL} FROM post p WHERE p.slug = ? AND ${PUBLISHED}`),
    before: prepare(`SELECT ${LIGHT} FROM post p WHERE ${PUBLISHED} AND (p.published, p.id) < (?, ?) ${NEWEST} LIMIT 1`),
    after: prepare(`SELECT ${LIGHT} FROM post p WHERE ${PUBLISHED} AND (p.published, p.id) > (?, ?) ORDER BY p.published, p.id LIMIT 1`),
    tags: prepare(`SELECT g.name, count(*) AS count FROM tag g JOIN post_tag t ON t.tag = g.id JOIN post p ON p.id = t.post
                   WHERE ${PUBLISHED} GROUP BY g.id ORDER BY g.key`),
    tag: prepare('SELECT id, name FROM tag WHERE key = ?'),
    taggedCount: prepare(`SELECT count(*) FROM post_tag t JOIN post p ON p.id = t.post WHERE t.tag = ? AND ${PUBLISHED}`).pluck(),
    tagged: prepare(`SELECT ${LIGHT} FROM post_tag t JOIN post p ON p.id = t.post WHERE t.tag = ? AND ${PUBLISHED} ${NEWEST} LIMIT ? OFFSET ?`),
    foundCount: prepare('SELECT count(*) FROM words WHERE words MATCH ?').pluck(),
    found: prepare(`SELECT ${LIGHT} FROM post p JOIN words ON words.rowid = p.id WHERE words MATCH ?
                    ORDER BY bm25(words, 8.0, 1.0, 4.0), p.published DESC, p.id DESC LIMIT ? OFFSET ?`),
    length: prepare('SELECT length(text) FROM words WHERE rowid = ?').pluck(),
    snippet: prepare("SELECT snippet(words, 1, ?, ?, '…', 36) FROM words WHERE words MATCH ? AND rowid = ?").pluck(),
    // FTS5 takes long for a snippet of a long text, so its beginning is looked at by itself first.
    forget: prepare('DELETE FROM temp.piece'),
    remember: prepare('INSERT INTO temp.piece (rowid, text) SELECT 1, substr(text, 1, ?) FROM words WHERE rowid = ?'),
    piece: prepare("SELECT snippet(piece, 0, ?, ?, '…', 36) FROM temp.piece WHERE piece MATCH ?").pluck(),
    state: prepare('SELECT generation, changed FROM state'),
};

// ---- Answers

const SECURITY = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; " +
        "media-src 'self' https:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; " +
        "frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
};

class Problem extends Error {
    constructor(status, message, headers = {}) {
        super(message);
        this.status = status;
        this.headers = headers;
    }
}
const none = () => new Problem(404, 'There is no such page.');

function send(request, response, type, text) {
    const { generation, changed } = sql.state.get();
    const body = Buffer.from(text);
    response.writeHead(200, {
        'Content-Type': type, 'Content-Length': body.length, ETag: `W/"${generation}-${body.length}"`, 'Cache-Control': 'public, no-cache',
        'Last-Modified': new Date(changed * 1000).toUTCString(), Vary: 'Accept-Encoding', ...SECURITY,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
}

const HTML = 'text/html; charset=utf-8';

function pageNumber(text, pages) {
    const page = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
    if (page < 1 || page > pages) throw none();
    return page;
}
const pagesOf = total => Math.max(1, Math.ceil(total / PAGE_SIZE));

function index(text) {
    const count = pagesOf(sql.count.get());
    const page = pageNumber(text, count);
    return pages.index(site, sql.list.all(PAGE_SIZE, (page - 1) * PAGE_SIZE), page, count);
}

function post(slug) {
    const row = sql.post.get(slug);
    if (!row) throw none();
    return pages.post(site, row, sql.before.get(row.published, row.id), sql.after.get(row.published, row.id));
}

function tagged(name, text) {
    const tag = sql.tag.get(name.toLowerCase());
    if (!tag || tag.name !== name) throw none();
    const count = pagesOf(sql.taggedCount.get(tag.id));
    const page = pageNumber(text, count);
    return pages.tag(site, name, sql.tagged.all(tag.id, PAGE_SIZE, (page - 1) * PAGE_SIZE), page, count);
}

const LONG_TEXT = 16000;
const BEGINNING = 6000;
const MARKS = ['\ue000', '\ue001'];
function snippet(id, match, any) {
    if (sql.length.get(id) > LONG_TEXT) {
        sql.forget.run();
        sql.remember.run(BEGINNING, id);
        const piece = sql.piece.get(...MARKS, any);
        if (piece) return piece;
    }
    // Numbers are bound as floats, which FTS5 does not take for a rowid beside MATCH.
    return sql.snippet.get(...MARKS, match, BigInt(id));
}

// All words must occur; the last one may be the beginning of one.
function search(query) {
    const text = query.get('q') || '';
    const words = text.split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).map(word => `"${word.replaceAll('"', '')}"`);
    if (words.length === 0) return pages.search(site, text, [], 1, 1, 0);
    const match = `${words.join(' AND ')}*`;
    const total = sql.foundCount.get(match);
    const count = pagesOf(total);
    const page = pageNumber(query.get('page') || '1', count);
    const any = `${words.join(' OR ')}*`;
    const rows = sql.found.all(match, PAGE_SIZE, (page - 1) * PAGE_SIZE);
    for (const row of rows) row.summary = snippet(row.id, match, any);
    return pages.search(site, text, rows, page, count, total);
}

// The newest posts whole, as many as there is room for, but one at least.
function newest() {
    const rows = sql.feed.all(FEED_SIZE);
    let room = FEED_CHARACTERS;
    const end = rows.findIndex((row, i) => (room -= row.document.length) < 0 && i > 0);
    return end < 0 ? rows : rows.slice(0, end);
}

const TYPES = { '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.js': 'text/javascript; charset=utf-8' };
function asset(request, response, name) {
    if (!/^[a-z][a-z0-9-]*\.[a-z]+$/.test(name)) throw none();
    let body;
    try {
        body = fs.readFileSync(path.join(options.assets, name));
    } catch {
        throw none();
    }
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(name)], 'Content-Length': body.length, 'Cache-Control': 'public, max-age=300', ...SECURITY });
    response.end(body);
}

// ---- Routes

function route(request, response) {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Problem(405, 'This cannot be done here.', { Allow: 'GET, HEAD' });
    const mark = request.url.indexOf('?');
    const target = mark < 0 ? request.url : request.url.slice(0, mark);
    const [, head, first, second, third, ...more] = target.split('/');
    const html = text => send(request, response, HTML, text);
    if (more.length > 0) throw none();
    if (second === undefined) {
        if (head === 'post' && first !== undefined) return html(post(decodeURIComponent(first)));
        if (head === 'tag' && first !== undefined) return html(tagged(decodeURIComponent(first), '1'));
        if (head === 'page' && first !== undefined) return html(index(first));
        if (head === 'assets' && first !== undefined) return asset(request, response, first);
        if (first !== undefined) throw none();
        if (head === '') return html(index('1'));
        if (head === 'tags') return html(pages.tagList(site, sql.tags.all()));
        if (head === 'archive') return html(pages.archive(site, sql.archive.all()));
        if (head === 'search') return html(search(new URLSearchParams(mark < 0 ? '' : request.url.slice(mark))));
        if (head === 'feed.atom') return send(request, response, 'application/atom+xml; charset=utf-8', pages.feed(site, newest()));
    } else if (head === 'tag' && second === 'page' && third !== undefined) {
        return html(tagged(decodeURIComponent(first), third));
    }
    throw none();
}

const server = http.createServer((request, response) => {
    try {
        route(request, response);
    } catch (error) {
        const status = error instanceof Problem ? error.status : error instanceof URIError ? 400 : 500;
        if (status === 500) console.error(error);
        const text = pages.error(site, status, status === 500 ? 'Something went wrong here.' : error.message);
        response.writeHead(status, { 'Content-Type': HTML, ...SECURITY, ...error.headers });
        response.end(text);
    }
});
server.listen(Number(options.port), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
