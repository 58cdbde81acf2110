// The reader's lexer. Tokens are scanned where they lie in the port's buffer; bytes are classified
// by a table, and only text that is not ASCII is decoded.
#include "runtime/heap.h"
#include "runtime/lexer_int.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>

enum { AT_END = -1, AT_FAILURE = -2 }; // instead of a byte

enum {               // classes of bytes
    CLASS_ENDS = 1,  // a token ends before it
    CLASS_BLANK = 2, // white space but for the newline
    CLASS_PLAIN = 4, // stands for itself in strings and between bars
};

static const uint8_t class_of[256] = {
    [0 ... 8] = CLASS_ENDS,
    ['\t'] = CLASS_ENDS | CLASS_BLANK,
    ['\n'] = CLASS_ENDS,
    ['\v'] = CLASS_ENDS | CLASS_BLANK,
    ['\f'] = CLASS_ENDS | CLASS_BLANK,
    ['\r'] = CLASS_ENDS | CLASS_BLANK,
    [14 ... 31] = CLASS_ENDS,
    [' '] = CLASS_ENDS | CLASS_BLANK | CLASS_PLAIN,
    ['!'] = CLASS_PLAIN,
    ['"'] = CLASS_ENDS,
    ['#' ... '&'] = CLASS_PLAIN,
    ['\''] = CLASS_ENDS | CLASS_PLAIN,
    ['(' ... ')'] = CLASS_ENDS | CLASS_PLAIN,
    ['*' ... '+'] = CLASS_PLAIN,
    [','] = CLASS_ENDS | CLASS_PLAIN,
    ['-' ... ':'] = CLASS_PLAIN,
    [';'] = CLASS_ENDS | CLASS_PLAIN,
    ['<' ... 'Z'] = CLASS_PLAIN,
    ['['] = CLASS_ENDS | CLASS_PLAIN,
    ['\\'] = 0,
    [']'] = CLASS_ENDS | CLASS_PLAIN,
    ['^' ... '_'] = CLASS_PLAIN,
    ['`'] = CLASS_ENDS | CLASS_PLAIN,
    ['a' ... 'z'] = CLASS_PLAIN,
    ['{'] = CLASS_ENDS | CLASS_PLAIN,
    ['|'] = CLASS_ENDS,
    ['}'] = CLASS_ENDS | CLASS_PLAIN,
    ['~'] = CLASS_PLAIN,
    [127] = CLASS_ENDS,
};

