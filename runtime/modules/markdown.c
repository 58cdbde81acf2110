// (kiln markdown): CommonMark by libcmark, to HTML and to data.
//
// Both are safe unless the program asks for "unsafe": raw HTML is left out, and so are addresses
// that run scripts or read files (javascript:, vbscript:, file:, data: but for images).
#include <cmark.h>

#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include <stdlib.h>
#include <strings.h>

enum { LONGEST_TEXT = 256 << 20 }; // bytes

// Bits of a list of option symbols; -1 with the condition.
static int options_of(VM *vm, Value list) {
    static const struct {
        const char *name;
        int bit;
    } names[] = {
        {"unsafe", CMARK_OPT_UNSAFE},
        {"smart", CMARK_OPT_SMART},
        {"hard-breaks", CMARK_OPT_HARDBREAKS},
        {"positions", CMARK_OPT_SOURCEPOS},
    };
    int bits = CMARK_OPT_DEFAULT;
    if (rt_list_length(list) < 0) {
        rt_fail_type(vm, 2, "list of options", list);
        return -1;
    }
    for (; value_is_pair(list); list = value_cdr(list)) {
        size_t i = 0, count = sizeof names / sizeof *names;
        while (i < count && value_car(list) != rt_intern(vm, names[i].name))
            i++;
        if (i == count) {
            rt_fail_range(vm, 2, "unsafe, smart, hard-breaks or positions", value_car(list));
            return -1;
        }
        bits |= names[i].bit;
    }
    return bits;
}

// UTF-8 of the text; NULL with the condition.
static const char *text_of(VM *vm, Value text, size_t *length) {
    if (!value_is_string(text)) {
        rt_fail_type(vm, 1, "string", text);
        return NULL;
    }
    const char *bytes = rt_string_to_utf8(vm, text, length);
    if (bytes && *length > LONGEST_TEXT) {
        rt_fail(vm, CONDITION_RANGE, VALUE_NULL, "argument 1: the text has more than 256 MB");
        return NULL;
    }
    return bytes;
}

static Value rt_markdown_to_html(VM *vm, Value text, Value options) {
    size_t length;
    const char *bytes = text_of(vm, text, &length);
    if (!bytes)
        return VALUE_FAILURE;
    int bits = options_of(vm, options);
    if (bits < 0)
        return VALUE_FAILURE;
    char *html = cmark_markdown_to_html(bytes, length, bits);
    if (!html)
        return rt_fail_memory(vm, length);
    Value result = rt_string_from_utf8(vm, html, strlen(html));
    free(html);
    return result;
}

// ---- trees
//
// A node is a list (type attributes child …), a run of text is a string.

typedef struct Tree {
    VM *vm;
    int bits;
    bool failed;
} Tree;

static bool starts_with(const char *text, const char *prefix) {
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_dangerous(const char *url) {
    if (starts_with(url, "data:"))
        return !(starts_with(url, "data:image/png") || starts_with(url, "data:image/gif") ||
                 starts_with(url, "data:image/jpeg") || starts_with(url, "data:image/webp"));
    return starts_with(url, "javascript:") || starts_with(url, "vbscript:") ||
           starts_with(url, "file:");
}

static void put(Tree *t, Value dict, const char *key, Value v) {
    if (t->failed || v == VALUE_FAILURE || !rt_dict_put(t->vm, dict, rt_keyword(t->vm, key), v))
        t->failed = true;
}
static void put_text(Tree *t, Value dict, const char *key, const char *text) {
    if (text && *text)
        put(t, dict, key, rt_string_from_c(t->vm, text));
}

static Value attributes(Tree *t, cmark_node *node) {
    VM *vm = t->vm;
    Value d = rt_dict_new(vm);
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HEADING:
        put(t, d, "level", value_from_fixnum(cmark_node_get_heading_level(node)));
        break;
    case CMARK_NODE_LIST: {
        bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
        put(t, d, "ordered", value_from_bool(ordered));
        if (ordered)
            put(t, d, "start", value_from_fixnum(cmark_node_get_list_start(node)));
        put(t, d, "tight", value_from_bool(cmark_node_get_list_tight(node)));
        break;
    }
    case CMARK_NODE_CODE_BLOCK:
        put_text(t, d, "info", cmark_node_get_fence_info(node));
        break;
    case CMARK_NODE_LINK:
    case CMARK_NODE_IMAGE: {
        const char *url = cmark_node_get_url(node);
        if (!(t->bits & CMARK_OPT_UNSAFE) && url && is_dangerous(url))
            url = "";
        put(t, d, "url", rt_string_from_c(vm, url ? url : ""));
        put_text(t, d, "title", cmark_node_get_title(node));
        break;
    }
    default:
        break;
    }
    if (t->bits & CMARK_OPT_SOURCEPOS && cmark_node_get_start_line(node) > 0)
        put(t, d, "line", value_from_fixnum(cmark_node_get_start_line(node)));
    return d;
}

