// The printer: a machine with an explicit stack, after a search for what needs a datum label.
//
// The search is a depth-first walk that remembers which objects it has seen and which lie on its
// present path. `write` labels an object when the walk comes back to it on the path (every cycle
// has such an object), `write-shared` when it meets it again at all. Most data are small trees; a
// walk of a few hundred steps without memory shows that, and spares them the table.
#include "runtime/printer.h"
#include "runtime/array.h"
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/hash.h"
#include "runtime/heap.h"
#include "runtime/lexer_int.h"
#include "runtime/numbers.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include <inttypes.h>
#include <stdio.h>
#include <unictype.h>

enum {
    TREE_STEPS = 500,     // of the walk without memory
    TREE_STACK = 64,      // and the data it puts off
    LIMITED_STEPS = 4000, // of the search, in messages
    FIRST_FRAMES = 32,
    FIRST_MARKS = 1024, // a power of two
    ARRAY_SHOWN = 100,  // elements of a typed array
    LABEL_NONE = UINT32_MAX,
};

typedef struct PrintFrame {
    Value object;
    size_t index; // next part: of a list 0 car, 1 tail, 2 end
} PrintFrame;

enum { // Mark.flags
    MARK_ON_PATH = 1,
    MARK_LABEL = 2,
};
typedef struct Mark {
    Value object; // VALUE_NONE: a free slot
    uint32_t flags;
    uint32_t label; // LABEL_NONE: not printed yet
} Mark;

typedef struct Printer {
    VM *vm;
    Value port;
    WriteMode mode;
    size_t limit; // bytes after which the rest does not matter; SIZE_MAX: none
    PrintFrame *frames;
    size_t depth, capacity;
    Mark *marks; // atomic memory: what is printed holds the objects
    size_t mark_mask, mark_count;
    uint32_t labels; // given out
    bool unreadable; // something in it has no syntax
    size_t most;     // bytes of the text; 0: any number
} Printer;

// ---- text

static bool put(Printer *pr, const char *bytes, size_t size) {
    return rt_port_write_utf8(pr->vm, pr->port, bytes, size);
}
static bool put_c(Printer *pr, const char *text) {
    // What has no syntax is written as #<…>.
    if (text[0] == '#' && text[1] == '<')
        pr->unreadable = true;
    return put(pr, text, strlen(text));
}

static bool put_integer(Printer *pr, int64_t n) {
    char text[24];
    char *at = text + sizeof text;
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (n < 0)
        *--at = '-';
    return put(pr, at, (size_t)(text + sizeof text - at));
}

static bool is_limited(const Printer *pr) { return pr->limit != SIZE_MAX; }

// Characters of a text of `length` that can matter.
static size_t shown_length(const Printer *pr, size_t length) {
    return length < pr->limit ? length : pr->limit;
}

static bool put_string(Printer *pr, Value string) {
    return rt_port_write_string(pr->vm, pr->port, string, 0,
                                shown_length(pr, string_length(string)));
}