static bool byte_is(int byte, unsigned class) { return byte >= 0 && class_of[byte] & class; }
static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static int hex_digit(int c) {
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// ---- failures

bool rt_lexer_fail(VM *vm, Reader *r, Place place, const char *format, ...) {
    char text[384];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    Value who = rt_intern(vm, "read");
    Position position = r->source ? position_make(r->source, place.line, place.column) : 0;
    if (position)
        rt_fail_at(vm, CONDITION_READ, position, who, VALUE_NULL, "%s", text);
    else // data: the place in it matters, and the evaluator adds where the program read it
        rt_fail(vm, CONDITION_READ, rt_cons(vm, value_port(r->port)->name, VALUE_NULL),
                "%s (line %u, column %u) in", text, place.line, place.column);
    return false;
}

static bool fail_unclosed(VM *vm, Reader *r, Place opened, const char *what) {
    r->incomplete = true;
    return rt_lexer_fail(vm, r, opened, "the %s opened here is never closed", what);
}

static bool fail_ended(VM *vm, Reader *r, Place place, const char *what) {
    r->incomplete = true;
    return rt_lexer_fail(vm, r, place, "expected %s before the end of input", what);
}

// ---- the buffer

static Place place_of(const Port *p) { return (Place){p->line, p->column}; }

// The byte `ahead` bytes after the next one.
static int look(VM *vm, Port *p, size_t ahead) {
    while (p->end - p->start <= ahead) {
        int more = rt_port_fill(vm, p);
        if (more <= 0)
            return more == 0 ? AT_END : AT_FAILURE;
    }
    return p->buffer[p->start + ahead];
}

// Move on over bytes of ASCII, none a newline.
static void take(Port *p, size_t bytes) {
    p->start += bytes;
    p->column += (uint32_t)bytes;
}

static void take_newline(Port *p) {
    p->start++;
    p->line++;
    p->column = 1;
}

// Move on over bytes of UTF-8, none a newline.
static void take_text(Port *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if ((p->buffer[p->start + i] & 0xC0) != 0x80)
            p->column++;
    p->start += bytes;
}

// Decode the character that begins `ahead` bytes after the next one, which is there; its length in
// *length.
static bool decode(VM *vm, Reader *r, Port *p, size_t ahead, uint32_t *c, size_t *length) {
    Utf8Step step;
    do {
        step =
            rt_utf8_decode((const char *)p->buffer + p->start + ahead, p->end - p->start - ahead);
        if (step.status != UTF8_TRUNCATED)
            break;
        int more = rt_port_fill(vm, p);
        if (more < 0)
            return false;
        if (more == 0)
            break;
    } while (true);
    *c = step.code;
    *length = step.length;
    if (step.status == UTF8_OK)
        return true;
    Place place = place_of(p);
    for (size_t i = 0; i < ahead; i++)
        if ((p->buffer[p->start + i] & 0xC0) != 0x80)
            place.column++;
    unsigned byte = p->buffer[p->start + ahead];
    uint64_t offset = p->offset + p->start + ahead;
    p->start += ahead + step.length;
    return rt_lexer_fail(vm, r, place, "invalid UTF-8: byte 0x%02X at offset %llu", byte,
                         (unsigned long long)offset);
}

// ---- white space and comments

// The rest of the line, its newline excluded.
static bool skip_line(VM *vm, Port *p) {
    for (;;) {
        size_t unread = p->end - p->start;
        const uint8_t *newline = unread ? memchr(p->buffer + p->start, '\n', unread) : NULL;
        if (newline) {
            take_text(p, (size_t)(newline - (p->buffer + p->start)));
            return true;
        }
        if (unread)
            take_text(p, unread);
        int more = rt_port_fill(vm, p);
        if (more <= 0)
            return more == 0;
    }
}

// A nested comment, at its #|.
static bool skip_block(VM *vm, Reader *r, Port *p) {
    Place opened = place_of(p);
    take(p, 2);
    for (size_t depth = 1; depth > 0;) {
        int byte = look(vm, p, 0);
        if (byte == AT_FAILURE)
            return false;
        if (byte == AT_END)
            return fail_unclosed(vm, r, opened, "comment");
        if (byte == '\n') {
            take_newline(p);
        } else if (byte == '|' || byte == '#') {
            int next = look(vm, p, 1);
            if (next == AT_FAILURE)
                return false;
            bool closes = byte == '|' && next == '#', opens = byte == '#' && next == '|';
            take(p, closes || opens ? 2 : 1);
            if (closes)
                depth--;
            if (opens)
                depth++;
        } else {
            take_text(p, 1);
        }
    }
    return true;
}

// The next byte that is no white space and begins no line comment; AT_END, AT_FAILURE.
static int skip_blanks(VM *vm, Reader *r, Port *p) {
    for (;;) {
        int byte = look(vm, p, 0);
        if (byte < 0)
            return byte;
        if (class_of[byte] & CLASS_BLANK) {
            take(p, 1);
        } else if (byte == '\n') {
            take_newline(p);
        } else if (byte == ';') {
            if (!skip_line(vm, p))
                return AT_FAILURE;
        } else if (byte >= 0x80) {
            uint32_t c;
            size_t length;
            if (!decode(vm, r, p, 0, &c, &length))
                return AT_FAILURE;
            if (!uc_is_property_white_space(c))
                return byte;
            take_text(p, length);
        } else {
            return byte;
        }
    }
}

// ---- tokens

// Length in bytes of the token at the port's start, of which `from` bytes are known to belong to
// it. 0: failure.
static size_t scan_token(VM *vm, Reader *r, Port *p, size_t from, bool *ascii) {
    size_t size = from;
    uint8_t seen = 0;
    for (;;) {
        const uint8_t *at = p->buffer + p->start;
        size_t unread = p->end - p->start;
        while (size < unread && !(class_of[at[size]] & CLASS_ENDS))
            seen |= at[size++];
        if (size < unread)
            break;
        int more = rt_port_fill(vm, p);
        if (more < 0)
            return 0;
        if (more == 0)
            break;
    }
    *ascii = seen < 0x80;
    if (*ascii)
        return size;
    for (size_t i = from; i < size;) {
        uint32_t c;
        size_t length;
        if (p->buffer[p->start + i] < 0x80) {
            i++;
            continue;
        }
        if (!decode(vm, r, p, i, &c, &length))
            return 0;
        if (uc_is_property_white_space(c))
            return i;
        i += length;
    }
    return size;
}

// Part of a token for a message.
#define SHOWN(text, size) (int)((size) > 60 ? 60 : (size)), (const char *)(text)

// ---- symbols

enum {
    CACHE_SIZE = 512,   // a power of two
    CACHED_LENGTH = 32, // bytes of the longest name that is cached
};

static Value intern_bytes(VM *vm, const uint8_t *text, size_t size) {
    if (size > CACHED_LENGTH)
        return rt_intern_string(vm, rt_string_from_utf8(vm, (const char *)text, size));
    PortState *s = vm->ports;
    if (!s->symbols)
        s->symbols = rt_raw_new(vm, CACHE_SIZE * sizeof(Value));
    uint32_t hash = (uint32_t)size;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ text[i]) * 0x01000193;
    Value *slot = &s->symbols[(hash ^ hash >> 15) & (CACHE_SIZE - 1)];
    if (*slot != VALUE_NONE) {
        const String *name = value_string(value_symbol(*slot)->name);
        if (name->length == size && (size == 0 || memcmp(name->data, text, size) == 0))
            return *slot;
    }
    Value symbol = rt_intern_string(vm, rt_string_from_utf8(vm, (const char *)text, size));
    // Only what can be compared byte by byte.
    if (rt_string_is_ascii(value_symbol(symbol)->name))
        *slot = symbol;
    return symbol;
}

