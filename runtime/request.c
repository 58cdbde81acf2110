// Requests cut out of a stream. See request.h.
#include "runtime/request.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CANCEL_BYTE = 24,
    FIRST_ROOM = 256,
    KEPT_OF_LONG = 64, // enough to find its number
};

void rt_request_init(RequestScanner *s, size_t limit) {
    *s = (RequestScanner){.limit = limit, .line = 1, .column = 1};
}

void rt_request_free(RequestScanner *s) {
    free(s->text);
    s->text = NULL;
    s->size = s->room = 0;
}

// ---- what a request says at its beginning

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static size_t skip_blanks(const char *text, size_t size, size_t at) {
    while (at < size && is_blank(text[at]))
        at++;
    return at;
}

// (word number …
static void look_at_head(Request *r, const char *text, size_t size) {
    r->number = -1;
    size_t word = skip_blanks(text, size, 1), at = word;
    while (at < size && ((text[at] >= 'a' && text[at] <= 'z') || text[at] == '-'))
        at++;
    size_t word_end = at;
    at = skip_blanks(text, size, at);
    size_t digits = at;
    int64_t number = 0;
    // 15 digits: a fixnum, as the reader would see it.
    while (at < size && text[at] >= '0' && text[at] <= '9' && at - digits < 15)
        number = 10 * number + (text[at++] - '0');
    if (word_end == word || digits == word_end || at == digits || at == size ||
        !(is_blank(text[at]) || text[at] == ')' || text[at] == '('))
        return;
    r->number = number;
    r->cancels = word_end - word == 6 && memcmp(text + word, "cancel", 6) == 0 &&
                 skip_blanks(text, size, at) == size - 1;
}

// ---- the machine

static void keep(RequestScanner *s, char c) {
    if (s->too_long && s->size >= KEPT_OF_LONG)
        return;
    if (s->size == s->limit) {
        s->too_long = true;
        if (s->size > KEPT_OF_LONG)
            s->size = KEPT_OF_LONG;
        return;
    }
    if (s->size == s->room) {
        size_t room = s->room ? 2 * s->room : FIRST_ROOM;
        char *text = realloc(s->text, room);
        if (!text) { // as good as too long
            s->too_long = true;
            return;
        }
        s->text = text;
        s->room = room;
    }
    s->text[s->size++] = c;
}

static void begin(RequestScanner *s) {
    s->size = 0;
    s->too_long = false;
    s->depth = 1;
    s->first_line = s->line;
    s->first_column = s->column;
    s->state = SCAN_DATUM;
}

static void malformed(RequestScanner *s, const char *problem, Request *found) {
    *found = (Request){.kind = REQUEST_MALFORMED,
                       .problem = problem,
                       .line = s->line,
                       .column = s->column,
                       .number = -1};
}

// The request under way will not be complete.
static void give_up(RequestScanner *s, const char *problem, Request *found) {
    *found = (Request){.kind = REQUEST_MALFORMED,
                       .problem = problem,
                       .line = s->first_line,
                       .column = s->first_column};
    look_at_head(found, s->text ? s->text : "(", s->text ? s->size : 1);
    found->cancels = false;
    s->state = SCAN_BETWEEN;
    rt_request_free(s);
}

static void complete(RequestScanner *s, Request *found) {
    if (s->too_long) {
        give_up(s, "the request is longer than allowed", found);
        return;
    }
    *found = (Request){.kind = REQUEST_WHOLE,
                       .text = s->text,
                       .size = s->size,
                       .line = s->first_line,
                       .column = s->first_column};
    look_at_head(found, s->text, s->size);
    s->text = NULL;
    s->size = s->room = 0;
    s->state = SCAN_BETWEEN;
}

static void between(RequestScanner *s, char c, Request *found) {
    switch (c) {
    case '(':
        begin(s);
        keep(s, c);
        break;
    case ';':
        s->state = SCAN_BETWEEN_COMMENT;
        break;
    case CANCEL_BYTE:
        break;
    default:
        if (is_blank(c))
            break;
        malformed(s,
                  c == ')' || c == ']' || c == '}' ? "a closing bracket without an opening one"
                                                   : "expected a request, (WORD NUMBER …)",
                  found);
        s->state = SCAN_SKIP;
    }
}

// Within a request, at the beginning of a token or within one. True: it is complete.
static bool within(RequestScanner *s, char c, bool token) {
    s->state = SCAN_DATUM;
    switch (c) {
    case '(':
    case '[':
    case '{':
        s->depth++;
        break;
    case ')':
    case ']':
    case '}':
        return --s->depth == 0;
    case '"':
        s->state = SCAN_STRING;
        break;
    case '|':
        s->state = SCAN_BAR;
        break;
    case ';':
        s->state = SCAN_COMMENT;
        break;
    case '\'':
    case '`':
        break;
    case ',':
        s->state = SCAN_COMMA;
        break;
    default:
        if (!is_blank(c))
            s->state = c == '#' && !token ? SCAN_HASH : SCAN_TOKEN;
    }
    return false;
}

