// The reader: a lexer that works in the port's buffer, and a machine with an explicit stack over
// it.
//
// The lexer delivers data without structure and the brackets and prefixes between them. The machine
// keeps a frame for each of those that is open:
//
//   text     ( a #( b ' c
//   frames   LIST (a)   VECTOR from item 0   QUOTE quote
//   items               b
//
// A datum that is complete is delivered to the innermost frame; prefixes complete at once and
// deliver in turn, brackets when they are closed. Nothing recurses, so that nesting is bounded by
// memory.
//
// Datum labels: the datum of #n= is known only when it is complete, but may be referred to inside
// of itself. Until then a box stands for it; every place that a box is stored in is noted and
// filled in at the end.
#include "runtime/reader.h"
#include "runtime/dict.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/lexer_int.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/port_int.h"
#include "runtime/printer.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/table.h"
#include "runtime/vector.h"
#include <errno.h>

enum {
    MEMORY_CHECK = 16384, // data between two looks at the memory limit
    FIRST_FRAMES = 16,
    FIRST_ITEMS = 64,
};

typedef enum FrameKind {
    FRAME_LIST,
    FRAME_VECTOR,
    FRAME_BYTES,
    FRAME_DICT,
    FRAME_QUOTE,   // and the other abbreviations
    FRAME_LABEL,   // #n=
    FRAME_COMMENT, // #;
} FrameKind;

typedef enum ListState {
    LIST_ELEMENTS,
    LIST_DOT,  // after the dot
    LIST_TAIL, // after the datum that follows it
} ListState;

typedef struct ReadFrame {
    FrameKind kind;
    ListState state; // LIST
    Place opened;
    Value first; // LIST: first pair or '(); QUOTE: the symbol; LABEL: the box
    union {
        Value last;    // LIST: last pair
        size_t base;   // VECTOR, BYTES, DICT: index of the first element in items
        int64_t label; // LABEL: its number
    };
} ReadFrame;

void rt_reader_init(VM *vm, Reader *r, Value port, ReadMode mode) {
    (void)vm;
    *r = (Reader){.port = port, .mode = mode, .labels = VALUE_NONE, .fixups = VALUE_NULL};
}

// ---- stacks

static bool push_frame(VM *vm, Reader *r, FrameKind kind, Place opened, Value first) {
    if (r->depth == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : FIRST_FRAMES;
        if (!rt_heap_reserve(vm, capacity, sizeof(ReadFrame)))
            return false;
        ReadFrame *frames = rt_raw_new(vm, capacity * sizeof(ReadFrame));
        if (r->depth)
            memcpy(frames, r->frames, r->depth * sizeof(ReadFrame));
        r->frames = frames;
        r->capacity = capacity;
    }
    ReadFrame *f = &r->frames[r->depth++];
    *f = (ReadFrame){.kind = kind, .opened = opened, .first = first};
    if (kind == FRAME_VECTOR || kind == FRAME_BYTES || kind == FRAME_DICT)
        f->base = r->item_count;
    return true;
}

static bool push_item(VM *vm, Reader *r, Value v) {
    if (r->item_count == r->item_capacity) {
        size_t capacity = r->item_capacity ? 2 * r->item_capacity : FIRST_ITEMS;
        if (!rt_heap_reserve(vm, capacity, sizeof(Value)))
            return false;
        Value *items = rt_raw_new(vm, capacity * sizeof(Value));
        if (r->item_count)
            memcpy(items, r->items, r->item_count * sizeof(Value));
        r->items = items;
        r->item_capacity = capacity;
    }
    r->items[r->item_count++] = v;
    return true;
}

static Position position_of(const Reader *r, Place place) {
    return position_make(r->source, place.line, place.column);
}

// ---- labels

// A box that stands for a datum which is not complete.
static bool is_placeholder(const Reader *r, Value v) {
    return r->labels != VALUE_NONE && value_is_box(v);
}