// Symbol of a token, folded when the port says so.
static bool make_symbol(VM *vm, Reader *r, const uint8_t *text, size_t size, bool ascii, Value *v) {
    if (!(port_flags(r->port) & PORT_FOLD_CASE)) {
        *v = size > STRING_SURE_LENGTH && !rt_heap_reserve(vm, size, 8)
                 ? VALUE_FAILURE
                 : intern_bytes(vm, text, size);
        return *v != VALUE_FAILURE;
    }
    if (!rt_heap_reserve(vm, size, 8))
        return false;
    uint8_t *folded;
    size_t length = size;
    if (ascii) {
        folded = rt_raw_new_atomic(vm, size + 1);
        for (size_t i = 0; i < size; i++)
            folded[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i];
        *v = intern_bytes(vm, folded, length);
        return true;
    }
    folded = u8_casefold(text, size, NULL, NULL, NULL, &length);
    if (!folded) {
        rt_fail_memory(vm, size);
        return false;
    }
    *v = intern_bytes(vm, folded, length);
    free(folded);
    return true;
}

bool rt_lexer_plain_rest(const char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        uint8_t byte = (uint8_t)text[i];
        if (byte < 0x80) {
            // A backslash ends no token, but other readers take it for an escape.
            if (class_of[byte] & CLASS_ENDS || byte == '\\')
                return false;
            i++;
            continue;
        }
        Utf8Step step = rt_utf8_decode(text + i, size - i);
        if (uc_is_property_white_space(step.code) || uc_is_cntrl(step.code))
            return false;
        i += step.length;
    }
    return true;
}

bool rt_lexer_plain_symbol(VM *vm, const char *text, size_t size) {
    if (size == 0 || text[0] == '#' || (text[0] == ':' && size > 1))
        return false;
    if (size == 1 && text[0] == '.')
        return false;
    if (!rt_lexer_plain_rest(text, size))
        return false;
    if (!is_digit(text[0]) && text[0] != '+' && text[0] != '-' && text[0] != '.')
        return true;
    return rt_number_parse(vm, text, size, 10) == VALUE_FALSE;
}