static bool after_hash(RequestScanner *s, char c) {
    switch (c) {
    case '\\':
        s->state = SCAN_CHARACTER;
        return false;
    case '|':
        s->state = SCAN_BLOCK;
        s->block_depth = 1;
        s->before = 0;
        return false;
    case ';': // comments out the datum that follows
        s->state = SCAN_DATUM;
        return false;
    default:
        if (c >= '0' && c <= '9') {
            s->state = SCAN_LABEL;
            return false;
        }
        return within(s, c, true);
    }
}

static bool in_label(RequestScanner *s, char c) {
    if (c >= '0' && c <= '9')
        return false;
    if (c != '=' && c != '#')
        return within(s, c, true);
    s->state = SCAN_DATUM;
    return false;
}

// A character of one byte that no name of a character can go on behind.
static bool ends_token(char c) {
    return ((unsigned char)c <= ' ' || c == 127 || strchr("\"'(),;[]`{|}", c));
}

// Does c complete white space beyond ASCII? It ends tokens.
static bool completes_blank(const RequestScanner *s, char c) {
    unsigned char byte = (unsigned char)c, one = s->last[0], two = s->last[1];
    if (one == 0xC2)
        return byte == 0x85 || byte == 0xA0;
    if (two == 0xE2 && one == 0x80)
        return (byte >= 0x80 && byte <= 0x8A) || byte == 0xA8 || byte == 0xA9 || byte == 0xAF;
    return (two == 0xE1 && one == 0x9A && byte == 0x80) ||
           (two == 0xE2 && one == 0x81 && byte == 0x9F) ||
           (two == 0xE3 && one == 0x80 && byte == 0x80);
}

static void in_block(RequestScanner *s, char c) {
    char before = s->before;
    s->before = c == '|' || c == '#' ? c : 0;
    if (before == '|' && c == '#') {
        s->before = 0;
        if (--s->block_depth == 0)
            s->state = SCAN_DATUM;
    } else if (before == '#' && c == '|') {
        s->before = 0;
        s->block_depth++;
    }
}

// One byte of a request. True: it is complete.
static bool step(RequestScanner *s, char c) {
    keep(s, c);
    switch (s->state) {
    case SCAN_DATUM:
        return within(s, c, false);
    case SCAN_TOKEN:
        if (!completes_blank(s, c))
            return within(s, c, true);
        s->state = SCAN_DATUM;
        break;
    case SCAN_LABEL:
        return in_label(s, c);
    case SCAN_COMMA:
        if (c != '@')
            return within(s, c, false);
        s->state = SCAN_DATUM;
        break;
    case SCAN_HASH:
        return after_hash(s, c);
    case SCAN_CHARACTER: // whatever it is
        s->state = ends_token(c) ? SCAN_DATUM : SCAN_TOKEN;
        break;
    case SCAN_STRING:
        s->state = c == '\\' ? SCAN_STRING_ESCAPE : c == '"' ? SCAN_DATUM : SCAN_STRING;
        break;
    case SCAN_STRING_ESCAPE:
        s->state = SCAN_STRING;
        break;
    case SCAN_BAR:
        s->state = c == '\\' ? SCAN_BAR_ESCAPE : c == '|' ? SCAN_DATUM : SCAN_BAR;
        break;
    case SCAN_BAR_ESCAPE:
        s->state = SCAN_BAR;
        break;
    case SCAN_COMMENT:
        if (c == '\n')
            s->state = SCAN_DATUM;
        break;
    case SCAN_BLOCK:
        in_block(s, c);
        break;
    case SCAN_BETWEEN:
    case SCAN_BETWEEN_COMMENT:
    case SCAN_SKIP:
        break; // not within a request
    }
    return false;
}

static void advance(RequestScanner *s, char c) {
    s->last[1] = s->last[0];
    s->last[0] = (uint8_t)c;
    if (c == '\n') {
        s->line++;
        s->column = 1;
    } else if (((unsigned char)c & 0xC0) != 0x80) {
        s->column++;
    }
}

size_t rt_request_scan(RequestScanner *s, const char *bytes, size_t size, Request *found) {
    *found = (Request){.kind = REQUEST_NONE, .number = -1};
    size_t at = 0;
    while (at < size && found->kind == REQUEST_NONE) {
        char c = bytes[at++];
        switch (s->state) {
        case SCAN_BETWEEN:
            between(s, c, found);
            break;
        case SCAN_BETWEEN_COMMENT:
        case SCAN_SKIP:
            if (c == '\n')
                s->state = SCAN_BETWEEN;
            break;
        default:
            if (c == CANCEL_BYTE)
                give_up(s, "the request was given up", found);
            else if (step(s, c))
                complete(s, found);
        }
        advance(s, c);
    }
    return at;
}

void rt_request_end(RequestScanner *s, Request *found) {
    *found = (Request){.kind = REQUEST_NONE, .number = -1};
    if (s->state != SCAN_BETWEEN && s->state != SCAN_BETWEEN_COMMENT && s->state != SCAN_SKIP)
        give_up(s, "the input ended within the request", found);
}
