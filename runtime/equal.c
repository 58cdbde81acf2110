// Equivalence and the hashes that go with it.
//
// equal? works on a stack of its own, so no nesting is too deep. Circular structures: after a
// budget of plain steps the comparison spends some steps on remembering, in a union-find forest,
// which objects it has assumed to be equal; a pair of objects already assumed equal is not looked
// into again. Plain and remembering stretches alternate as long as the latter find nothing (Adams
// and Dybvig's "interleave"): trees cost little more than without the memory, and cycles end, since
// each remembering stretch joins classes, of which there are finitely many.
#include "runtime/equal.h"
#include "runtime/array.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/table.h"

bool rt_eqv_slow(Value a, Value b) {
    if (value_is_flonum(a))
        return value_is_flonum(b) && rt_num_eqv(a, b);
    return value_is_boxed_number(a) && value_is_boxed_number(b) && rt_num_eqv(a, b);
}

// ---- union-find over objects

typedef struct Forest {
    uint32_t *slots; // hash table of node number + 1; 0: free
    uint32_t mask;
    uint32_t count, capacity; // nodes
    Value *object;            // by node
    uint32_t *parent;         // by node; a root is its own parent
    uint32_t *size;           // by root: nodes in its class
} Forest;

enum { FOREST_FIRST = 128 };

static bool forest_grow(VM *vm, Forest *f) {
    uint32_t capacity = f->capacity == 0 ? FOREST_FIRST : f->capacity * 2;
    if (capacity > UINT32_MAX / 4) {
        rt_fail_memory(vm, SIZE_MAX);
        return false;
    }
    if (!rt_heap_reserve(vm, capacity, sizeof(Value) + 4 * sizeof(uint32_t)))
        return false;
    // The objects are held by the structures that are compared.
    Value *object = rt_raw_new_atomic(vm, capacity * sizeof *object);
    uint32_t *parent = rt_raw_new_atomic(vm, capacity * sizeof *parent);
    uint32_t *size = rt_raw_new_atomic(vm, capacity * sizeof *size);
    uint32_t *slots = rt_raw_new_atomic(vm, 2 * (size_t)capacity * sizeof *slots);
    if (f->count > 0) {
        memcpy(object, f->object, f->count * sizeof *object);
        memcpy(parent, f->parent, f->count * sizeof *parent);
        memcpy(size, f->size, f->count * sizeof *size);
    }
    memset(slots, 0, 2 * (size_t)capacity * sizeof *slots);
    uint32_t mask = 2 * capacity - 1;
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t at = (uint32_t)rt_eq_hash(object[i]) & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    *f = (Forest){slots, mask, f->count, capacity, object, parent, size};
    return true;
}

// Node of an object, a new one if need be; there is room.
static uint32_t forest_node(Forest *f, Value v) {
    uint32_t at = (uint32_t)rt_eq_hash(v) & f->mask;
    for (; f->slots[at] != 0; at = (at + 1) & f->mask)
        if (f->object[f->slots[at] - 1] == v)
            return f->slots[at] - 1;
    uint32_t node = f->count++;
    f->slots[at] = node + 1;
    f->object[node] = v;
    f->parent[node] = node;
    f->size[node] = 1;
    return node;
}

static uint32_t forest_root(Forest *f, uint32_t node) {
    while (f->parent[node] != node) {
        f->parent[node] = f->parent[f->parent[node]]; // path halving
        node = f->parent[node];
    }
    return node;
}

// ---- equal?

typedef enum Verdict { DIFFERENT, SAME, INSIDE, BROKEN } Verdict; // INSIDE: compare the contents

enum { WHOLE = SIZE_MAX }; // Work.next: compare a and b themselves
typedef struct Work {
    Value a, b;
    size_t next; // the element to compare next
} Work;

enum {
    PLAIN_STEPS = 400,      // mean length of a plain stretch
    REMEMBERING_STEPS = 40, // of a remembering one, while it finds nothing
    WORK_FIRST = 32,
};