// ---- strings and symbols in bars

// The code of an escape \x…; at the port's start.
static bool lex_hex_escape(VM *vm, Reader *r, Port *p, StringBuilder *b) {
    Place place = place_of(p);
    uint64_t code = 0;
    size_t at = 2;
    for (;; at++) {
        int byte = look(vm, p, at);
        if (byte == AT_FAILURE)
            return false;
        int digit = hex_digit(byte);
        if (byte < 0 || digit < 0) {
            if (byte == ';' && at > 2)
                break;
            return rt_lexer_fail(vm, r, place, "expected hexadecimal digits and ; after \\x");
        }
        if (code <= CHAR_MAX_CODE)
            code = code << 4 | (unsigned)digit;
    }
    if (!char_code_valid((int64_t)code))
        return rt_lexer_fail(vm, r, place, "\\x%.*s; is not a character",
                             SHOWN(p->buffer + p->start + 2, at - 2));
    take(p, at + 1);
    rt_builder_char(b, (uint32_t)code);
    return true;
}

// \ white space, end of line, white space: nothing. At the backslash.
static bool lex_continuation(VM *vm, Reader *r, Port *p) {
    Place place = place_of(p);
    take(p, 1);
    int byte;
    while ((byte = look(vm, p, 0)) == ' ' || byte == '\t')
        take(p, 1);
    if (byte == AT_FAILURE)
        return false;
    if (byte == '\r') {
        take(p, 1);
        byte = look(vm, p, 0);
        if (byte == AT_FAILURE)
            return false;
        if (byte == '\n')
            take_newline(p);
        else
            p->line++, p->column = 1;
    } else if (byte == '\n') {
        take_newline(p);
    } else if (byte != AT_END) {
        return rt_lexer_fail(vm, r, place, "expected the end of the line after \\ and white space");
    }
    while ((byte = look(vm, p, 0)) == ' ' || byte == '\t')
        take(p, 1);
    return byte != AT_FAILURE;
}

// An escape, at its backslash.
static bool lex_escape(VM *vm, Reader *r, Port *p, StringBuilder *b, int quote) {
    int byte = look(vm, p, 1);
    char stands_for;
    switch (byte) {
    case AT_FAILURE:
        return false;
    case AT_END:
        take(p, 1);
        return true; // the caller meets the end
    case 'a':
        stands_for = '\a';
        break;
    case 'b':
        stands_for = '\b';
        break;
    case 't':
        stands_for = '\t';
        break;
    case 'n':
        stands_for = '\n';
        break;
    case 'r':
        stands_for = '\r';
        break;
    case '"':
    case '\\':
    case '|':
        stands_for = (char)byte;
        break;
    case 'x':
    case 'X':
        return lex_hex_escape(vm, r, p, b);
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        if (quote == '"')
            return lex_continuation(vm, r, p);
        [[fallthrough]];
    default: {
        Place place = place_of(p);
        uint32_t c;
        size_t length;
        if (!decode(vm, r, p, 1, &c, &length))
            return false;
        const char *where = quote == '"' ? "a string" : "a symbol";
        if (c <= ' ' || c == 127)
            return rt_lexer_fail(vm, r, place, "unknown escape: \\ before character %u in %s",
                                 (unsigned)c, where);
        return rt_lexer_fail(vm, r, place, "unknown escape \\%.*s in %s", (int)length,
                             (const char *)p->buffer + p->start + 1, where);
    }
    }
    take(p, 2);
    rt_builder_char(b, (uint32_t)stands_for);
    return true;
}

