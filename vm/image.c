// Words, tables, constants of images. See image.h.
#include "vm/image.h"
#include "runtime/heap.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "vm/tier.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

// ---- tables

static uint32_t slot_of(const ImageTable *table, uint64_t key) {
    uint32_t i = (uint32_t)((key >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    while (table->key[i & (table->room - 1)] != 0 && table->key[i & (table->room - 1)] != key)
        i++;
    return i & (table->room - 1);
}

uint32_t vm_image_find(const ImageTable *table, uint64_t key) {
    if (table->count == 0)
        return IMAGE_ABSENT;
    uint32_t at = slot_of(table, key);
    return table->key[at] ? table->number[at] : IMAGE_ABSENT;
}

void vm_image_put(VM *vm, ImageTable *table, uint64_t key, uint32_t number) {
    if (2 * (table->count + 1) > table->room) {
        ImageTable old = *table;
        table->room = old.room ? 2 * old.room : 64;
        table->key = rt_raw_new(vm, table->room * sizeof *table->key);
        table->number = rt_raw_new_atomic(vm, table->room * sizeof *table->number);
        for (uint32_t i = 0; i < old.room; i++) {
            if (!old.key[i])
                continue;
            uint32_t at = slot_of(table, old.key[i]);
            table->key[at] = old.key[i];
            table->number[at] = old.number[i];
        }
    }
    uint32_t at = slot_of(table, key);
    table->key[at] = key;
    table->number[at] = number;
    table->count++;
}

// Empty, keeping small memory: a form's tables are mostly small and there are many forms.
static void table_clear(ImageTable *table) {
    enum { KEPT = 256 };
    if (table->room > KEPT)
        *table = (ImageTable){0};
    else if (table->count)
        memset(table->key, 0, table->room * sizeof *table->key);
    table->count = 0;
}

// ---- words

void vm_image_words(VM *vm, ImageWords *to, const void *words, size_t count) {
    if (count > to->room - to->count) {
        size_t room = to->room ? 2 * to->room : 256;
        while (room < to->count + count)
            room *= 2;
        uint32_t *grown = rt_raw_new_atomic(vm, room * sizeof *grown);
        if (to->count)
            memcpy(grown, to->word, to->count * sizeof *grown);
        to->word = grown;
        to->room = room;
    }
    if (count)
        memcpy(to->word + to->count, words, count * sizeof *to->word);
    to->count += count;
}

// Bytes, filled up to whole words.
static void put_bytes(VM *vm, ImageWords *to, const void *bytes, size_t size) {
    vm_image_words(vm, to, bytes, size / 4);
    uint32_t last = 0;
    if (size % 4) {
        memcpy(&last, (const char *)bytes + size / 4 * 4, size % 4);
        image_put32(vm, to, last);
    }
}
static size_t words_of(uint64_t bytes) { return (size_t)(bytes / 4 + (bytes % 4 != 0)); }

// ---- what is known of variables

enum { // what a cell holds, as far as the compiler looks
    FACT_UNBOUND = 1,
    FACT_PRIMITIVE,
    FACT_CLOSURE,
    FACT_ATOM,    // a constant without identity
    FACT_NAME,    // a constant symbol or keyword
    FACT_TYPE,    // a constant record type
    FACT_OBJECT,  // a constant of another type
    FACT_VARIABLE // anything else that is not a constant
};

uint64_t vm_image_fact(VM *vm, Value cell) {
    unsigned flags = object_flags(value_object(cell)) & (CELL_SEALED | CELL_ASSIGNED);
    Value v = value_cell(cell)->value;
    uint64_t kind = FACT_VARIABLE, detail = 0;
    if (v == VALUE_UNBOUND) {
        kind = FACT_UNBOUND;
    } else if (value_is_primitive(v)) {
        kind = FACT_PRIMITIVE;
        detail = (uint64_t)primitive_index(value_primitive(v)->row);
    } else if (value_is_closure(v)) {
        kind = FACT_CLOSURE;
        detail = vm->tier->image->fact(v);
    } else if (flags & CELL_SEALED) {
        if (!value_is_pointer(v)) {
            kind = FACT_ATOM;
            detail = XXH3_64bits(&v, sizeof v) >> 16;
        } else if (value_is_pair(v)) {
            kind = FACT_OBJECT;
        } else {
            switch (object_type(value_object(v))) {
            case TYPE_SYMBOL:
            case TYPE_KEYWORD: {
                size_t length;
                const char *text = rt_string_to_utf8(vm, value_symbol(v)->name, &length);
                if (!text || object_flags(value_object(v)) & SYMBOL_UNINTERNED)
                    return 0;
                kind = FACT_NAME;
                detail = XXH3_64bits_withSeed(text, length, object_type(value_object(v))) >> 16;
                break;
            }
            case TYPE_BIGNUM: // these may have been computed with
            case TYPE_RATNUM:
            case TYPE_COMPNUM:
                return 0;
            case TYPE_RECORD_TYPE:
                kind = FACT_TYPE;
                detail = rt_record_type_field_count(v) << 16 | value_record_type(v)->depth;
                break;
            default:
                kind = FACT_OBJECT;
                detail = object_type(value_object(v));
            }
        }
    }
    return flags | kind << 4 | detail << 16;
}

// ---- writing: steps

void vm_image_writer_init(VM *vm, ImageWriter *w, uint32_t source) {
    *w = (ImageWriter){.vm = vm, .source = source};
}

void vm_image_begin_form(ImageWriter *w) {
    table_clear(&w->objects);
    w->object_count = w->objects_written = 0;
    w->doubt = false;
}

static void add_cell(ImageWriter *w, Value cell, bool assigned) {
    uint32_t number = vm_image_find(&w->cells, cell);
    if (number != IMAGE_ABSENT) {
        w->cell[number].assigned |= assigned;
        return;
    }
    if (w->cell_count == w->cell_room) {
        w->cell_room = w->cell_room ? 2 * w->cell_room : 32;
        ImageCell *grown = rt_raw_new(w->vm, w->cell_room * sizeof *grown);
        if (w->cell_count)
            memcpy(grown, w->cell, w->cell_count * sizeof *grown);
        w->cell = grown;
    }
    uint64_t fact = vm_image_fact(w->vm, cell);
    w->doubt |= fact == 0;
    number = w->cell_count++;
    vm_image_put(w->vm, &w->cells, cell, number);
    Value v = value_cell(cell)->value;
    uint32_t same = number;
    if (object_flags(value_object(cell)) & CELL_SEALED && value_is_pointer(v)) {
        uint32_t first = vm_image_find(&w->held, v);
        if (first == IMAGE_ABSENT)
            vm_image_put(w->vm, &w->held, v, number);
        else
            same = first;
    }
    w->cell[number] = (ImageCell){.cell = cell, .assigned = assigned, .fact = fact, .same = same};
}

static void find_cells(Node **slot, void *context) {
    ImageWriter *w = context;
    Node *node = *slot;
    if (rt_stack_low(w->vm))
        w->doubt = true;
    if (w->doubt)
        return;
    if (node->kind == NODE_GLOBAL || node->kind == NODE_SET_GLOBAL || node->kind == NODE_DEFINE)
        add_cell(w, node->global.cell, node->kind == NODE_SET_GLOBAL);
    vm_node_each_child(node, find_cells, w);
}

void vm_image_begin_step(ImageWriter *w, Node *node) {
    table_clear(&w->cells);
    table_clear(&w->held);
    w->cell_count = 0;
    w->object_words.count = w->code.count = 0;
    find_cells(&node, w);
}

// ---- writing: constants

uint32_t vm_image_name(ImageWriter *w, Value name) {
    uint32_t number = vm_image_find(&w->names, name);
    if (number != IMAGE_ABSENT)
        return number;
    if (object_flags(value_object(name)) & SYMBOL_UNINTERNED) {
        w->doubt = true;
        return 0;
    }
    number = w->names.count;
    if (number == w->name_room) {
        w->name_room = w->name_room ? 2 * w->name_room : 64;
        Value *grown = rt_raw_new(w->vm, w->name_room * sizeof *grown);
        if (number)
            memcpy(grown, w->name, number * sizeof *grown);
        w->name = grown;
    }
    w->name[number] = name;
    vm_image_put(w->vm, &w->names, name, number);
    return number;
}

static uint64_t object_reference(ImageWriter *w, Value v) {
    uint32_t number = vm_image_find(&w->objects, v);
    if (number != IMAGE_ABSENT)
        return image_reference(IMAGE_OBJECT, number);
    number = w->object_count++;
    if (number == w->object_room) {
        w->object_room = w->object_room ? 2 * w->object_room : 64;
        Value *grown = rt_raw_new(w->vm, w->object_room * sizeof *grown);
        if (number)
            memcpy(grown, w->object, number * sizeof *grown);
        w->object = grown;
    }
    w->object[number] = v;
    vm_image_put(w->vm, &w->objects, v, number);
    return image_reference(IMAGE_OBJECT, number);
}

uint64_t vm_image_value(ImageWriter *w, Value v) {
    if (!value_is_pointer(v) || v == VALUE_NONE)
        return v;
    uint32_t held = vm_image_find(&w->held, v);
    if (held != IMAGE_ABSENT)
        return image_reference(IMAGE_HELD, held);
    if (value_is_pair(v))
        return object_reference(w, v);
    switch (object_type(value_object(v))) {
    case TYPE_SYMBOL:
    case TYPE_KEYWORD:
        return image_reference(IMAGE_NAME, vm_image_name(w, v));
    case TYPE_PRIMITIVE:
        return image_reference(IMAGE_PRIMITIVE, (uint32_t)primitive_index(value_primitive(v)->row));
    case TYPE_CELL:
        return image_reference(IMAGE_CELL, vm_image_cell(w, v));
    case TYPE_STRING:
    case TYPE_BIGNUM:
    case TYPE_RATNUM:
    case TYPE_COMPNUM:
    case TYPE_VECTOR:
    case TYPE_BYTEVECTOR:
        return object_reference(w, v);
    default:
        w->doubt = true;
        return 0;
    }
}

void vm_image_write_value(ImageWriter *w, Value v) { image_write64(w, vm_image_value(w, v)); }

uint32_t vm_image_cell(ImageWriter *w, Value cell) {
    uint32_t number = vm_image_find(&w->cells, cell);
    w->doubt |= number == IMAGE_ABSENT;
    return number;
}

void vm_image_write_position(ImageWriter *w, Position position) {
    if (position && position_source(position) != w->source)
        w->doubt = true;
    image_write64(w, position & ((UINT64_C(1) << 40) - 1));
}

// An object: type | flags << 8, its size, its content. Pairs have no size.
enum { OBJECT_PAIR = 0 }; // instead of a type

static void write_object(ImageWriter *w, Value v) {
    VM *vm = w->vm;
    ImageWords *to = &w->object_words;
    if (value_is_pair(v)) {
        image_put32(vm, to, OBJECT_PAIR);
        image_put64(vm, to, vm_image_value(w, value_car(v)));
        image_put64(vm, to, vm_image_value(w, value_cdr(v)));
        return;
    }
    unsigned type = object_type(value_object(v));
    image_put32(vm, to, type | object_flags(value_object(v)) << 8);
    switch (type) {
    case TYPE_STRING: {
        size_t length = string_length(v);
        image_put64(vm, to, length);
        if (length)
            put_bytes(vm, to, value_string(v)->data, string_is_wide(v) ? 4 * length : length);
        break;
    }
    case TYPE_BYTEVECTOR:
        image_put64(vm, to, bytevector_length(v));
        put_bytes(vm, to, value_bytevector(v)->byte, bytevector_length(v));
        break;
    case TYPE_BIGNUM: {
        uint32_t limbs = object_aux(value_object(v));
        image_put64(vm, to, limbs);
        put_bytes(vm, to, value_bignum(v)->limb, 8 * (size_t)limbs);
        break;
    }
    case TYPE_VECTOR:
        image_put64(vm, to, vector_length(v));
        for (size_t i = 0; i < vector_length(v); i++)
            image_put64(vm, to, vm_image_value(w, value_vector(v)->item[i]));
        break;
    case TYPE_RATNUM:
        image_put64(vm, to, 2);
        image_put64(vm, to, vm_image_value(w, value_ratnum(v)->numerator));
        image_put64(vm, to, vm_image_value(w, value_ratnum(v)->denominator));
        break;
    case TYPE_COMPNUM:
        image_put64(vm, to, 2);
        image_put64(vm, to, vm_image_value(w, value_compnum(v)->real));
        image_put64(vm, to, vm_image_value(w, value_compnum(v)->imaginary));
        break;
    default:
        w->doubt = true;
    }
}

void vm_image_end_step(ImageWriter *w) {
    while (w->objects_written < w->object_count && !w->doubt)
        write_object(w, w->object[w->objects_written++]);
}

// ---- reading

const uint32_t *vm_image_take(ImageReader *r, size_t count) {
    if (count > (size_t)(r->end - r->at)) {
        r->failed = true;
        return NULL;
    }
    const uint32_t *words = r->at;
    r->at += count;
    return words;
}

static Value make_object(ImageReader *r) {
    VM *vm = r->vm;
    uint32_t head = image_read32(r);
    unsigned type = head & 0xFF, flags = head >> 8 & 0xFF;
    if (type == OBJECT_PAIR) {
        (void)vm_image_take(r, 4);
        return rt_cons(vm, VALUE_NULL, VALUE_NULL);
    }
    uint64_t size = image_read64(r);
    const uint32_t *content;
    // Nothing is larger than the words that are left for it.
    if (r->failed || size > 4 * (uint64_t)(r->end - r->at)) {
        r->failed = true;
        return VALUE_NONE;
    }
    switch (type) {
    case TYPE_STRING: {
        size_t bytes = flags & STRING_WIDE ? 4 * size : size;
        if (!(content = vm_image_take(r, words_of(bytes))))
            return VALUE_NONE;
        String *s = rt_object_new(vm, TYPE_STRING, flags, 0, sizeof *s);
        s->length = size;
        if (bytes) {
            HEAP_STORE_POINTER(s->data, rt_raw_new_atomic(vm, bytes));
            memcpy(s->data, content, bytes);
        }
        return value_from_pointer(s);
    }
    case TYPE_BYTEVECTOR: {
        if (!(content = vm_image_take(r, words_of(size))))
            return VALUE_NONE;
        Bytevector *b = rt_object_new_atomic(vm, TYPE_BYTEVECTOR, flags, (uint32_t)size,
                                             size < sizeof *b ? sizeof *b : size);
        memcpy(b->byte, content, size);
        return value_from_pointer(b);
    }
    case TYPE_BIGNUM: {
        if (!(content = vm_image_take(r, 2 * size)) || size == 0)
            return VALUE_NONE;
        Bignum *n = rt_object_new_atomic(vm, TYPE_BIGNUM, flags, (uint32_t)size, 8 * size);
        memcpy(n->limb, content, 8 * size);
        return value_from_pointer(n);
    }
    case TYPE_VECTOR: {
        if (!vm_image_take(r, 2 * size))
            return VALUE_NONE;
        return value_from_pointer(rt_object_new(vm, TYPE_VECTOR, flags, (uint32_t)size,
                                                (size ? size : 1) * sizeof(Value)));
    }
    case TYPE_RATNUM:
    case TYPE_COMPNUM:
        (void)vm_image_take(r, 4);
        return value_from_pointer(rt_object_new(vm, type, flags, 0, 2 * sizeof(Value)));
    default:
        r->failed = true;
        return VALUE_NONE;
    }
}

static void fill_object(ImageReader *r, Value v) {
    uint32_t head = image_read32(r);
    if (value_is_pair(v)) {
        rt_heap_store(&value_pair(v)->car, image_read_value(r));
        rt_heap_store(&value_pair(v)->cdr, image_read_value(r));
        return;
    }
    size_t size = (size_t)image_read64(r);
    switch (head & 0xFF) {
    case TYPE_STRING:
        r->at += words_of(head >> 8 & STRING_WIDE ? 4 * size : size);
        break;
    case TYPE_BYTEVECTOR:
        r->at += words_of(size);
        break;
    case TYPE_BIGNUM:
        r->at += 2 * size;
        break;
    case TYPE_VECTOR:
        for (size_t i = 0; i < size; i++)
            rt_heap_store(&value_vector(v)->item[i], image_read_value(r));
        break;
    case TYPE_RATNUM:
        rt_heap_store(&value_ratnum(v)->numerator, image_read_value(r));
        rt_heap_store(&value_ratnum(v)->denominator, image_read_value(r));
        break;
    default:
        rt_heap_store(&value_compnum(v)->real, image_read_value(r));
        rt_heap_store(&value_compnum(v)->imaginary, image_read_value(r));
    }
}

// The count of new objects, then they. They are made first and filled in then: they may refer to
// one another.
void vm_image_read_objects(ImageReader *r) {
    uint32_t first = r->object_count, count = image_read32(r);
    if (r->failed || count == 0)
        return;
    if (count > (size_t)(r->end - r->at)) {
        r->failed = true;
        return;
    }
    if (first + count > r->object_room) {
        r->object_room = 2 * (first + count);
        Value *grown = rt_raw_new(r->vm, r->object_room * sizeof *grown);
        if (first)
            memcpy(grown, r->object, first * sizeof *grown);
        r->object = grown;
    }
    const uint32_t *start = r->at;
    for (uint32_t i = 0; i < count && !r->failed; i++)
        r->object[first + i] = make_object(r);
    if (r->failed)
        return;
    r->object_count = first + count;
    r->at = start;
    for (uint32_t i = 0; i < count; i++)
        fill_object(r, r->object[first + i]);
}

Value vm_image_constant(ImageReader *r, uint64_t word) {
    if (word >= UINT64_C(1) << 48 || (word & 15) == 2 || word == VALUE_NONE)
        return word;
    uint64_t number = word >> 4;
    switch (word & 15) {
    case IMAGE_OBJECT:
        if (number < r->object_count)
            return r->object[number];
        break;
    case IMAGE_NAME: {
        Value name = r->name(r->context, (uint32_t)number);
        if (name != VALUE_NONE)
            return name;
        break;
    }
    case IMAGE_PRIMITIVE:
        if (number < (uint64_t)rt_primitive_count)
            return rt_primitive_object(r->vm, &rt_primitives[number]);
        break;
    case IMAGE_CELL:
        if (number < r->cell_count)
            return r->cell[number];
        break;
    case IMAGE_HELD:
        if (number < r->cell_count)
            return value_cell(r->cell[number])->value;
        break;
    }
    r->failed = true;
    return VALUE_NONE;
}

Value vm_image_read_cell(ImageReader *r) {
    uint32_t number = image_read32(r);
    if (number < r->cell_count)
        return r->cell[number];
    r->failed = true;
    return VALUE_NONE;
}
