// Markup: the inner loop of rendering.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/string.h"

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