// Text between two `quote`s (" or |), at the first: a fresh string.
static bool lex_quoted(VM *vm, Reader *r, Port *p, int quote, Value *string) {
    Place opened = place_of(p);
    take(p, 1);
    StringBuilder b;
    bool begun = false; // the builder is in use
    for (;;) {
        const uint8_t *at = p->buffer + p->start;
        size_t unread = p->end - p->start, run = 0;
        while (run < unread && class_of[at[run]] & CLASS_PLAIN)
            run++;
        if (!begun) {
            if (run < unread && at[run] == quote) { // all of it is here, and plain
                *string = rt_string_from_latin1(vm, (const char *)at, run);
                take(p, run + 1);
                return *string != VALUE_FAILURE;
            }
            rt_builder_init(&b, vm);
            begun = true;
        }
        if (run) {
            rt_builder_bytes(&b, (const char *)at, run);
            take(p, run);
        }
        int byte = look(vm, p, 0);
        if (byte == AT_FAILURE)
            return false;
        if (byte == AT_END)
            return fail_unclosed(vm, r, opened, quote == '"' ? "string" : "symbol");
        if (byte == quote) {
            take(p, 1);
            break;
        }
        if (byte == '\\') {
            if (!lex_escape(vm, r, p, &b, quote))
                return false;
        } else if (byte == '\n') {
            rt_builder_char(&b, '\n');
            take_newline(p);
        } else if (byte == '\r') { // any end of line is a newline
            int next = look(vm, p, 1);
            if (next == AT_FAILURE)
                return false;
            rt_builder_char(&b, '\n');
            p->start += next == '\n';
            take_newline(p);
        } else if (byte == 0) {
            return rt_lexer_fail(vm, r, place_of(p), "unexpected NUL character");
        } else if (byte < 0x80) {
            rt_builder_char(&b, (uint32_t)byte);
            take(p, 1);
        } else {
            uint32_t c;
            size_t length;
            if (!decode(vm, r, p, 0, &c, &length))
                return false;
            rt_builder_char(&b, c);
            take_text(p, length);
        }
        if (b.failed)
            break;
    }
    *string = rt_builder_finish(&b);
    return *string != VALUE_FAILURE;
}

static bool lex_string(VM *vm, Reader *r, Port *p, Token *token) {
    if (!lex_quoted(vm, r, p, '"', &token->value))
        return false;
    if (r->literals)
        rt_string_make_literal(token->value);
    return true;
}

static bool lex_bar_symbol(VM *vm, Reader *r, Port *p, Token *token) {
    Value name;
    if (!lex_quoted(vm, r, p, '|', &name))
        return false;
    token->value = rt_intern_string(vm, name);
    return true;
}

// ---- characters

static const struct {
    const char *name;
    uint32_t code;
} char_names[] = {
    {"alarm", 7}, {"backspace", 8}, {"delete", 127}, {"escape", 27}, {"newline", 10},
    {"null", 0},  {"return", 13},   {"space", 32},   {"tab", 9},
};
enum { CHAR_NAMES = sizeof char_names / sizeof char_names[0] };

const char *rt_char_name(uint32_t character) {
    for (int i = 0; i < CHAR_NAMES; i++)
        if (char_names[i].code == character)
            return char_names[i].name;
    return NULL;
}

// Letters to insert, delete or replace to make one short word the other (Wagner, Fischer 1974).
static size_t edit_distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t row[16];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = diagonal + ((a[i - 1] | 0x20) != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

// The name that was likely meant, or NULL.
static const char *suggest_char_name(const char *text, size_t size) {
    static const char *const others[][2] = {
        {"nul", "null"},       {"linefeed", "newline"}, {"lf", "newline"},   {"nl", "newline"},
        {"cr", "return"},      {"rubout", "delete"},    {"del", "delete"},   {"esc", "escape"},
        {"altmode", "escape"}, {"bel", "alarm"},        {"bs", "backspace"}, {"page", "xC"},
    };
    if (size > 12)
        return NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i][0]) == size && edit_distance(text, size, others[i][0], size) == 0)
            return others[i][1];
    const char *best = NULL;
    size_t least = 3;
    for (int i = 0; i < CHAR_NAMES; i++) {
        size_t distance = edit_distance(text, size, char_names[i].name, strlen(char_names[i].name));
        if (distance < least) {
            least = distance;
            best = char_names[i].name;
        }
    }
    return best;
}