// Note that `place` of object holds a placeholder: 0 and 1 are car and cdr of a pair, an index of a
// vector, a key of a dictionary.
static void note(VM *vm, Reader *r, Value object, Value place) {
    r->fixups = rt_cons(vm, rt_cons(vm, object, place), r->fixups);
}

// What a placeholder stands for, as far as that is known.
static Value resolve(Value v) {
    while (value_is_box(v) && value_box(v)->value != VALUE_NONE)
        v = value_box(v)->value;
    return v;
}

static bool open_label(VM *vm, Reader *r, Place where, int64_t number) {
    if (r->labels == VALUE_NONE) {
        r->labels = rt_table_new(vm, TABLE_EQV, TABLE_STRONG);
        if (r->labels == VALUE_FAILURE) {
            r->labels = VALUE_NONE;
            return false;
        }
    }
    Value key = value_from_fixnum(number);
    if (rt_table_get(vm, r->labels, key, VALUE_NONE) != VALUE_NONE) {
        rt_lexer_fail(vm, r, where, "the label #%lld= was defined before", (long long)number);
        return false;
    }
    Value box = rt_box(vm, VALUE_NONE);
    if (!rt_table_put(vm, r->labels, key, box))
        return false;
    if (!push_frame(vm, r, FRAME_LABEL, where, box))
        return false;
    r->frames[r->depth - 1].label = number;
    r->open_labels++;
    return true;
}

static bool refer(VM *vm, Reader *r, Place where, int64_t number, Value *result) {
    Value box = r->labels == VALUE_NONE
                    ? VALUE_NONE
                    : rt_table_get(vm, r->labels, value_from_fixnum(number), VALUE_NONE);
    if (box == VALUE_NONE) {
        rt_lexer_fail(vm, r, where, "#%lld# refers to a label that was not defined before",
                      (long long)number);
        return false;
    }
    *result = resolve(box);
    return true;
}

// Put the data in where placeholders stand.
static bool patch(VM *vm, Reader *r) {
    for (Value rest = r->fixups; value_is_pair(rest); rest = value_cdr(rest)) {
        Value object = value_car(value_car(rest)), place = value_cdr(value_car(rest));
        if (value_is_pair(object)) {
            Pair *p = value_pair(object);
            if (place == value_from_fixnum(0))
                rt_heap_store(&p->car, resolve(p->car));
            else
                rt_heap_store(&p->cdr, resolve(p->cdr));
        } else if (value_is_vector(object)) {
            const Value *item = &value_vector(object)->item[value_fixnum(place)];
            rt_heap_store(item, resolve(*item));
        } else {
            Value v = resolve(rt_dict_get(vm, object, place, VALUE_NIL));
            if (!rt_dict_put(vm, object, place, v))
                return false;
        }
    }
    return true;
}

// ---- closing brackets

static const char *bracket_name(FrameKind kind) {
    switch (kind) {
    case FRAME_VECTOR:
        return "vector";
    case FRAME_BYTES:
        return "bytevector";
    case FRAME_DICT:
        return "dictionary";
    default:
        return "list";
    }
}

// The vector of the innermost frame's elements.
static Value finish_vector(VM *vm, Reader *r, const ReadFrame *f) {
    size_t count = r->item_count - f->base;
    Value v = rt_vector_new(vm, count, VALUE_FALSE);
    if (v == VALUE_FAILURE)
        return v;
    if (count)
        memcpy(&FRESH(value_vector(v)->item[0]), r->items + f->base, count * sizeof(Value));
    if (r->open_labels)
        for (size_t i = 0; i < count; i++)
            if (is_placeholder(r, value_vector(v)->item[i]))
                note(vm, r, v, value_from_fixnum((int64_t)i));
    if (r->literals) {
        void *object = value_object(v);
        object_set_flags(object, object_flags(object) | VECTOR_LITERAL);
    }
    return v;
}