static const char *type_name(cmark_node_type type) {
    switch (type) {
    case CMARK_NODE_DOCUMENT:
        return "document";
    case CMARK_NODE_BLOCK_QUOTE:
        return "block-quote";
    case CMARK_NODE_LIST:
        return "list";
    case CMARK_NODE_ITEM:
        return "item";
    case CMARK_NODE_CODE_BLOCK:
        return "code-block";
    case CMARK_NODE_HTML_BLOCK:
        return "html-block";
    case CMARK_NODE_PARAGRAPH:
        return "paragraph";
    case CMARK_NODE_HEADING:
        return "heading";
    case CMARK_NODE_THEMATIC_BREAK:
        return "thematic-break";
    case CMARK_NODE_SOFTBREAK:
        return "soft-break";
    case CMARK_NODE_LINEBREAK:
        return "line-break";
    case CMARK_NODE_CODE:
        return "code";
    case CMARK_NODE_HTML_INLINE:
        return "html-inline";
    case CMARK_NODE_EMPH:
        return "emph";
    case CMARK_NODE_STRONG:
        return "strong";
    case CMARK_NODE_LINK:
        return "link";
    case CMARK_NODE_IMAGE:
        return "image";
    default:
        return "custom";
    }
}

static Value node_value(Tree *t, cmark_node *node);

// The library cuts text where a mark might have begun: neighbours are one string again.
static void add_children(Tree *t, ListBuilder *list, cmark_node *node) {
    VM *vm = t->vm;
    cmark_node *child = cmark_node_first_child(node);
    while (child && !t->failed) {
        cmark_node_type type = cmark_node_get_type(child);
        if (type == CMARK_NODE_TEXT) {
            StringBuilder text;
            rt_builder_init(&text, vm);
            for (; child && cmark_node_get_type(child) == CMARK_NODE_TEXT;
                 child = cmark_node_next(child))
                rt_builder_c(&text, cmark_node_get_literal(child));
            Value string = rt_builder_finish(&text);
            t->failed |= string == VALUE_FAILURE;
            rt_list_builder_add(list, string);
            continue;
        }
        bool html = type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE;
        if (!html || t->bits & CMARK_OPT_UNSAFE)
            rt_list_builder_add(list, node_value(t, child));
        child = cmark_node_next(child);
    }
}

static Value node_value(Tree *t, cmark_node *node) {
    VM *vm = t->vm;
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        t->failed = true;
        return VALUE_NIL;
    }
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    rt_list_builder_add(&list, rt_intern(vm, type_name(cmark_node_get_type(node))));
    rt_list_builder_add(&list, attributes(t, node));
    const char *literal = cmark_node_get_literal(node);
    if (literal) {
        Value text = rt_string_from_c(vm, literal);
        t->failed |= text == VALUE_FAILURE;
        rt_list_builder_add(&list, text);
    } else
        add_children(t, &list, node);
    return list.first;
}

static Value rt_markdown_parse(VM *vm, Value text, Value options) {
    size_t length;
    const char *bytes = text_of(vm, text, &length);
    if (!bytes)
        return VALUE_FAILURE;
    int bits = options_of(vm, options);
    if (bits < 0)
        return VALUE_FAILURE;
    cmark_node *document = cmark_parse_document(bytes, length, bits);
    if (!document)
        return rt_fail_memory(vm, length);
    Tree tree = {.vm = vm, .bits = bits};
    Value result = node_value(&tree, document);
    cmark_node_free(document);
    return tree.failed ? VALUE_FAILURE : result;
}

static Value rt_markdown_version(VM *vm) { return rt_string_from_c(vm, cmark_version_string()); }

#define MODULE_ROWS "runtime/primitives/markdown.def"
#include "runtime/modules/module_table.h"