// What follows #\ and is longer than one character.
static bool named_char(VM *vm, Reader *r, Place place, const char *text, size_t size, Value *v) {
    if ((text[0] | 0x20) == 'x') {
        uint64_t code = 0;
        size_t i = 1;
        for (; i < size && hex_digit((uint8_t)text[i]) >= 0; i++)
            if (code <= CHAR_MAX_CODE)
                code = code << 4 | (unsigned)hex_digit((uint8_t)text[i]);
        if (i == size) {
            if (!char_code_valid((int64_t)code))
                return rt_lexer_fail(vm, r, place, "#\\%.*s is not a character", SHOWN(text, size));
            *v = value_from_char((uint32_t)code);
            return true;
        }
    }
    bool fold = port_flags(r->port) & PORT_FOLD_CASE;
    for (int i = 0; i < CHAR_NAMES; i++) {
        const char *name = char_names[i].name;
        if (strlen(name) == size && (memcmp(name, text, size) == 0 ||
                                     (fold && edit_distance(text, size, name, size) == 0))) {
            *v = value_from_char(char_names[i].code);
            return true;
        }
    }
    const char *meant = suggest_char_name(text, size);
    return rt_lexer_fail(vm, r, place, "unknown character name #\\%.*s%s%s%s", SHOWN(text, size),
                         meant ? "; did you mean #\\" : "", meant ? meant : "", meant ? "?" : "");
}

static bool lex_char(VM *vm, Reader *r, Port *p, Token *token) {
    int byte = look(vm, p, 2);
    if (byte == AT_FAILURE)
        return false;
    if (byte == AT_END)
        return fail_ended(vm, r, token->place, "a character after #\\");
    uint32_t c;
    size_t length;
    if (!decode(vm, r, p, 2, &c, &length))
        return false;
    size_t size = 2 + length;
    bool ascii;
    if (!byte_is(byte, CLASS_ENDS) && !uc_is_property_white_space(c)) {
        size = scan_token(vm, r, p, size, &ascii);
        if (size == 0)
            return false;
    }
    if (size == 2 + length) {
        token->value = value_from_char(c);
    } else {
        const char *name = (const char *)p->buffer + p->start + 2;
        if (!named_char(vm, r, token->place, name, size - 2, &token->value))
            return false;
    }
    take_text(p, size);
    if (c == '\n') {
        p->line++;
        p->column = 1;
    }
    return true;
}

// ---- what begins with #

static bool same_word(const uint8_t *text, size_t size, const char *word) {
    if (strlen(word) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = text[i];
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c != (uint8_t)word[i])
            return false;
    }
    return true;
}

// #!…: the script line, a directive.
static bool lex_directive(VM *vm, Reader *r, Port *p) {
    Place place = place_of(p);
    int byte = look(vm, p, 2);
    if (byte == AT_FAILURE)
        return false;
    if (place.line == 1 && place.column == 1 && (byte == '/' || byte == ' '))
        return skip_line(vm, p);
    bool ascii;
    size_t size = scan_token(vm, r, p, 2, &ascii);
    if (size == 0)
        return false;
    const uint8_t *text = p->buffer + p->start;
    void *port = value_object(r->port);
    if (same_word(text, size, "#!fold-case"))
        object_set_flags(port, object_flags(port) | PORT_FOLD_CASE);
    else if (same_word(text, size, "#!no-fold-case"))
        object_set_flags(port, object_flags(port) & ~(unsigned)PORT_FOLD_CASE);
    else
        return rt_lexer_fail(vm, r, place,
                             "unknown directive %.*s: expected #!fold-case or #!no-fold-case",
                             SHOWN(text, size));
    take_text(p, size);
    return true;
}

// #n= and #n#.
static bool lex_label(VM *vm, Reader *r, Port *p, Token *token) {
    int64_t number = 0;
    size_t at = 1;
    int byte;
    for (; is_digit(byte = look(vm, p, at)); at++)
        if (number <= FIXNUM_MAX / 16)
            number = number * 10 + (byte - '0');
    if (byte == AT_FAILURE)
        return false;
    if (byte == AT_END)
        return fail_ended(vm, r, token->place, "= or # after the number of a label");
    if (byte != '=' && byte != '#')
        return rt_lexer_fail(vm, r, token->place, "expected = or # after the number of a label");
    if (number > FIXNUM_MAX / 16)
        return rt_lexer_fail(vm, r, token->place, "the number of a label is too large");
    token->kind = byte == '=' ? TOKEN_LABEL : TOKEN_REFERENCE;
    token->value = value_from_fixnum(number);
    take(p, at + 1);
    return true;
}