static Value finish_bytes(VM *vm, Reader *r, const ReadFrame *f) {
    size_t count = r->item_count - f->base;
    Value v = rt_bytevector_new(vm, count);
    if (v == VALUE_FAILURE)
        return v;
    for (size_t i = 0; i < count; i++)
        value_bytevector(v)->byte[i] = (uint8_t)value_fixnum(r->items[f->base + i]);
    return v;
}

static Value finish_dict(VM *vm, Reader *r, const ReadFrame *f) {
    size_t count = r->item_count - f->base;
    if (count % 2) {
        rt_lexer_fail(vm, r, f->opened, "the dictionary opened here has a key without a value");
        return VALUE_FAILURE;
    }
    Value dict = rt_dict_new(vm);
    if (dict == VALUE_FAILURE)
        return dict;
    for (size_t i = 0; i < count; i += 2) {
        Value key = r->items[f->base + i], v = r->items[f->base + i + 1];
        bool found;
        // The key's hash is taken now and would change with what is filled in later.
        if (r->open_labels && (is_placeholder(r, key) || value_is_pair(key) ||
                               value_is_vector(key) || value_is_dict(key))) {
            rt_lexer_fail(vm, r, f->opened,
                          "a key of the dictionary opened here stands inside of a labelled datum");
            return VALUE_FAILURE;
        }
        if (!rt_table_has(vm, dict, key, &found))
            return VALUE_FAILURE;
        if (found) {
            Value text = rt_write_limited(vm, key, 60);
            rt_lexer_fail(vm, r, f->opened, "the dictionary opened here has the key %s twice",
                          rt_string_to_utf8(vm, text, NULL));
            return VALUE_FAILURE;
        }
        if (!rt_dict_put(vm, dict, key, v))
            return VALUE_FAILURE;
        if (is_placeholder(r, v))
            note(vm, r, dict, key);
    }
    return dict;
}

// ---- delivering

