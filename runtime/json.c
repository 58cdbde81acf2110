// (kiln json): JSON texts (RFC 8259) to values and back.
//
// The reader takes exactly the grammar of the RFC: no comments, no trailing commas, no lone
// surrogates. Integers are exact however long they are; numbers with a fraction or an exponent are
// flonums, correctly rounded. It is written here and binds no library: those at hand have integers
// of 64 bits or tell no positions.
//
//   object   dictionary, in order; its keys are strings, or keywords when asked for
//   array    vector, or list when asked for
//   null     nil
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/table.h"
#include "runtime/vector.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 100000, MOST_INDENT = 16 };

// ---- reading

typedef enum Duplicates { DUPLICATES_FAIL, DUPLICATES_FIRST, DUPLICATES_LAST } Duplicates;

typedef struct JsonReader {
    VM *vm;
    const char *start, *p, *end; // UTF-8, NUL at end
    int depth;                   // levels that are left
    Duplicates duplicates;
    bool keywords, lists;
} JsonReader;

// json-error "PROBLEM at line N, column N"; irritants line and column. Columns count characters.
static Value fail_at(JsonReader *r, const char *place, const char *problem) {
    int64_t line = 1, column = 1;
    for (const char *p = r->start; p < place; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80)
            column++;
    }
    Value where = rt_list(r->vm, 2, value_from_fixnum(line), value_from_fixnum(column));
    return rt_fail(r->vm, CONDITION_JSON, where, "%s; line and column:", problem);
}

static Value fail_here(JsonReader *r, const char *expected) {
    char problem[128];
    if (r->p >= r->end)
        snprintf(problem, sizeof problem, "expected %s, but the text ends", expected);
    else if ((unsigned char)*r->p < 0x21 || (unsigned char)*r->p > 0x7E)
        snprintf(problem, sizeof problem, "expected %s", expected);
    else
        snprintf(problem, sizeof problem, "expected %s, got %c", expected, *r->p);
    return fail_at(r, r->p, problem);
}

