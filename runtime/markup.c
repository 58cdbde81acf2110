// Markup: the inner loop of rendering. Texts are escaped, to a string or straight into a port that
// collects the page.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/port.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"

static const char *escape_of(uint32_t c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

// Most strings hold nothing to escape: they are their own escape.
Value rt_prim_html_escape(VM *vm, Value string) {
    if (!value_is_string(string))
        return rt_fail_type(vm, 1, "string", string);
    size_t length = value_string(string)->length, start = 0;
    StringBuilder b;
    bool any = false;
    for (size_t i = 0; i < length; i++) {
        const char *escape = escape_of(string_char(string, i));
        if (!escape)
            continue;
        if (!any)
            rt_builder_init(&b, vm);
        any = true;
        rt_builder_range(&b, string, start, i);
        rt_builder_c(&b, escape);
        start = i + 1;
    }
    if (!any)
        return string;
    rt_builder_range(&b, string, start, length);
    return rt_builder_finish(&b);
}

// ---- into ports

// Index of the first character of narrow text, from i on, that is not written as it is: one to be
// escaped, or one of two bytes in UTF-8. Most text has none for long stretches, which the loop over
// blocks passes without a branch a character.
static size_t plain_end(const uint8_t *text, size_t i, size_t length) {
    enum { BLOCK = 32 };
    for (; length - i >= BLOCK; i += BLOCK) {
        unsigned char any = 0;
        for (size_t j = i; j < i + BLOCK; j++) {
            unsigned char c = text[j];
            any |= (c == '&') | (c == '<') | (c == '>') | (c == '"') | (c == '\'') | (c >= 0x80);
        }
        if (any)
            break;
    }
    while (i < length && text[i] < 0x80 && !escape_of(text[i]))
        i++;
    return i;
}

static bool write_escaped(VM *vm, Value port, Value string) {
    size_t length = string_length(string), i = 0;
    bool wide = string_is_wide(string);
    while (i < length) {
        size_t from = i;
        if (wide)
            while (i < length && !escape_of(string_char(string, i)))
                i++;
        else
            i = plain_end(value_string(string)->data, i, length);
        if (wide ? !rt_port_write_string(vm, port, string, from, i)
                 : !rt_port_write_utf8(vm, port, (const char *)value_string(string)->data + from,
                                       i - from))
            return false;
        for (; i < length; i++) { // what is to be escaped, or not ASCII, is seldom alone
            uint32_t c = string_char(string, i);
            const char *escape = escape_of(c);
            if (!escape && (wide || c < 0x80))
                break;
            if (escape ? !rt_port_write_c(vm, port, escape) : !rt_port_write_char(vm, port, c))
                return false;
        }
    }
    return true;
}

static bool check_port(VM *vm, int argument, Value port) {
    enum { KIND = PORT_OUTPUT | PORT_TEXTUAL };
    if (!value_is_port(port) || (port_flags(port) & KIND) != KIND) {
        rt_fail_type(vm, argument, "textual output port", port);
        return false;
    }
    if (!port_is_open(port)) {
        rt_fail(vm, CONDITION_IO, rt_cons(vm, port, VALUE_NULL),
                "argument %d: the port is closed:", argument);
        return false;
    }
    return true;
}

static Value done(VM *vm, Value port, bool good) {
    return good && rt_port_settle(vm, port) ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}

Value rt_prim_write_escaped(VM *vm, Value string, Value port) {
    if (!value_is_string(string))
        return rt_fail_type(vm, 1, "string", string);
    if (!check_port(vm, 2, port))
        return VALUE_FAILURE;
    return done(vm, port, write_escaped(vm, port, string));
}

static bool write_name(VM *vm, Value port, Value symbol) {
    Value name = value_symbol(symbol)->name;
    return rt_port_write_string(vm, port, name, 0, string_length(name));
}

Value rt_prim_write_start(VM *vm, Value symbol, Value port) {
    if (!value_is_symbol(symbol))
        return rt_fail_type(vm, 1, "symbol", symbol);
    if (!check_port(vm, 2, port))
        return VALUE_FAILURE;
    return done(vm, port, rt_port_write_utf8(vm, port, "<", 1) && write_name(vm, port, symbol));
}

Value rt_prim_write_end(VM *vm, Value symbol, Value port) {
    if (!value_is_symbol(symbol))
        return rt_fail_type(vm, 1, "symbol", symbol);
    if (!check_port(vm, 2, port))
        return VALUE_FAILURE;
    return done(vm, port,
                rt_port_write_utf8(vm, port, "</", 2) && write_name(vm, port, symbol) &&
                    rt_port_write_utf8(vm, port, ">", 1));
}

Value rt_prim_write_attribute(VM *vm, Value symbol, Value string, Value port) {
    if (!value_is_symbol(symbol))
        return rt_fail_type(vm, 1, "symbol", symbol);
    if (!value_is_string(string))
        return rt_fail_type(vm, 2, "string", string);
    if (!check_port(vm, 3, port))
        return VALUE_FAILURE;
    return done(vm, port,
                rt_port_write_utf8(vm, port, " ", 1) && write_name(vm, port, symbol) &&
                    rt_port_write_utf8(vm, port, "=\"", 2) && write_escaped(vm, port, string) &&
                    rt_port_write_utf8(vm, port, "\"", 1));
}

// What a port in memory has collected, as a string or as UTF-8; it is empty afterwards. A page
// after the other goes through one buffer, unless one was so long that keeping its buffer would be
// a waste.
static Value take(VM *vm, Value port, bool bytes) {
    enum { LARGEST_KEPT = 4 << 20 }; // bytes
    if (!check_port(vm, 1, port))
        return VALUE_FAILURE;
    Port *p = value_port(port);
    if (p->fd >= 0)
        return rt_fail_type(vm, 1, "port that collects a string", port);
    Value text =
        bytes ? rt_bytevector_from_bytes(vm, p->buffer ? (const char *)p->buffer : "", p->end)
              : rt_port_collected(vm, port);
    if (text == VALUE_FAILURE)
        return VALUE_FAILURE;
    p->end = 0;
    p->column = 1;
    if (p->capacity > LARGEST_KEPT) {
        p->buffer = NULL;
        p->capacity = 0;
    }
    return text;
}
Value rt_prim_take_output_string(VM *vm, Value port) { return take(vm, port, false); }
Value rt_prim_take_output_bytes(VM *vm, Value port) { return take(vm, port, true); }