// #true, #u8(, #x1F and the like.
static bool lex_hash_word(VM *vm, Reader *r, Port *p, Token *token) {
    bool ascii;
    size_t size = scan_token(vm, r, p, 1, &ascii);
    if (size == 0)
        return false;
    int next = look(vm, p, size);
    if (next == AT_FAILURE)
        return false;
    const uint8_t *text = p->buffer + p->start;
    token->kind = TOKEN_DATUM;
    if (same_word(text, size, "#t") || same_word(text, size, "#true")) {
        token->value = VALUE_TRUE;
    } else if (same_word(text, size, "#f") || same_word(text, size, "#false")) {
        token->value = VALUE_FALSE;
    } else if (same_word(text, size, "#u8") && next == '(') {
        token->kind = TOKEN_OPEN_BYTES;
        size++;
    } else if (size > 1 && memchr("xXbBoOdDeEiI", text[1], 12)) {
        token->value = rt_number_parse(vm, (const char *)text, size, 10);
        if (token->value == VALUE_FAILURE)
            return false;
        if (token->value == VALUE_FALSE)
            return rt_lexer_fail(vm, r, token->place, "expected a number, got %.*s",
                                 SHOWN(text, size));
    } else if (size == 1 && next == AT_END) {
        return fail_ended(vm, r, token->place, "something after #");
    } else if (size > 1 && text[1] == '<') {
        return rt_lexer_fail(vm, r, token->place, "#<… stands for an object that cannot be read");
    } else {
        if (size == 1 && next > ' ' && next < 127)
            size = 2;
        return rt_lexer_fail(vm, r, token->place, "unknown syntax %.*s", SHOWN(text, size));
    }
    take_text(p, size);
    return true;
}

// ---- numbers, symbols, keywords

// A decimal integer that is a fixnum without doubt, the common case; VALUE_NONE: something else.
static Value small_integer(const uint8_t *text, size_t size) {
    bool negative = text[0] == '-';
    size_t i = negative || text[0] == '+';
    if (i == size || size - i > 14)
        return VALUE_NONE;
    int64_t n = 0;
    for (; i < size; i++) {
        if (!is_digit(text[i]))
            return VALUE_NONE;
        n = n * 10 + (text[i] - '0');
    }
    return value_from_fixnum(negative ? -n : n);
}

static bool lex_word(VM *vm, Reader *r, Port *p, Token *token) {
    bool ascii;
    size_t size = scan_token(vm, r, p, 0, &ascii);
    if (size == 0)
        return false;
    const uint8_t *text = p->buffer + p->start;
    uint8_t first = text[0];
    if (first == '.' && size == 1) {
        token->kind = TOKEN_DOT;
        take(p, 1);
        return true;
    }
    token->kind = TOKEN_DATUM;
    token->value = VALUE_FALSE;
    if (is_digit(first) || ((first == '+' || first == '-' || first == '.') && size > 1)) {
        token->value = small_integer(text, size);
        if (token->value == VALUE_NONE)
            token->value = rt_number_parse(vm, (const char *)text, size, 10);
        if (token->value == VALUE_FAILURE)
            return false;
    } else if (first == ':' && r->mode == READ_SX) {
        if (size > 1) {
            if (!make_symbol(vm, r, text + 1, size - 1, ascii, &token->value))
                return false;
            token->value = rt_keyword_string(vm, value_symbol(token->value)->name);
        } else {
            int next = look(vm, p, 1);
            if (next == AT_FAILURE)
                return false;
            if (next == '|') {
                take(p, 1);
                if (!lex_bar_symbol(vm, r, p, token))
                    return false;
                token->value = rt_keyword_string(vm, value_symbol(token->value)->name);
                return true;
            }
            text = p->buffer + p->start; // looking may have moved it
        }
    }
    if (token->value == VALUE_FALSE && !make_symbol(vm, r, text, size, ascii, &token->value))
        return false;
    if (ascii)
        take(p, size);
    else
        take_text(p, size);
    return true;
}