typedef struct Comparison {
    VM *vm;
    Work *work;
    size_t depth, capacity;
    int64_t budget; // above 0: plain steps left; else remembering ones made, negative
    uint64_t random;
    Forest forest;
    Work first[WORK_FIRST];
} Comparison;

static bool push(Comparison *c, Value a, Value b, size_t next) {
    if (c->depth == c->capacity) {
        size_t capacity = c->capacity * 2;
        if (!rt_heap_reserve(c->vm, capacity, sizeof(Work)))
            return false;
        // Scanned: what is left to do may be all that holds a structure made for the comparison.
        Work *work = rt_raw_new(c->vm, capacity * sizeof *work);
        memcpy(work, c->work, c->depth * sizeof *work);
        c->work = work;
        c->capacity = capacity;
    }
    c->work[c->depth++] = (Work){a, b, next};
    return true;
}

// Before looking into two compound objects: SAME when that was done or is being done.
static Verdict remember(Comparison *c, Value a, Value b) {
    if (c->budget > 0) {
        c->budget--;
        return INSIDE;
    }
    Forest *f = &c->forest;
    if (f->capacity - f->count < 2 && !forest_grow(c->vm, f))
        return BROKEN;
    uint32_t x = forest_root(f, forest_node(f, a)), y = forest_root(f, forest_node(f, b));
    if (x == y) {
        c->budget = 0; // remembering pays: go on with it
        return SAME;
    }
    if (f->size[x] < f->size[y]) {
        uint32_t swap = x;
        x = y;
        y = swap;
    }
    f->parent[y] = x;
    f->size[x] += f->size[y];
    if (--c->budget <= -REMEMBERING_STEPS) {
        // A random length, so that no structure is in step with it.
        c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        c->budget = (int64_t)(c->random >> 33) % (2 * PLAIN_STEPS) + 1;
    }
    return INSIDE;
}

static bool same_array_numbers(Value a, Value b) {
    const Array *s = value_array(a), *t = value_array(b);
    ElementType type = array_element_type(a);
    if (s->size == 0 || s->data == t->data)
        return true;
    if (type == ELEMENT_F64) {
        const double *x = s->data, *y = t->data;
        for (size_t i = 0; i < s->size; i++)
            if (!rt_eqv(value_from_foreign_double(x[i]), value_from_foreign_double(y[i])))
                return false;
        return true;
    }
    if (type == ELEMENT_F32) {
        const float *x = s->data, *y = t->data;
        for (size_t i = 0; i < s->size; i++)
            if (!rt_eqv(value_from_foreign_double((double)x[i]),
                        value_from_foreign_double((double)y[i])))
                return false;
        return true;
    }
    return memcmp(s->data, t->data, s->size * rt_element_width(type)) == 0;
}

// All that can be said without looking into compound objects.
static Verdict compare(Value a, Value b) {
    if (a == b)
        return SAME;
    if (!value_is_pointer(a) || !value_is_pointer(b))
        return value_is_flonum(a) && rt_eqv_slow(a, b) ? SAME : DIFFERENT;
    if (value_is_pair(a) || value_is_pair(b))
        return value_is_pair(a) && value_is_pair(b) ? INSIDE : DIFFERENT;
    void *x = value_object(a), *y = value_object(b);
    if (object_type(x) != object_type(y))
        return DIFFERENT;
    bool same = false;
    switch (object_type(x)) {
    case TYPE_STRING:
        same = rt_string_equal(a, b);
        break;
    case TYPE_BIGNUM:
    case TYPE_RATNUM:
    case TYPE_COMPNUM:
        same = rt_num_eqv(a, b);
        break;
    case TYPE_VECTOR:
        if (vector_length(a) != vector_length(b))
            return DIFFERENT;
        return vector_length(a) == 0 ? SAME : INSIDE;
    case TYPE_BYTEVECTOR:
        same =
            bytevector_length(a) == bytevector_length(b) &&
            memcmp(value_bytevector(a)->byte, value_bytevector(b)->byte, bytevector_length(a)) == 0;
        break;
    case TYPE_ARRAY:
        if (!rt_array_same_shape(a, b))
            return DIFFERENT;
        if (array_element_type(a) == ELEMENT_ANY && value_array(a)->size > 0)
            return value_array(a)->data == value_array(b)->data ? SAME : INSIDE;
        same = same_array_numbers(a, b);
        break;
    case TYPE_DICT:
        if (rt_table_count(a) != rt_table_count(b))
            return DIFFERENT;
        return rt_table_count(a) == 0 ? SAME : INSIDE;
    default:
        break;
    }
    return same ? SAME : DIFFERENT;
}