// What is missing when a datum does not come: for messages.
static const char *frame_prefix(VM *vm, const ReadFrame *f) {
    if (f->kind == FRAME_LABEL)
        return "#n=";
    if (f->kind == FRAME_COMMENT)
        return "#;";
    static const char *const names[][2] = {
        {"quote", "'"}, {"quasiquote", "`"}, {"unquote", ","}, {"unquote-splicing", ",@"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (rt_string_is(value_symbol(f->first)->name, names[i][0]))
            return names[i][1];
    return "prefix";
}

static bool append_to_list(VM *vm, Reader *r, ReadFrame *f, Value v, Place where) {
    switch (f->state) {
    case LIST_ELEMENTS: {
        Value pair = rt_cons(vm, v, VALUE_NULL);
        Place self = where;
        if (f->first == VALUE_NULL) {
            f->first = pair;
            self = f->opened;
        } else {
            rt_heap_store(&value_pair(f->last)->cdr, pair);
        }
        f->last = pair;
        if (r->map)
            rt_source_map_add(vm, r->map, pair, position_of(r, self), position_of(r, where));
        if (is_placeholder(r, v))
            note(vm, r, pair, value_from_fixnum(0));
        return true;
    }
    case LIST_DOT:
        rt_heap_store(&value_pair(f->last)->cdr, v);
        if (is_placeholder(r, v))
            note(vm, r, f->last, value_from_fixnum(1));
        f->state = LIST_TAIL;
        return true;
    default:
        return rt_lexer_fail(vm, r, where, "expected ) after the datum that follows the dot");
    }
}

typedef enum Delivery { DELIVER_FAILED, DELIVER_MORE, DELIVER_DONE } Delivery;

// Give a complete datum to what encloses it. DONE: nothing does, *v is the result.
static Delivery deliver(VM *vm, Reader *r, Value *v, Place where) {
    while (r->depth > 0) {
        ReadFrame *f = &r->frames[r->depth - 1];
        switch (f->kind) {
        case FRAME_LIST:
            return append_to_list(vm, r, f, *v, where) ? DELIVER_MORE : DELIVER_FAILED;
        case FRAME_BYTES:
            if (!value_is_index_below(*v, 256)) {
                Value text = rt_write_limited(vm, *v, 60);
                rt_lexer_fail(
                    vm, r, where,
                    "expected a byte (an exact integer from 0 to 255) in a bytevector, got %s",
                    rt_string_to_utf8(vm, text, NULL));
                return DELIVER_FAILED;
            }
            [[fallthrough]];
        case FRAME_VECTOR:
        case FRAME_DICT:
            return push_item(vm, r, *v) ? DELIVER_MORE : DELIVER_FAILED;
        case FRAME_COMMENT:
            r->depth--;
            return DELIVER_MORE;
        case FRAME_QUOTE: {
            Value tail = rt_cons(vm, *v, VALUE_NULL), list = rt_cons(vm, f->first, tail);
            if (r->map) {
                Position datum = position_of(r, where), prefix = position_of(r, f->opened);
                rt_source_map_add(vm, r->map, tail, datum, datum);
                rt_source_map_add(vm, r->map, list, prefix, prefix);
            }
            if (is_placeholder(r, *v))
                note(vm, r, tail, value_from_fixnum(0));
            *v = list;
            where = f->opened;
            r->depth--;
            break;
        }
        case FRAME_LABEL:
            if (*v == f->first) {
                rt_lexer_fail(vm, r, f->opened, "the label #%lld= stands for itself",
                              (long long)f->label);
                return DELIVER_FAILED;
            }
            rt_heap_store(&value_box(f->first)->value, *v);
            where = f->opened;
            r->open_labels--;
            r->depth--;
            break;
        }
    }
    return DELIVER_DONE;
}

// Close the innermost bracket: its datum in *v.
static bool close_bracket(VM *vm, Reader *r, const Token *token, Value *v, Place *where) {
    const char *text = token->kind == TOKEN_CLOSE ? ")" : "}";
    Place here = token->place;
    if (r->depth == 0)
        return rt_lexer_fail(vm, r, here, "unexpected %s: no bracket is open", text);
    ReadFrame *f = &r->frames[r->depth - 1];
    if (f->kind > FRAME_DICT) {
        rt_lexer_fail(vm, r, token->place, "expected a datum after %s, got %s", frame_prefix(vm, f),
                      text);
        return false;
    }
    if ((token->kind == TOKEN_CLOSE) == (f->kind == FRAME_DICT)) {
        rt_lexer_fail(vm, r, token->place,
                      "expected %s to close the %s opened at line %u, column %u, got %s",
                      f->kind == FRAME_DICT ? "}" : ")", bracket_name(f->kind), f->opened.line,
                      f->opened.column, text);
        return false;
    }
    *where = f->opened;
    switch (f->kind) {
    case FRAME_VECTOR:
        *v = finish_vector(vm, r, f);
        break;
    case FRAME_BYTES:
        *v = finish_bytes(vm, r, f);
        break;
    case FRAME_DICT:
        *v = finish_dict(vm, r, f);
        break;
    default:
        if (f->state == LIST_DOT)
            return rt_lexer_fail(vm, r, here, "expected a datum after the dot, got %s", text);
        *v = f->first;
    }
    if (*v == VALUE_FAILURE)
        return false;
    if (f->kind != FRAME_LIST) {
        // Let go of the elements.
        while (r->item_count > f->base)
            r->items[--r->item_count] = VALUE_NONE;
    }
    r->depth--;
    return true;
}

static bool read_dot(VM *vm, Reader *r, const Token *token) {
    ReadFrame *f = r->depth ? &r->frames[r->depth - 1] : NULL;
    Place here = token->place;
    if (!f || f->kind != FRAME_LIST)
        return rt_lexer_fail(vm, r, here, "unexpected dot: it has a meaning in lists alone");
    if (f->state != LIST_ELEMENTS)
        return rt_lexer_fail(vm, r, here, "expected ), got a second dot");
    if (f->first == VALUE_NULL)
        return rt_lexer_fail(vm, r, here, "expected a datum before the dot");
    f->state = LIST_DOT;
    return true;
}

// The input ended: fine between data, else the fault of what is open.
static Value read_end(VM *vm, Reader *r) {
    if (r->depth == 0)
        return VALUE_EOF;
    const ReadFrame *f = &r->frames[r->depth - 1];
    if (f->kind > FRAME_DICT)
        rt_lexer_fail(vm, r, f->opened, "expected a datum after %s before the end of input",
                      frame_prefix(vm, f));
    else
        rt_lexer_fail(vm, r, f->opened, "the %s opened here is never closed",
                      bracket_name(f->kind));
    r->incomplete = true;
    return VALUE_FAILURE;
}

static bool look_after_memory(VM *vm, Reader *r) {
    if (++r->ticks < MEMORY_CHECK)
        return true;
    r->ticks = 0;
    if (rt_interrupt_waits(vm)) {
        rt_port_fail(vm, "read", value_port(r->port)->name, EINTR);
        return false;
    }
    return rt_heap_reserve_parts(vm, MEMORY_CHECK, 2 * sizeof(Pair));
}

static void forget(Reader *r) {
    r->depth = r->item_count = 0;
    r->open_labels = 0;
    r->labels = VALUE_NONE;
    r->fixups = VALUE_NULL;
}

static Value read_datum(VM *vm, Reader *r) {
    for (;;) {
        Token token;
        if (!rt_lexer_next(vm, r, &token))
            return VALUE_FAILURE;
        Value v = token.value;
        Place where = token.place;
        if (r->depth == 0)
            r->position = r->source ? position_of(r, where) : 0;
        bool good = true;
        switch (token.kind) {
        case TOKEN_END:
            return read_end(vm, r);
        case TOKEN_OPEN:
            good = push_frame(vm, r, FRAME_LIST, where, VALUE_NULL);
            break;
        case TOKEN_OPEN_VECTOR:
            good = push_frame(vm, r, FRAME_VECTOR, where, VALUE_NONE);
            break;
        case TOKEN_OPEN_BYTES:
            good = push_frame(vm, r, FRAME_BYTES, where, VALUE_NONE);
            break;
        case TOKEN_OPEN_DICT:
            good = push_frame(vm, r, FRAME_DICT, where, VALUE_NONE);
            break;
        case TOKEN_QUOTE:
            good = push_frame(vm, r, FRAME_QUOTE, where, v);
            break;
        case TOKEN_COMMENT:
            good = push_frame(vm, r, FRAME_COMMENT, where, VALUE_NONE);
            break;
        case TOKEN_LABEL:
            good = open_label(vm, r, where, value_fixnum(v));
            break;
        case TOKEN_DOT:
            good = read_dot(vm, r, &token);
            break;
        case TOKEN_CLOSE:
        case TOKEN_CLOSE_DICT:
            if (!close_bracket(vm, r, &token, &v, &where))
                return VALUE_FAILURE;
            goto complete;
        case TOKEN_REFERENCE:
            if (!refer(vm, r, where, value_fixnum(v), &v))
                return VALUE_FAILURE;
            goto complete;
        case TOKEN_DATUM:
        complete:
            if (!look_after_memory(vm, r))
                return VALUE_FAILURE;
            switch (deliver(vm, r, &v, where)) {
            case DELIVER_FAILED:
                return VALUE_FAILURE;
            case DELIVER_MORE:
                break;
            case DELIVER_DONE:
                return v;
            }
        }
        if (!good)
            return VALUE_FAILURE;
    }
}

Value rt_read(VM *vm, Reader *r) {
    r->incomplete = false;
    Value v = read_datum(vm, r);
    if (v != VALUE_FAILURE && r->fixups != VALUE_NULL && !patch(vm, r))
        v = VALUE_FAILURE;
    forget(r);
    return v;
}

Value rt_read_all(VM *vm, Reader *r) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (;;) {
        Value v = rt_read(vm, r);
        if (v == VALUE_FAILURE)
            return v;
        if (v == VALUE_EOF)
            return list.first;
        rt_list_builder_add(&list, v);
    }
}