// ---- all tokens

static bool lex_bracket(Port *p, Token *token, TokenKind kind) {
    token->kind = kind;
    take(p, 1);
    return true;
}

static bool lex_quote(VM *vm, Port *p, Token *token, size_t size, const char *name) {
    token->kind = TOKEN_QUOTE;
    token->value = intern_bytes(vm, (const uint8_t *)name, strlen(name));
    take(p, size);
    return true;
}

// Whoever reads on after an error must not meet the same one for ever: pass over what is left of a
// token that was refused as a whole.
static void skip_refused(Port *p) {
    size_t size = 1;
    while (p->start + size < p->end && !(class_of[p->buffer[p->start + size]] & CLASS_ENDS))
        size++;
    take_text(p, size);
}

// A token; *begin becomes the offset of its first byte.
static bool lex_token(VM *vm, Reader *r, Port *p, Token *token, uint64_t *begin) {
    for (;;) {
        int byte = skip_blanks(vm, r, p);
        *begin = p->offset + p->start;
        token->place = place_of(p);
        token->value = VALUE_NONE;
        token->kind = TOKEN_DATUM;
        switch (byte) {
        case AT_FAILURE:
            return false;
        case AT_END:
            p->at_eof = false; // it is delivered
            token->kind = TOKEN_END;
            return true;
        case '(':
            return lex_bracket(p, token, TOKEN_OPEN);
        case ')':
            return lex_bracket(p, token, TOKEN_CLOSE);
        case '{':
        case '}':
            if (r->mode == READ_SX)
                return lex_bracket(p, token, byte == '{' ? TOKEN_OPEN_DICT : TOKEN_CLOSE_DICT);
            return rt_lexer_fail(vm, r, token->place,
                                 "unexpected %c: dictionaries belong to SX, not to Scheme", byte);
        case '[':
        case ']':
            return rt_lexer_fail(vm, r, token->place,
                                 "unexpected %c: square brackets are reserved; use ( and )", byte);
        case '\'':
            return lex_quote(vm, p, token, 1, "quote");
        case '`':
            return lex_quote(vm, p, token, 1, "quasiquote");
        case ',': {
            int next = look(vm, p, 1);
            if (next == AT_FAILURE)
                return false;
            return next == '@' ? lex_quote(vm, p, token, 2, "unquote-splicing")
                               : lex_quote(vm, p, token, 1, "unquote");
        }
        case '"':
            return lex_string(vm, r, p, token);
        case '|':
            return lex_bar_symbol(vm, r, p, token);
        case '#': {
            int next = look(vm, p, 1);
            switch (next) {
            case AT_FAILURE:
                return false;
            case '(':
                token->kind = TOKEN_OPEN_VECTOR;
                take(p, 2);
                return true;
            case ';':
                token->kind = TOKEN_COMMENT;
                take(p, 2);
                return true;
            case '|':
                if (!skip_block(vm, r, p))
                    return false;
                continue;
            case '!':
                if (!lex_directive(vm, r, p))
                    return false;
                continue;
            case '\\':
                return lex_char(vm, r, p, token);
            default:
                return is_digit(next) ? lex_label(vm, r, p, token) : lex_hash_word(vm, r, p, token);
            }
        }
        default:
            if (byte_is(byte, CLASS_ENDS)) {
                if (byte == 0)
                    return rt_lexer_fail(vm, r, token->place, "unexpected NUL character");
                return rt_lexer_fail(vm, r, token->place, "unexpected control character U+%04X",
                                     (unsigned)byte);
            }
            return lex_word(vm, r, p, token);
        }
    }
}

bool rt_lexer_next(VM *vm, Reader *r, Token *token) {
    Port *p = value_port(r->port);
    uint64_t begin;
    if (lex_token(vm, r, p, token, &begin))
        return true;
    if (p->offset + p->start == begin && p->start < p->end)
        skip_refused(p);
    return false;
}