// The next two elements of the compound objects of `w`: INSIDE when there are any, SAME at the end.
static Verdict next_elements(VM *vm, Work *w, Value *a, Value *b) {
    size_t i = w->next;
    switch (object_type(value_object(w->a))) {
    case TYPE_VECTOR:
        if (i >= vector_length(w->a))
            return SAME;
        *a = value_vector(w->a)->item[i];
        *b = value_vector(w->b)->item[i];
        break;
    case TYPE_ARRAY:
        if (i >= value_array(w->a)->size)
            return SAME;
        *a = ((Value *)value_array(w->a)->data)[i];
        *b = ((Value *)value_array(w->b)->data)[i];
        break;
    default: { // TYPE_DICT: the values of the same key
        const Table *t = value_table(w->a);
        const TableEntry *e = NULL;
        while (i < t->used && (e = table_entry_at(t, (uint32_t)i)) == NULL)
            i++;
        if (e == NULL)
            return SAME;
        // Keys that are compound make this recur. The same number of entries makes one direction
        // enough.
        if (rt_stack_low(vm)) {
            rt_fail_depth(vm);
            return BROKEN;
        }
        *a = e->value;
        *b = rt_table_get(vm, w->b, e->key, VALUE_NONE);
        if (*b == VALUE_FAILURE)
            return BROKEN;
        if (*b == VALUE_NONE)
            return DIFFERENT;
    }
    }
    w->next = i + 1;
    return INSIDE;
}

static Verdict run(Comparison *c, Value a, Value b) {
    for (;;) {
        Verdict verdict = compare(a, b);
        if (verdict == INSIDE)
            verdict = remember(c, a, b);
        if (verdict == DIFFERENT || verdict == BROKEN)
            return verdict;
        if (verdict == INSIDE) {
            if (value_is_pair(a)) {
                // Lists of atoms need no work to be noted.
                Verdict first = compare(value_car(a), value_car(b));
                if (first == DIFFERENT)
                    return DIFFERENT;
                Value rest_a = value_cdr(a), rest_b = value_cdr(b);
                if (first == SAME) {
                    a = rest_a;
                    b = rest_b;
                } else {
                    if (!push(c, rest_a, rest_b, WHOLE))
                        return BROKEN;
                    a = value_car(a);
                    b = value_car(b);
                }
                continue;
            }
            if (!push(c, a, b, 0))
                return BROKEN;
        }
        for (;;) {
            if (c->depth == 0)
                return SAME;
            Work *w = &c->work[c->depth - 1];
            if (w->next == WHOLE) {
                a = w->a;
                b = w->b;
                c->depth--;
                break;
            }
            Verdict next = next_elements(c->vm, w, &a, &b);
            if (next == INSIDE)
                break;
            if (next != SAME)
                return next;
            c->depth--;
        }
    }
}

bool rt_equal(VM *vm, Value a, Value b, bool *result) {
    Verdict verdict = compare(a, b);
    if (verdict == INSIDE) {
        Comparison c;
        c.vm = vm;
        c.work = c.first;
        c.depth = 0;
        c.capacity = WORK_FIRST;
        c.budget = PLAIN_STEPS;
        c.random = 1;
        c.forest = (Forest){0};
        verdict = run(&c, a, b);
    }
    *result = verdict == SAME;
    return verdict != BROKEN;
}

// ---- hashing

uint64_t rt_eqv_hash(Value v) {
    if (value_is_flonum(v) || value_is_boxed_number(v))
        return rt_num_hash(v);
    return rt_eq_hash(v);
}