static void skip_space(JsonReader *r) {
    while (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')
        r->p++;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static Value read_number(JsonReader *r) {
    const char *from = r->p;
    bool integer = true;
    if (*r->p == '-')
        r->p++;
    if (!is_digit(*r->p))
        return fail_here(r, "a digit");
    if (*r->p == '0' && is_digit(r->p[1]))
        return fail_at(r, from, "a number begins with 0");
    while (is_digit(*r->p))
        r->p++;
    if (*r->p == '.') {
        integer = false;
        r->p++;
        if (!is_digit(*r->p))
            return fail_here(r, "a digit");
        while (is_digit(*r->p))
            r->p++;
    }
    if (*r->p == 'e' || *r->p == 'E') {
        integer = false;
        r->p++;
        if (*r->p == '+' || *r->p == '-')
            r->p++;
        if (!is_digit(*r->p))
            return fail_here(r, "a digit");
        while (is_digit(*r->p))
            r->p++;
    }
    size_t length = (size_t)(r->p - from);
    if (integer && length <= 14) {
        int64_t n = strtoll(from, NULL, 10);
        return value_from_fixnum(n);
    }
    Value v = rt_number_parse(r->vm, from, length, 10);
    if (v == VALUE_FAILURE || integer)
        return v;
    // A fraction or exponent makes it a flonum: of "1e2" too.
    v = rt_num_inexact(r->vm, v);
    if (v != VALUE_FAILURE && __builtin_isinf(value_double(v)))
        return fail_at(r, from, "a number is beyond the range of flonums");
    return v;
}

// Four hexadecimal digits; -1: they are not.
static int32_t read_hex(const char *p) {
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        code = 16 * code + digit;
    }
    return code;
}

// The escape at r->p, which is moved behind it; -1 with the condition.
static int32_t read_escape(JsonReader *r) {
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    const char *place = r->p, *name = r->p[1] ? strchr(names, r->p[1]) : NULL;
    if (name) {
        r->p += 2;
        return codes[name - names];
    }
    int32_t code = r->p[1] == 'u' ? read_hex(r->p + 2) : -1;
    if (code < 0) {
        fail_at(r, place, r->p[1] == 'u' ? "expected four hexadecimal digits" : "no such escape");
        return -1;
    }
    r->p += 6;
    if (code < 0xD800 || code > 0xDFFF)
        return code;
    int32_t low = code < 0xDC00 && r->p[0] == '\\' && r->p[1] == 'u' ? read_hex(r->p + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        fail_at(r, place, "half of a surrogate pair");
        return -1;
    }
    r->p += 6;
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

static Value read_string(JsonReader *r) {
    const char *quote = r->p++, *from = r->p;
    while ((unsigned char)*r->p >= ' ' && *r->p != '"' && *r->p != '\\')
        r->p++;
    if (*r->p == '"') // most have no escapes
        return rt_string_from_utf8(r->vm, from, (size_t)(r->p++ - from));
    StringBuilder b;
    rt_builder_init(&b, r->vm);
    for (;;) {
        if (r->p > from)
            rt_builder_bytes(&b, from, (size_t)(r->p - from));
        if (*r->p == '"')
            break;
        if (*r->p != '\\')
            return r->p >= r->end ? fail_at(r, quote, "a string does not end")
                                  : fail_at(r, r->p, "a control character in a string");
        int32_t code = read_escape(r);
        if (code < 0)
            return VALUE_FAILURE;
        rt_builder_char(&b, (uint32_t)code);
        from = r->p;
        while ((unsigned char)*r->p >= ' ' && *r->p != '"' && *r->p != '\\')
            r->p++;
    }
    r->p++;
    return rt_builder_finish(&b);
}

static Value read_value(JsonReader *r);

static bool deeper(JsonReader *r) {
    if (rt_stack_low(r->vm) || r->depth == 0) {
        fail_at(r, r->p, "nested too deeply");
        return false;
    }
    r->depth--;
    return true;
}

// Elements of an array that is being read; most arrays are short.
typedef struct Items {
    Value few[16];
    Value *item; // `few`, or memory of the collector
    size_t count, capacity;
} Items;

static bool add_item(VM *vm, Items *items, Value v) {
    if (items->count == items->capacity) {
        if (!rt_heap_reserve(vm, 2 * items->capacity, sizeof(Value)))
            return false;
        Value *larger = rt_raw_new(vm, 2 * items->capacity * sizeof(Value));
        memcpy(larger, items->item, items->count * sizeof(Value));
        items->item = larger;
        items->capacity *= 2;
    }
    items->item[items->count++] = v;
    return true;
}

static Value array_value(const JsonReader *r, const Items *items) {
    if (!r->lists)
        return rt_vector_from_array(r->vm, items->item, items->count);
    Value list = VALUE_NULL;
    for (size_t i = items->count; i > 0; i--)
        list = rt_cons(r->vm, items->item[i - 1], list);
    return list;
}

static Value read_array(JsonReader *r) {
    if (!deeper(r))
        return VALUE_FAILURE;
    Items items;
    items.item = items.few;
    items.count = 0;
    items.capacity = sizeof items.few / sizeof *items.few;
    r->p++;
    skip_space(r);
    if (*r->p == ']')
        r->p++;
    else
        for (;;) {
            Value v = read_value(r);
            if (v == VALUE_FAILURE || !add_item(r->vm, &items, v))
                return VALUE_FAILURE;
            char c = *r->p;
            if (c != ',' && c != ']')
                return fail_here(r, ", or ]");
            r->p++;
            if (c == ']')
                break;
        }
    r->depth++;
    return array_value(r, &items);
}

static bool put_member(JsonReader *r, Value object, Value key, Value v, const char *place) {
    if (r->duplicates == DUPLICATES_LAST)
        return rt_dict_put(r->vm, object, key, v);
    size_t before = rt_dict_count(object);
    Value old = rt_dict_get(r->vm, object, key, VALUE_NONE);
    if (old == VALUE_NONE)
        return rt_dict_put(r->vm, object, key, v) && rt_dict_count(object) > before;
    if (r->duplicates == DUPLICATES_FIRST)
        return true;
    fail_at(r, place, "a name occurs twice in an object");
    return false;
}

static Value read_object(JsonReader *r) {
    if (!deeper(r))
        return VALUE_FAILURE;
    Value object = rt_dict_new(r->vm);
    r->p++;
    skip_space(r);
    if (*r->p == '}')
        r->p++;
    else
        for (;;) {
            skip_space(r);
            if (*r->p != '"')
                return fail_here(r, "a name in quotes");
            const char *place = r->p;
            Value key = read_string(r);
            if (key == VALUE_FAILURE)
                return key;
            if (r->keywords)
                key = rt_keyword_string(r->vm, key);
            skip_space(r);
            if (*r->p != ':')
                return fail_here(r, ":");
            r->p++;
            Value v = read_value(r);
            if (v == VALUE_FAILURE || !put_member(r, object, key, v, place))
                return VALUE_FAILURE;
            char c = *r->p;
            if (c != ',' && c != '}')
                return fail_here(r, ", or }");
            r->p++;
            if (c == '}')
                break;
        }
    r->depth++;
    return object;
}

static Value read_word(JsonReader *r, const char *word, Value v) {
    size_t length = strlen(word);
    if ((size_t)(r->end - r->p) < length || memcmp(r->p, word, length) != 0)
        return fail_here(r, "a value");
    r->p += length;
    return v;
}

// A value with the white space around it.
static Value read_value(JsonReader *r) {
    skip_space(r);
    Value v;
    switch (*r->p) {
    case '{':
        v = read_object(r);
        break;
    case '[':
        v = read_array(r);
        break;
    case '"':
        v = read_string(r);
        break;
    case 't':
        v = read_word(r, "true", VALUE_TRUE);
        break;
    case 'f':
        v = read_word(r, "false", VALUE_FALSE);
        break;
    case 'n':
        v = read_word(r, "null", VALUE_NIL);
        break;
    default:
        v = *r->p == '-' || is_digit(*r->p) ? read_number(r) : fail_here(r, "a value");
    }
    skip_space(r);
    return v;
}

// UTF-8 of the text with a NUL behind it. False with the condition.
static bool text_bytes(JsonReader *r, Value text) {
    VM *vm = r->vm;
    size_t length;
    if (value_is_string(text)) {
        r->start = rt_string_to_utf8(vm, text, &length);
    } else if (value_is_bytevector(text)) {
        length = bytevector_length(text);
        if (!rt_heap_reserve(vm, length + 1, 1))
            return false;
        char *copy = rt_raw_new_atomic(vm, length + 1);
        memcpy(copy, value_bytevector(text)->byte, length);
        copy[length] = 0;
        r->start = copy;
    } else {
        rt_fail_type(vm, 1, "string or bytevector", text);
        return false;
    }
    if (!r->start)
        return false;
    r->p = r->start;
    r->end = r->start + length;
    if (value_is_bytevector(text))
        for (const char *p = r->start; p < r->end;) {
            Utf8Step step = rt_utf8_decode(p, (size_t)(r->end - p));
            if (step.status != UTF8_OK) {
                fail_at(r, p, "bytes that are not UTF-8");
                return false;
            }
            p += step.length;
        }
    return true;
}

static const Value *options_of(VM *vm, Value options, size_t count) {
    if (value_is_vector(options) && vector_length(options) == count)
        return value_vector(options)->item;
    rt_fail_type(vm, 2, "vector of options", options);
    return NULL;
}

Value rt_prim_json_parse(VM *vm, Value text, Value options) {
    const Value *option = options_of(vm, options, 4);
    if (!option)
        return VALUE_FAILURE;
    JsonReader r = {
        .vm = vm, .keywords = option[2] != VALUE_FALSE, .lists = option[3] != VALUE_FALSE};
    if (!value_is_fixnum(option[0]) || value_fixnum(option[0]) < 0 ||
        value_fixnum(option[0]) > MOST_DEPTH)
        return rt_fail(vm, CONDITION_RANGE, rt_cons(vm, option[0], VALUE_NULL),
                       "option depth: expected integer from 0 to %d, got", MOST_DEPTH);
    r.depth = (int)value_fixnum(option[0]);
    if (option[1] == rt_intern(vm, "error"))
        r.duplicates = DUPLICATES_FAIL;
    else if (option[1] == rt_intern(vm, "first"))
        r.duplicates = DUPLICATES_FIRST;
    else if (option[1] == rt_intern(vm, "last"))
        r.duplicates = DUPLICATES_LAST;
    else
        return rt_fail(vm, CONDITION_RANGE, rt_cons(vm, option[1], VALUE_NULL),
                       "option duplicates: expected error, first or last, got");
    if (!text_bytes(&r, text))
        return VALUE_FAILURE;
    Value v = read_value(&r);
    if (v != VALUE_FAILURE && r.p < r.end)
        return fail_here(&r, "the end of the text");
    return v;
}

// ---- writing

typedef struct JsonWriter {
    VM *vm;
    StringBuilder out;
    int indent; // spaces a level; 0: all in one line
    int level;
    bool html, ascii, sorted;
} JsonWriter;

static bool needs_escape(const JsonWriter *w, uint32_t c) {
    if (c < ' ' || c == '"' || c == '\\' || c == 127)
        return true;
    // </script>, <!-- and line separators would end what surrounds a text in HTML and JavaScript.
    if (w->html && (c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029))
        return true;
    return w->ascii && c > 127;
}

static void write_escape(JsonWriter *w, uint32_t c) {
    static const char names[] = "\"\\\b\f\n\r\t", shown[] = "\"\\bfnrt";
    const char *name = c < 128 && c ? strchr(names, (int)c) : NULL;
    if (name)
        rt_builder_format(&w->out, "\\%c", shown[name - names]);
    else if (c < 0x10000)
        rt_builder_format(&w->out, "\\u%04x", c);
    else
        rt_builder_format(&w->out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                          0xDC00 + ((c - 0x10000) & 0x3FF));
}

static void write_string(JsonWriter *w, Value s) {
    size_t length = string_length(s), from = 0;
    rt_builder_char(&w->out, '"');
    for (size_t i = 0; i < length; i++) {
        uint32_t c = string_char(s, i);
        if (!needs_escape(w, c))
            continue;
        if (i > from)
            rt_builder_range(&w->out, s, from, i);
        write_escape(w, c);
        from = i + 1;
    }
    if (length > from)
        rt_builder_range(&w->out, s, from, length);
    rt_builder_char(&w->out, '"');
}

static void new_line(JsonWriter *w) {
    if (!w->indent)
        return;
    rt_builder_char(&w->out, '\n');
    for (int i = 0; i < w->indent * w->level; i++)
        rt_builder_char(&w->out, ' ');
}

static bool fail_value(JsonWriter *w, const char *problem, Value v) {
    rt_fail(w->vm, CONDITION_TYPE, rt_cons(w->vm, v, VALUE_NULL), "%s:", problem);
    return false;
}

static bool write_value(JsonWriter *w, Value v);

static bool write_number(JsonWriter *w, Value v) {
    if (value_is_flonum(v)) {
        double d = value_double(v);
        char text[FLONUM_TEXT_MAX];
        if (d - d != 0)
            return fail_value(w, "not a number of JSON", v);
        rt_flonum_format(w->vm, d, text);
        rt_builder_c(&w->out, text);
        return true;
    }
    if (!value_is_exact_integer(v))
        return fail_value(w, "not a number of JSON", v);
    Value text = rt_number_to_string(w->vm, v, 10);
    if (text == VALUE_FAILURE)
        return false;
    rt_builder_string(&w->out, text);
    return true;
}

static bool enter(JsonWriter *w) {
    if (rt_stack_low(w->vm) || w->level == MOST_DEPTH) { // or it is circular
        rt_fail_depth(w->vm);
        return false;
    }
    w->level++;
    return true;
}

// Before an element of an array or a member of an object.
static void separate(JsonWriter *w, bool first) {
    if (!first)
        rt_builder_char(&w->out, ',');
    new_line(w);
}
static void leave(JsonWriter *w, char bracket, bool empty) {
    w->level--;
    if (!empty)
        new_line(w);
    rt_builder_char(&w->out, (uint32_t)bracket);
}

static bool write_vector(JsonWriter *w, Value v) {
    if (!enter(w))
        return false;
    rt_builder_char(&w->out, '[');
    size_t i = 0;
    for (; i < vector_length(v); i++) {
        separate(w, i == 0);
        if (!write_value(w, value_vector(v)->item[i]))
            return false;
    }
    leave(w, ']', i == 0);
    return true;
}

static bool write_list(JsonWriter *w, Value v) {
    if (rt_list_length(v) < 0)
        return fail_value(w, "not a proper list", v);
    if (!enter(w))
        return false;
    rt_builder_char(&w->out, '[');
    bool first = true;
    for (; value_is_pair(v); v = value_cdr(v)) {
        separate(w, first);
        first = false;
        if (!write_value(w, value_car(v)))
            return false;
    }
    leave(w, ']', first);
    return true;
}

// The text of what may be a name or a string: string, symbol, keyword; VALUE_NONE.
static Value text_of(Value v) {
    if (value_is_string(v))
        return v;
    if (value_is_symbol(v))
        return value_symbol(v)->name;
    return value_is_keyword(v) ? value_keyword(v)->name : VALUE_NONE;
}

static int by_name(const void *a, const void *b) {
    return rt_string_compare(text_of(value_car(*(const Value *)a)),
                             text_of(value_car(*(const Value *)b)));
}

static bool write_object(JsonWriter *w, Value v) {
    VM *vm = w->vm;
    Value list = rt_table_to_alist(vm, v);
    if (list == VALUE_FAILURE || !enter(w))
        return false;
    for (Value l = list; value_is_pair(l); l = value_cdr(l))
        if (text_of(value_car(value_car(l))) == VALUE_NONE)
            return fail_value(w, "a name in an object is a string, symbol or keyword, not",
                              value_car(value_car(l)));
    if (w->sorted) {
        Value members = rt_vector_from_list(vm, list);
        if (members == VALUE_FAILURE)
            return false;
        qsort(&FRESH(value_vector(members)->item[0]), vector_length(members), sizeof(Value),
              by_name);
        list = rt_vector_to_list(vm, members, 0, vector_length(members));
    }
    rt_builder_char(&w->out, '{');
    bool first = true;
    for (; value_is_pair(list); list = value_cdr(list)) {
        separate(w, first);
        first = false;
        write_string(w, text_of(value_car(value_car(list))));
        rt_builder_c(&w->out, w->indent ? ": " : ":");
        if (!write_value(w, value_cdr(value_car(list))))
            return false;
    }
    leave(w, '}', first);
    return true;
}

static bool write_value(JsonWriter *w, Value v) {
    if (value_is_number(v))
        return write_number(w, v);
    if (v == VALUE_NIL || v == VALUE_TRUE || v == VALUE_FALSE) {
        rt_builder_c(&w->out, v == VALUE_NIL ? "null" : v == VALUE_TRUE ? "true" : "false");
        return true;
    }
    Value text = text_of(v);
    if (text != VALUE_NONE) {
        write_string(w, text);
        return true;
    }
    if (value_is_vector(v))
        return write_vector(w, v);
    if (value_is_pair(v) || v == VALUE_NULL)
        return write_list(w, v);
    if (value_is_dict(v))
        return write_object(w, v);
    return fail_value(w, "not a value of JSON", v);
}

Value rt_prim_json_to_string(VM *vm, Value v, Value options) {
    const Value *option = options_of(vm, options, 4);
    if (!option)
        return VALUE_FAILURE;
    if (!value_is_fixnum(option[0]) || value_fixnum(option[0]) < 0 ||
        value_fixnum(option[0]) > MOST_INDENT)
        return rt_fail(vm, CONDITION_RANGE, rt_cons(vm, option[0], VALUE_NULL),
                       "option indent: expected integer from 0 to %d, got", MOST_INDENT);
    JsonWriter w = {.vm = vm,
                    .indent = (int)value_fixnum(option[0]),
                    .html = option[1] != VALUE_FALSE,
                    .ascii = option[2] != VALUE_FALSE,
                    .sorted = option[3] != VALUE_FALSE};
    rt_builder_init(&w.out, vm);
    return write_value(&w, v) ? rt_builder_finish(&w.out) : VALUE_FAILURE;
}