// A character that would not be seen, or would change how its neighbours look.
static bool is_invisible(uint32_t c) {
    if (c < 0x7F)
        return c < ' ';
    return uc_is_cntrl(c) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

// One character of a string (quote ") or symbol (quote |).
static bool put_escaped(Printer *pr, uint32_t c, char quote) {
    char text[16];
    switch (c) {
    case '\a':
        return put_c(pr, "\\a");
    case '\b':
        return put_c(pr, "\\b");
    case '\t':
        return put_c(pr, "\\t");
    case '\n':
        return put_c(pr, "\\n");
    case '\r':
        return put_c(pr, "\\r");
    case '\\':
        return put_c(pr, "\\\\");
    default:
        if (c == (uint32_t)(unsigned char)quote) {
            text[0] = '\\';
            text[1] = quote;
            return put(pr, text, 2);
        }
        if (is_invisible(c)) {
            int size = snprintf(text, sizeof text, "\\x%" PRIx32 ";", c);
            return put(pr, text, (size_t)size);
        }
        return rt_port_write_char(pr->vm, pr->port, c);
    }
}

static bool put_quoted(Printer *pr, Value string, char quote) {
    size_t length = shown_length(pr, string_length(string));
    if (!put(pr, &quote, 1))
        return false;
    if (string_is_wide(string)) {
        for (size_t i = 0; i < length; i++)
            if (!put_escaped(pr, string_char(string, i), quote))
                return false;
    } else {
        const char *data = value_string(string)->data;
        for (size_t i = 0; i < length;) {
            size_t run = i;
            while (run < length && data[run] >= ' ' && data[run] < 127 && data[run] != quote &&
                   data[run] != '\\')
                run++;
            if (run > i && !put(pr, data + i, run - i))
                return false;
            if (run < length && !put_escaped(pr, (uint8_t)data[run++], quote))
                return false;
            i = run;
        }
    }
    return put(pr, &quote, 1);
}

// The name of a symbol or keyword as the reader reads it back. prefix: ":" or "".
static bool put_name(Printer *pr, Value name, const char *prefix) {
    if (!put_c(pr, prefix))
        return false;
    size_t size;
    const char *text = rt_string_to_utf8(pr->vm, name, &size);
    if (!text)
        return false;
    // After its colon the name of a keyword may look like a number or begin with anything but a
    // bracket. R7RS 6.13.3: symbols with characters beyond ASCII are written between bars.
    bool plain = *prefix ? size > 0 && rt_lexer_plain_rest(text, size)
                         : rt_string_is_ascii(name) && rt_lexer_plain_symbol(pr->vm, text, size);
    return plain ? put(pr, text, size) : put_quoted(pr, name, '|');
}

static bool put_char(Printer *pr, uint32_t c) {
    if (pr->mode == WRITE_DISPLAY)
        return rt_port_write_char(pr->vm, pr->port, c);
    const char *name = rt_char_name(c);
    char text[16];
    if (name) {
        snprintf(text, sizeof text, "#\\%s", name);
    } else if (is_invisible(c) || (c > 127 && (uc_is_property_white_space(c) ||
                                               uc_is_general_category(c, UC_CATEGORY_M)))) {
        snprintf(text, sizeof text, "#\\x%" PRIx32, c);
    } else {
        return put_c(pr, "#\\") && rt_port_write_char(pr->vm, pr->port, c);
    }
    return put_c(pr, text);
}

static bool put_number(Printer *pr, Value v) {
    // In a message, a number beyond its length is as good as its size.
    if (is_limited(pr) && value_is_bignum(v) && object_aux(value_object(v)) > pr->limit / 8) {
        char text[64];
        snprintf(text, sizeof text, "#<integer of %" PRIu64 " bits>",
                 (uint64_t)64 * object_aux(value_object(v)));
        return put_c(pr, text);
    }
    Value text = rt_number_to_string(pr->vm, v, 10);
    return text != VALUE_FAILURE && put_string(pr, text);
}

// ---- objects without parts to print

static bool put_bytevector(Printer *pr, Value v) {
    if (!put_c(pr, "#u8("))
        return false;
    size_t length = shown_length(pr, bytevector_length(v));
    for (size_t i = 0; i < length; i++) {
        if (i && !put_c(pr, " "))
            return false;
        if (!put_integer(pr, value_bytevector(v)->byte[i]))
            return false;
    }
    return put_c(pr, ")");
}

// #<kind name>; name: symbol, string or anything else for none.
static bool put_named(Printer *pr, const char *kind, Value name) {
    if (!put_c(pr, "#<") || !put_c(pr, kind))
        return false;
    if (value_is_symbol(name))
        name = value_symbol(name)->name;
    if (value_is_string(name) && !(put_c(pr, " ") && put_string(pr, name)))
        return false;
    return put_c(pr, ">");
}

static bool put_special(Printer *pr, Value v) {
    switch (v) {
    case VALUE_FALSE:
        return put_c(pr, "#f");
    case VALUE_TRUE:
        return put_c(pr, "#t");
    case VALUE_NIL:
        return put_c(pr, "nil");
    case VALUE_NULL:
        return put_c(pr, "()");
    case VALUE_UNSPECIFIED:
        return put_c(pr, "#<unspecified>");
    case VALUE_EOF:
        return put_c(pr, "#<eof>");
    case VALUE_DEFAULT:
        return put_c(pr, "#<default>");
    case VALUE_UNBOUND:
        return put_c(pr, "#<unbound>");
    default:
        return put_c(pr, "#<internal>");
    }
}

static bool put_condition(Printer *pr, Value v) {
    VM *vm = pr->vm;
    Value text = rt_condition_text(vm, v);
    return text != VALUE_FAILURE && put_c(pr, "#<") &&
           put_c(pr, rt_record_type_label(vm, value_record(v)->type)) && put_c(pr, " ") &&
           put_string(pr, text) && put_c(pr, ">");
}

static bool put_port(Printer *pr, Value v) {
    unsigned flags = port_flags(v);
    char kind[40];
    snprintf(kind, sizeof kind, "%s%s-%s-port", flags & PORT_OPEN ? "" : "closed-",
             flags & PORT_TEXTUAL ? "textual" : "binary", flags & PORT_INPUT ? "input" : "output");
    return put_named(pr, kind, value_port(v)->name);
}

static Value name_of_object(Printer *pr, Value v) {
    PortState *s = pr->vm->ports;
    return s->object_name ? s->object_name(pr->vm, v) : VALUE_FALSE;
}

static bool put_object(Printer *pr, Value v) {
    VM *vm = pr->vm;
    void *object = value_object(v);
    switch ((ObjectType)object_type(object)) {
    case TYPE_STRING:
        return pr->mode == WRITE_DISPLAY ? put_string(pr, v) : put_quoted(pr, v, '"');
    case TYPE_SYMBOL:
        return pr->mode == WRITE_DISPLAY ? put_string(pr, value_symbol(v)->name)
                                         : put_name(pr, value_symbol(v)->name, "");
    case TYPE_KEYWORD:
        return pr->mode == WRITE_DISPLAY ? put_c(pr, ":") && put_string(pr, value_keyword(v)->name)
                                         : put_name(pr, value_keyword(v)->name, ":");
    case TYPE_BIGNUM:
    case TYPE_RATNUM:
    case TYPE_COMPNUM:
        return put_number(pr, v);
    case TYPE_BYTEVECTOR:
        return put_bytevector(pr, v);
    case TYPE_CLOSURE:
        return put_named(pr, "procedure",
                         vm->ports->closure_name ? vm->ports->closure_name(vm, v) : VALUE_FALSE);
    case TYPE_PRIMITIVE:
        return put_c(pr, "#<procedure ") && put_c(pr, value_primitive(v)->row->name) &&
               put_c(pr, ">");
    case TYPE_CONTINUATION:
        return put_c(pr, "#<continuation>");
    case TYPE_PARAMETER:
        return put_named(pr, "parameter", name_of_object(pr, v));
    case TYPE_PROMISE:
        return put_c(pr, "#<promise>");
    case TYPE_RECORD:
        return put_condition(pr, v); // other records have parts
    case TYPE_RECORD_TYPE:
        return put_c(pr, "#<record-type ") && put_c(pr, rt_record_type_label(vm, v)) &&
               put_c(pr, ">");
    case TYPE_TABLE:
        return put_c(pr, "#<hash-table ") && put_integer(pr, (int64_t)rt_table_count(v)) &&
               put_c(pr, ">");
    case TYPE_PORT:
        return put_port(pr, v);
    case TYPE_CELL:
        return put_named(pr, "cell", value_cell(v)->name);
    case TYPE_ENVIRONMENT:
        return put_named(pr, "environment", name_of_object(pr, v));
    case TYPE_MACRO:
        return put_named(pr, "macro", name_of_object(pr, v));
    case TYPE_FRAME:
        return put_c(pr, "#<frame>");
    case TYPE_WEAK_BOX:
        return put_c(pr, "#<weak-box>");
    case TYPE_FOREIGN:
        return put_named(pr, "foreign", value_foreign(v)->kind);
    case TYPE_ALIAS: {
        Value symbol = vm->ports->alias_symbol ? vm->ports->alias_symbol(vm, v) : VALUE_FALSE;
        if (!value_is_symbol(symbol))
            return put_c(pr, "#<identifier>");
        return pr->mode == WRITE_DISPLAY ? put_string(pr, value_symbol(symbol)->name)
                                         : put_name(pr, value_symbol(symbol)->name, "");
    }
    default:
        return put_c(pr, "#<object>");
    }
}

static bool put_atom(Printer *pr, Value v) {
    if (value_is_fixnum(v))
        return put_integer(pr, value_fixnum(v));
    if (value_is_flonum(v))
        return put_number(pr, v);
    if (value_is_char(v))
        return put_char(pr, value_char(v));
    if (value_is_object(v))
        return put_object(pr, v);
    return put_special(pr, v);
}

// ---- parts

// Is it printed part by part?
static bool has_parts(const VM *vm, Value v) {
    if (value_is_pair(v))
        return true;
    if (!value_is_object(v))
        return false;
    switch (object_type(value_object(v))) {
    case TYPE_VECTOR:
    case TYPE_DICT:
    case TYPE_BOX:
    case TYPE_VALUES:
    case TYPE_ARRAY:
        return true;
    case TYPE_RECORD:
        return !rt_is_condition(vm, v, CONDITION_CONDITION);
    default:
        return false;
    }
}

// Part number *index (updated to the next one, to be asked for) in the order of printing;
// VALUE_NONE: no more.
static Value next_part(Value v, size_t *index) {
    size_t i = (*index)++;
    if (value_is_pair(v))
        return i == 0 ? value_car(v) : i == 1 ? value_cdr(v) : VALUE_NONE;
    void *object = value_object(v);
    switch (object_type(object)) {
    case TYPE_VECTOR:
        return i < vector_length(v) ? value_vector(v)->item[i] : VALUE_NONE;
    case TYPE_VALUES:
        return i < object_aux(object) ? value_values(v)->item[i] : VALUE_NONE;
    case TYPE_RECORD:
        return i < object_aux(object) ? value_record(v)->field[i] : VALUE_NONE;
    case TYPE_BOX:
        return i == 0 ? value_box(v)->value : VALUE_NONE;
    case TYPE_DICT: {
        const Table *t = value_table(v);
        for (; i < (size_t)2 * t->used; i = *index, *index += 1) {
            const TableEntry *e = table_entry_at(t, (uint32_t)(i / 2));
            if (e != NULL)
                return i % 2 ? e->value : e->key;
        }
        return VALUE_NONE;
    }
    default: // TYPE_ARRAY; numbers have no parts and are not searched
        return array_element_type(v) == ELEMENT_ANY && i < value_array(v)->size
                   ? ((const Value *)value_array(v)->data)[i]
                   : VALUE_NONE;
    }
}

static bool push(Printer *pr, Value object) {
    if (pr->depth == pr->capacity) {
        size_t capacity = pr->capacity ? 2 * pr->capacity : FIRST_FRAMES;
        if (!rt_heap_reserve(pr->vm, capacity, sizeof(PrintFrame)))
            return false;
        // Scanned, because elements of typed arrays are boxed on the way.
        PrintFrame *frames = rt_raw_new(pr->vm, capacity * sizeof(PrintFrame));
        if (pr->depth)
            memcpy(frames, pr->frames, pr->depth * sizeof(PrintFrame));
        pr->frames = frames;
        pr->capacity = capacity;
    }
    pr->frames[pr->depth++] = (PrintFrame){.object = object};
    return true;
}

// ---- the search for labels

// Is it certainly a tree? A short walk without memory: it ends early on anything large or circular.
static bool is_small_tree(const VM *vm, Value v) {
    Value later[TREE_STACK];
    int count = 0;
    for (int steps = 0; steps < TREE_STEPS; steps++) {
        if (has_parts(vm, v)) {
            size_t index = 0;
            Value part = next_part(v, &index), first = part;
            while (part != VALUE_NONE && (part = next_part(v, &index)) != VALUE_NONE) {
                if (!has_parts(vm, part)) {
                    if (++steps > TREE_STEPS)
                        return false;
                    continue;
                }
                if (count == TREE_STACK)
                    return false;
                later[count++] = part;
            }
            if (first != VALUE_NONE) {
                v = first;
                continue;
            }
        }
        if (count == 0)
            return true;
        v = later[--count];
    }
    return false;
}

// Is it certainly a long list, vector or dictionary of small trees? Then it contains no cycle
// either: what a small tree refers to ends within it. The spine of a list is watched with Brent's
// algorithm.
static bool is_long_tree(const VM *vm, Value v) {
    if (!value_is_pair(v)) {
        size_t index = 0;
        for (Value part; (part = next_part(v, &index)) != VALUE_NONE;)
            if (has_parts(vm, part) && !is_small_tree(vm, part))
                return false;
        return true;
    }
    Value checkpoint = v;
    for (size_t steps = 0, lap = 2; value_is_pair(v);) {
        if (has_parts(vm, value_car(v)) && !is_small_tree(vm, value_car(v)))
            return false;
        v = value_cdr(v);
        if (v == checkpoint)
            return false;
        if (++steps == lap) {
            checkpoint = v;
            lap *= 2;
        }
    }
    return !has_parts(vm, v) || is_small_tree(vm, v);
}

static Mark *find_mark(const Printer *pr, Value object) {
    size_t i = hash_word(object) & pr->mark_mask;
    while (pr->marks[i].object != VALUE_NONE && pr->marks[i].object != object)
        i = (i + 1) & pr->mark_mask;
    return &pr->marks[i];
}

static bool grow_marks(Printer *pr) {
    Mark *old = pr->marks;
    size_t room = old ? pr->mark_mask + 1 : 0, new_room = old ? 2 * room : FIRST_MARKS;
    if (!rt_heap_reserve(pr->vm, new_room, sizeof(Mark)))
        return false;
    pr->marks = rt_raw_new_atomic(pr->vm, new_room * sizeof(Mark));
    memset(pr->marks, 0, new_room * sizeof(Mark));
    pr->mark_mask = new_room - 1;
    for (size_t i = 0; i < room; i++)
        if (old[i].object != VALUE_NONE)
            *find_mark(pr, old[i].object) = old[i];
    return true;
}

// Walk everything below root; marks get MARK_LABEL where a label is needed. steps: give up after so
// many, without any labels. False: memory is short.
static bool search(Printer *pr, Value root, size_t steps) {
    Value v = root;
    if (!grow_marks(pr))
        return false;
    for (;;) {
        if (v != VALUE_NONE && has_parts(pr->vm, v)) {
            Mark *mark = find_mark(pr, v);
            if (mark->object == VALUE_NONE) {
                *mark = (Mark){.object = v, .flags = MARK_ON_PATH, .label = LABEL_NONE};
                if (2 * ++pr->mark_count > pr->mark_mask && !grow_marks(pr))
                    return false;
                if (!push(pr, v))
                    return false;
            } else if (pr->mode == WRITE_SHARED || mark->flags & MARK_ON_PATH) {
                mark->flags |= MARK_LABEL;
            }
        }
        if (steps-- == 0) {
            pr->marks = NULL;
            break;
        }
        // The next part of the innermost object that has one.
        v = VALUE_NONE;
        while (pr->depth > 0) {
            PrintFrame *f = &pr->frames[pr->depth - 1];
            v = next_part(f->object, &f->index);
            if (v != VALUE_NONE)
                break;
            find_mark(pr, f->object)->flags &= ~(uint32_t)MARK_ON_PATH;
            pr->depth--;
        }
        if (v == VALUE_NONE)
            break;
    }
    pr->depth = 0;
    return true;
}

// ---- printing

static Mark *label_of(const Printer *pr, Value v) {
    if (!pr->marks)
        return NULL;
    Mark *mark = find_mark(pr, v);
    return mark->object != VALUE_NONE && mark->flags & MARK_LABEL ? mark : NULL;
}

// 'x and the like: the prefix when v is (quote x), else NULL.
static const char *abbreviation(const Printer *pr, Value v) {
    static const char *const forms[][2] = {
        {"quote", "'"}, {"quasiquote", "`"}, {"unquote", ","}, {"unquote-splicing", ",@"}};
    Value head = value_car(v), tail = value_cdr(v);
    if (!value_is_symbol(head) || !value_is_pair(tail) || value_cdr(tail) != VALUE_NULL)
        return NULL;
    if (object_flags(value_object(head)) & SYMBOL_UNINTERNED || label_of(pr, tail))
        return NULL;
    Value name = value_symbol(head)->name;
    size_t length = string_length(name);
    if (length < 5 || length > 16)
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (rt_string_is(name, forms[i][0]))
            return forms[i][1];
    return NULL;
}

// `,@x` is not `, @x`.
static bool begins_with_at(Value v) {
    return value_is_symbol(v) && string_length(value_symbol(v)->name) > 0 &&
           string_char(value_symbol(v)->name, 0) == '@';
}

static bool open_array(Printer *pr, Value v) {
    const Array *a = value_array(v);
    if (!put_c(pr, "#<array ") || !put_c(pr, rt_element_type_name(array_element_type(v))) ||
        !put_c(pr, " ("))
        return false;
    for (int i = 0; i < array_rank(v); i++) {
        if (i && !put_c(pr, " "))
            return false;
        if (!put_integer(pr, (int64_t)a->dim[i]))
            return false;
    }
    return put_c(pr, ")");
}

// Print what is before the first part, and push a frame for the parts; atoms whole.
static bool begin(Printer *pr, Value v) {
    for (;;) {
        if (!has_parts(pr->vm, v))
            return put_atom(pr, v);
        Mark *mark = label_of(pr, v);
        if (mark) {
            bool known = mark->label != LABEL_NONE;
            if (!known)
                mark->label = pr->labels++;
            if (!put_c(pr, "#") || !put_integer(pr, mark->label) || !put_c(pr, known ? "#" : "="))
                return false;
            if (known)
                return true;
        }
        const char *prefix = value_is_pair(v) ? abbreviation(pr, v) : NULL;
        if (!prefix)
            break;
        v = value_car(value_cdr(v));
        if (!put_c(pr, prefix))
            return false;
        if (begins_with_at(v) && prefix[1] == 0 && *prefix == ',' && !put_c(pr, " "))
            return false;
        if (is_limited(pr) && value_port(pr->port)->end > pr->limit)
            return true;
    }
    bool good = true;
    if (value_is_pair(v)) {
        good = put_c(pr, "(");
    } else {
        switch (object_type(value_object(v))) {
        case TYPE_VECTOR:
            good = put_c(pr, "#(");
            break;
        case TYPE_DICT:
            good = put_c(pr, "{");
            break;
        case TYPE_BOX:
            good = put_c(pr, "#<box");
            break;
        case TYPE_VALUES:
            good = put_c(pr, "#<values");
            break;
        case TYPE_ARRAY:
            good = open_array(pr, v);
            break;
        default:
            good =
                put_c(pr, "#<") && put_c(pr, rt_record_type_label(pr->vm, value_record(v)->type));
        }
    }
    return good && push(pr, v);
}

// The next part of the innermost frame's list.
static bool step_list(Printer *pr, PrintFrame *f) {
    if (f->index == 0) {
        f->index = 1;
        return begin(pr, value_car(f->object));
    }
    Value tail = f->index == 1 ? value_cdr(f->object) : VALUE_NULL;
    if (tail == VALUE_NULL) {
        pr->depth--;
        return put_c(pr, ")");
    }
    if (value_is_pair(tail) && !label_of(pr, tail)) {
        f->object = tail;
        return put_c(pr, " ") && begin(pr, value_car(tail));
    }
    f->index = 2;
    return put_c(pr, " . ") && begin(pr, tail);
}

static bool step_record(Printer *pr, PrintFrame *f) {
    size_t i = f->index++;
    if (i == object_aux(value_object(f->object))) {
        pr->depth--;
        return put_c(pr, ">");
    }
    const RecordType *type = value_record_type(value_record(f->object)->type);
    return put_c(pr, " ") &&
           put_string(pr, value_symbol(value_vector(type->fields)->item[i])->name) &&
           put_c(pr, ": ") && begin(pr, value_record(f->object)->field[i]);
}

static bool step_array(Printer *pr, PrintFrame *f) {
    size_t i = f->index++;
    if (i == value_array(f->object)->size || i == ARRAY_SHOWN) {
        pr->depth--;
        return put_c(pr, i == value_array(f->object)->size ? ">" : " …>");
    }
    Value element = rt_array_get(pr->vm, f->object, i);
    return element != VALUE_FAILURE && put_c(pr, " ") && begin(pr, element);
}

static bool step(Printer *pr) {
    PrintFrame *f = &pr->frames[pr->depth - 1];
    if (value_is_pair(f->object))
        return step_list(pr, f);
    unsigned type = object_type(value_object(f->object));
    if (type == TYPE_RECORD)
        return step_record(pr, f);
    if (type == TYPE_ARRAY)
        return step_array(pr, f);
    bool first = f->index == 0;
    Value part = next_part(f->object, &f->index);
    if (part == VALUE_NONE) {
        pr->depth--;
        return put_c(pr, type == TYPE_VECTOR ? ")" : type == TYPE_DICT ? "}" : ">");
    }
    bool spaced = !first || (type != TYPE_VECTOR && type != TYPE_DICT);
    return (!spaced || put_c(pr, " ")) && begin(pr, part);
}

static bool print(Printer *pr, Value v) {
    if (has_parts(pr->vm, v) && pr->mode != WRITE_SIMPLE &&
        (pr->mode == WRITE_SHARED ||
         (!is_small_tree(pr->vm, v) && (is_limited(pr) || !is_long_tree(pr->vm, v)))) &&
        !search(pr, v, is_limited(pr) ? LIMITED_STEPS : SIZE_MAX))
        return false;
    if (!begin(pr, v))
        return false;
    while (pr->depth > 0) {
        if (is_limited(pr) && value_port(pr->port)->end > pr->limit)
            break;
        if (pr->most && value_port(pr->port)->end > pr->most)
            break;
        if (!step(pr))
            return false;
    }
    return true;
}

bool rt_write(VM *vm, Value object, Value port, WriteMode mode) {
    Printer pr = {.vm = vm, .port = port, .mode = mode, .limit = SIZE_MAX};
    return print(&pr, object);
}

Value rt_write_to_string(VM *vm, Value object, WriteMode mode) {
    if (mode == WRITE_DISPLAY && value_is_string(object))
        return rt_string_copy(vm, object);
    Value port = rt_port_new_output_string(vm);
    return rt_write(vm, object, port, mode) ? rt_port_collected(vm, port) : VALUE_FAILURE;
}

Value rt_write_readable(VM *vm, Value object, size_t most, bool *readable) {
    Value port = rt_port_new_output_string(vm);
    Printer pr = {.vm = vm, .port = port, .mode = WRITE_WRITE, .limit = SIZE_MAX, .most = most};
    bool written = print(&pr, object);
    *readable = !pr.unreadable;
    if (written && value_port(port)->end > most)
        return VALUE_FALSE;
    return written ? rt_port_collected(vm, port) : VALUE_FAILURE;
}

Value rt_write_limited(VM *vm, Value object, size_t max_chars) {
    // Messages are made when something else has failed already; a failure here must not replace it.
    Value condition = vm->condition;
    Value port = rt_port_new_output_string(vm);
    Printer pr = {.vm = vm, .port = port, .mode = WRITE_WRITE, .limit = 4 * max_chars + 4};
    if (!print(&pr, object)) {
        vm->condition = condition;
        return rt_string_from_c(vm, "#<object>");
    }
    Port *p = value_port(port);
    size_t kept = p->end < 2 * pr.limit ? p->end : 2 * pr.limit;
    Value text = rt_string_from_utf8(vm, (const char *)p->buffer, kept);
    if (string_length(text) <= max_chars)
        return text;
    return rt_string_append2(vm, rt_substring(vm, text, 0, max_chars), rt_string_from_c(vm, "…"));
}