// What of an object the hash looks at depends on nothing but what equal? sees: the budget is spent
// along the elements in order, and divided evenly among the entries of a dictionary, which have no
// order.
enum { HASH_BUDGET = 256, HASH_DEPTH = 32, HASH_DICT_ENTRIES = 16 };

static uint64_t hash_part(Value v, size_t *budget, int depth);

static uint64_t hash_items(uint64_t h, const Value *items, size_t n, size_t *budget, int depth) {
    for (size_t i = 0; i < n && *budget > 0; i++)
        h = hash_combine(h, hash_part(items[i], budget, depth));
    return h;
}

static uint64_t hash_dict(Value v, size_t *budget, int depth) {
    const Table *t = value_table(v);
    uint64_t sum = 0;
    if (t->count > 0 && t->count <= HASH_DICT_ENTRIES) {
        size_t share = *budget / (2 * t->count);
        for (uint32_t place = 0; place < t->used; place++) {
            const TableEntry *e = table_entry_at(t, place);
            if (e == NULL)
                continue;
            size_t key_share = share, value_share = share;
            uint64_t key = hash_part(e->key, &key_share, depth);
            sum += hash_combine(key, hash_part(e->value, &value_share, depth));
        }
        *budget -= 2 * share * t->count;
    }
    return hash_combine(TYPE_DICT + t->count, sum);
}

static uint64_t hash_array(Value v, size_t *budget, int depth) {
    const Array *a = value_array(v);
    ElementType type = array_element_type(v);
    uint64_t h = hash_combine(TYPE_ARRAY, (uint64_t)type);
    for (int i = 0; i < array_rank(v); i++)
        h = hash_combine(h, a->dim[i]);
    if (type == ELEMENT_ANY)
        return hash_items(h, a->data, a->size, budget, depth);
    if (type == ELEMENT_F32 || type == ELEMENT_F64) {
        for (size_t i = 0; i < a->size && *budget > 0; i++, --*budget) {
            double d = type == ELEMENT_F64 ? ((const double *)a->data)[i]
                                           : (double)((const float *)a->data)[i];
            h = hash_combine(h, rt_num_hash(value_from_foreign_double(d)));
        }
        return h;
    }
    return hash_combine(h, rt_hash_bytes(a->data, a->size * rt_element_width(type)));
}

static uint64_t hash_part(Value v, size_t *budget, int depth) {
    if (!value_is_pointer(v))
        return rt_eqv_hash(v);
    if (*budget == 0 || depth >= HASH_DEPTH)
        return 0;
    if (value_is_pair(v)) {
        uint64_t h = 1;
        for (; value_is_pair(v) && *budget > 0; v = value_cdr(v)) {
            --*budget;
            h = hash_combine(h, hash_part(value_car(v), budget, depth + 1));
        }
        return value_is_pair(v) ? h : hash_combine(h, hash_part(v, budget, depth + 1));
    }
    --*budget;
    switch (object_type(value_object(v))) {
    case TYPE_STRING:
        return rt_string_hash(v);
    case TYPE_VECTOR:
        return hash_items(hash_combine(TYPE_VECTOR, vector_length(v)), value_vector(v)->item,
                          vector_length(v), budget, depth + 1);
    case TYPE_BYTEVECTOR:
        return hash_combine(TYPE_BYTEVECTOR,
                            rt_hash_bytes(value_bytevector(v)->byte, bytevector_length(v)));
    case TYPE_ARRAY:
        return hash_array(v, budget, depth + 1);
    case TYPE_DICT:
        return hash_dict(v, budget, depth + 1);
    default:
        return rt_eqv_hash(v);
    }
}

uint64_t rt_equal_hash(Value v) {
    size_t budget = HASH_BUDGET;
    return hash_part(v, &budget, 0);
}

// ---- primitives

Value rt_prim_eq(VM *vm, Value a, Value b) { return value_from_bool(rt_eq(a, b)); }
Value rt_prim_eqv(VM *vm, Value a, Value b) { return value_from_bool(rt_eqv(a, b)); }
Value rt_prim_equal(VM *vm, Value a, Value b) {
    bool same;
    return rt_equal(vm, a, b, &same) ? value_from_bool(same) : VALUE_FAILURE;
}
