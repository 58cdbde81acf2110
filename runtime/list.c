// Pairs and lists: functions for C code, then the primitives.
#include "runtime/list.h"
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/table.h"
#include <stdarg.h>

// ---- walking

// Along a list, with Brent's watch for cycles: a mark that is moved at every power of two steps is
// met again exactly when the list runs in a circle.
typedef struct Walk {
    Value at; // what is left
    Value mark;
    size_t count, next_mark;
} Walk;

static inline Walk walk_start(Value list) { return (Walk){list, VALUE_NONE, 0, 16}; }

// The next element; false at the end, improper or not, and when the list is circular.
static inline bool walk_next(Walk *w, Value *item) {
    if (!value_is_pair(w->at) || w->at == w->mark)
        return false;
    if (w->count == w->next_mark) {
        w->mark = w->at;
        w->next_mark *= 2;
    }
    w->count++;
    *item = value_car(w->at);
    w->at = value_cdr(w->at);
    return true;
}
// After walk_next was false: was it a proper list?
static inline bool walk_proper(const Walk *w) { return w->at == VALUE_NULL; }

ptrdiff_t rt_list_length(Value list) {
    Walk w = walk_start(list);
    Value item;
    while (walk_next(&w, &item)) {
    }
    if (walk_proper(&w))
        return (ptrdiff_t)w.count;
    return value_is_pair(w.at) ? LIST_CIRCULAR : LIST_IMPROPER;
}

// ---- making

Value rt_list(VM *vm, int n, ...) {
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    va_list arguments;
    va_start(arguments, n);
    for (int i = 0; i < n; i++)
        rt_list_builder_add(&b, va_arg(arguments, Value));
    va_end(arguments);
    return b.first;
}

Value rt_list_from_array(VM *vm, const Value *items, size_t n) {
    Value list = VALUE_NULL;
    while (n > 0)
        list = rt_cons(vm, items[--n], list);
    return list;
}

Value rt_list_reverse(VM *vm, Value list) {
    Value result = VALUE_NULL;
    for (; value_is_pair(list); list = value_cdr(list))
        result = rt_cons(vm, value_car(list), result);
    return result;
}

Value rt_list_reverse_in_place(Value list, Value tail) {
    while (value_is_pair(list)) {
        Value rest = value_cdr(list);
        rt_heap_store(&value_pair(list)->cdr, tail);
        tail = list;
        list = rest;
    }
    return tail;
}

Value rt_list_append(VM *vm, Value list, Value tail) {
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (; value_is_pair(list); list = value_cdr(list))
        rt_list_builder_add(&b, value_car(list));
    if (b.first == VALUE_NULL)
        return tail;
    rt_heap_store(&value_pair(b.last)->cdr, tail);
    return b.first;
}

// ---- checks of arguments

// A proper list; its length.
static bool check_list(VM *vm, int argument, Value v, size_t *length) {
    ptrdiff_t n = rt_list_length(v);
    if (n < 0) {
        rt_fail_type(vm, argument, "list", v);
        return false;
    }
    *length = (size_t)n;
    return true;
}

// Of lists whose length shows only while they are copied, room is asked for so many pairs at a
// time.
enum { CHECKED_PAIRS = 1 << 16 };

// Room for a list of so many pairs; the condition is set when there is none.
static bool reserve_pairs(VM *vm, size_t count) {
    return rt_heap_reserve_parts(vm, count, sizeof(Pair));
}

// A proper list that will be copied.
static bool check_copied(VM *vm, int argument, Value v) {
    size_t n;
    return check_list(vm, argument, v, &n) && reserve_pairs(vm, n);
}

// Follow k pairs: what is left, or VALUE_FAILURE. `limit_extra`: 1 when the end itself is allowed.
static Value follow(VM *vm, Value list, Value index, bool end_allowed) {
    if (!value_is_fixnum(index) || value_fixnum(index) < 0) {
        // Says the true range when the argument is an integer.
        ptrdiff_t n = rt_list_length(list);
        rt_index_fail(vm, 2, index, (n < 0 ? 0 : (size_t)n) + end_allowed);
        return VALUE_FAILURE;
    }
    int64_t k = value_fixnum(index);
    Value at = list;
    for (int64_t i = 0; i < k; i++) {
        if (!value_is_pair(at)) {
            if (i == 0 && at != VALUE_NULL)
                return rt_fail_type(vm, 1, "pair", list);
            return rt_fail_index(vm, 2, index, (size_t)i + end_allowed);
        }
        at = value_cdr(at);
        // A circle: where the walk ends up after k steps depends on its length alone.
        if (i == 1 << 20) {
            if (rt_list_length(list) != LIST_CIRCULAR)
                continue;
            int64_t period = 1;
            for (Value v = value_cdr(at); v != at; v = value_cdr(v))
                period++;
            k = i + 1 + (k - i - 1) % period;
        }
    }
    if (!end_allowed && !value_is_pair(at)) {
        if (k == 0 && at != VALUE_NULL)
            return rt_fail_type(vm, 1, "pair", list);
        return rt_fail_index(vm, 2, index, (size_t)k);
    }
    return at;
}

// ---- pairs

Value rt_prim_cons(VM *vm, Value a, Value b) { return rt_cons(vm, a, b); }
Value rt_prim_xcons(VM *vm, Value a, Value b) { return rt_cons(vm, b, a); }
Value rt_prim_is_pair(VM *vm, Value v) { return value_from_bool(value_is_pair(v)); }
Value rt_prim_is_null(VM *vm, Value v) { return value_from_bool(v == VALUE_NULL); }

// Compositions of car and cdr: name, and the steps in the order they are taken.
#define COMPOSITIONS(X)                                                                            \
    X(car, "a")                                                                                    \
    X(cdr, "d")                                                                                    \
    X(caar, "aa")                                                                                  \
    X(cadr, "da")                                                                                  \
    X(cdar, "ad")                                                                                  \
    X(cddr, "dd")                                                                                  \
    X(caaar, "aaa")                                                                                \
    X(caadr, "daa")                                                                                \
    X(cadar, "ada")                                                                                \
    X(caddr, "dda")                                                                                \
    X(cdaar, "aad")                                                                                \
    X(cdadr, "dad")                                                                                \
    X(cddar, "add")                                                                                \
    X(cdddr, "ddd")                                                                                \
    X(caaaar, "aaaa")                                                                              \
    X(caaadr, "daaa")                                                                              \
    X(caadar, "adaa")                                                                              \
    X(caaddr, "ddaa")                                                                              \
    X(cadaar, "aada")                                                                              \
    X(cadadr, "dada")                                                                              \
    X(caddar, "adda")                                                                              \
    X(cadddr, "ddda")                                                                              \
    X(cdaaar, "aaad")                                                                              \
    X(cdaadr, "daad")                                                                              \
    X(cdadar, "adad")                                                                              \
    X(cdaddr, "ddad")                                                                              \
    X(cddaar, "aadd")                                                                              \
    X(cddadr, "dadd")                                                                              \
    X(cdddar, "addd")                                                                              \
    X(cddddr, "dddd")

// Inlined with constant steps.
[[gnu::always_inline]] static inline Value take_steps(VM *vm, Value v, const char *steps, int n,
                                                      const char *expected) {
    Value at = v;
    for (int i = 0; i < n; i++) {
        if (__builtin_expect(!value_is_pair(at), 0))
            return rt_fail_type(vm, 1, expected, v);
        at = steps[i] == 'a' ? value_car(at) : value_cdr(at);
    }
    return at;
}
#define X(name, steps)                                                                             \
    Value rt_prim_##name(VM *vm, Value v) {                                                        \
        enum { STEPS = sizeof steps - 1 };                                                         \
        return take_steps(vm, v, steps, STEPS, STEPS == 1 ? "pair" : "pair with a " #name);        \
    }
COMPOSITIONS(X)
#undef X

Value rt_prim_set_car(VM *vm, Value pair, Value v) {
    if (!value_is_pair(pair))
        return rt_fail_type(vm, 1, "pair", pair);
    rt_heap_store(&value_pair(pair)->car, v);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_set_cdr(VM *vm, Value pair, Value v) {
    if (!value_is_pair(pair))
        return rt_fail_type(vm, 1, "pair", pair);
    rt_heap_store(&value_pair(pair)->cdr, v);
    return VALUE_UNSPECIFIED;
}

// ---- what kind of list

Value rt_prim_is_list(VM *vm, Value v) {
    return value_from_bool(v == VALUE_NULL || (value_is_pair(v) && rt_list_length(v) >= 0));
}
Value rt_prim_is_circular_list(VM *vm, Value v) {
    return value_from_bool(rt_list_length(v) == LIST_CIRCULAR);
}
Value rt_prim_is_dotted_list(VM *vm, Value v) {
    return value_from_bool(rt_list_length(v) == LIST_IMPROPER);
}
Value rt_prim_is_not_pair(VM *vm, Value v) { return value_from_bool(!value_is_pair(v)); }

Value rt_prim_is_null_list(VM *vm, Value v) {
    if (v == VALUE_NULL || value_is_pair(v))
        return value_from_bool(v == VALUE_NULL);
    return rt_fail_type(vm, 1, "list", v);
}

Value rt_prim_length(VM *vm, Value v) {
    size_t n;
    return check_list(vm, 1, v, &n) ? value_from_fixnum((int64_t)n) : VALUE_FAILURE;
}

// #f for a circular list.
Value rt_prim_length_plus(VM *vm, Value v) {
    ptrdiff_t n = rt_list_length(v);
    if (n == LIST_IMPROPER)
        return rt_fail_type(vm, 1, "list", v);
    return n == LIST_CIRCULAR ? VALUE_FALSE : value_from_fixnum(n);
}

// ---- constructors

Value rt_prim_list(VM *vm, int argc, const Value *argv) {
    return rt_list_from_array(vm, argv, (size_t)argc);
}

Value rt_prim_cons_star(VM *vm, int argc, const Value *argv) {
    Value list = argv[argc - 1];
    for (int i = argc - 1; i-- > 0;)
        list = rt_cons(vm, argv[i], list);
    return list;
}

Value rt_prim_make_list(VM *vm, int argc, const Value *argv) {
    size_t n;
    if (!rt_count(vm, 1, argv[0], &n) || !reserve_pairs(vm, n))
        return VALUE_FAILURE;
    Value fill = argc > 1 ? argv[1] : VALUE_UNSPECIFIED, list = VALUE_NULL;
    while (n-- > 0)
        list = rt_cons(vm, fill, list);
    return list;
}

Value rt_prim_circular_list(VM *vm, int argc, const Value *argv) {
    Value list = rt_list_from_array(vm, argv, (size_t)argc), last = list;
    while (value_cdr(last) != VALUE_NULL)
        last = value_cdr(last);
    rt_heap_store(&value_pair(last)->cdr, list);
    return list;
}

Value rt_prim_iota(VM *vm, int argc, const Value *argv) {
    size_t n;
    if (!rt_count(vm, 1, argv[0], &n))
        return VALUE_FAILURE;
    for (int i = 1; i < argc; i++)
        if (!value_is_number(argv[i]))
            return rt_fail_type(vm, i + 1, "number", argv[i]);
    if (!reserve_pairs(vm, n))
        return VALUE_FAILURE;
    Value start = argc > 1 ? argv[1] : value_from_fixnum(0);
    Value step = argc > 2 ? argv[2] : value_from_fixnum(1);
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (size_t i = 0; i < n; i++) {
        // Multiplied anew each time, so that rounding errors do not add up.
        Value product = rt_num_mul(vm, value_from_fixnum((int64_t)i), step);
        Value item = product == VALUE_FAILURE ? product : rt_num_add(vm, start, product);
        if (item == VALUE_FAILURE)
            return VALUE_FAILURE;
        rt_list_builder_add(&b, item);
    }
    return b.first;
}

Value rt_prim_list_copy(VM *vm, Value list) {
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    Walk w = walk_start(list);
    Value item;
    for (size_t n = 0; walk_next(&w, &item); n++) {
        if (n % CHECKED_PAIRS == CHECKED_PAIRS - 1 && !reserve_pairs(vm, CHECKED_PAIRS))
            return VALUE_FAILURE;
        rt_list_builder_add(&b, item);
    }
    if (value_is_pair(w.at))
        return rt_fail_type(vm, 1, "list", list);
    if (b.first == VALUE_NULL)
        return list;
    rt_heap_store(&value_pair(b.last)->cdr, w.at);
    return b.first;
}

Value rt_prim_alist_copy(VM *vm, Value list) {
    size_t n;
    if (!check_list(vm, 1, list, &n) || !reserve_pairs(vm, 2 * n))
        return VALUE_FAILURE;
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (; value_is_pair(list); list = value_cdr(list)) {
        Value item = value_car(list);
        if (value_is_pair(item))
            item = rt_cons(vm, value_car(item), value_cdr(item));
        rt_list_builder_add(&b, item);
    }
    return b.first;
}

Value rt_prim_alist_cons(VM *vm, Value key, Value value, Value list) {
    return rt_cons(vm, rt_cons(vm, key, value), list);
}

// ---- appending and reversing

Value rt_prim_append2(VM *vm, Value a, Value b) {
    return check_copied(vm, 1, a) ? rt_list_append(vm, a, b) : VALUE_FAILURE;
}

Value rt_prim_append(VM *vm, int argc, const Value *argv) {
    if (argc == 0)
        return VALUE_NULL;
    size_t n, sum = 0;
    for (int i = 0; i < argc - 1; i++) {
        if (!check_list(vm, i + 1, argv[i], &n))
            return VALUE_FAILURE;
        sum += n;
    }
    if (!reserve_pairs(vm, sum))
        return VALUE_FAILURE;
    Value result = argv[argc - 1];
    for (int i = argc - 1; i-- > 0;)
        result = rt_list_append(vm, argv[i], result);
    return result;
}

Value rt_prim_append_in_place(VM *vm, int argc, const Value *argv) {
    if (argc == 0)
        return VALUE_NULL;
    size_t n;
    for (int i = 0; i < argc - 1; i++)
        if (!check_list(vm, i + 1, argv[i], &n))
            return VALUE_FAILURE;
    Value result = argv[argc - 1];
    for (int i = argc - 1; i-- > 0;) {
        if (argv[i] == VALUE_NULL)
            continue;
        // Ends at `result` too, so that a list given twice becomes a circle and does not hang here.
        Value last = argv[i];
        while (value_is_pair(value_cdr(last)) && value_cdr(last) != result)
            last = value_cdr(last);
        rt_heap_store(&value_pair(last)->cdr, result);
        result = argv[i];
    }
    return result;
}

// A list of lists into one.
Value rt_prim_concatenate(VM *vm, Value lists) {
    size_t n, length, sum = 0;
    if (!check_list(vm, 1, lists, &n))
        return VALUE_FAILURE;
    for (Value l = lists; value_is_pair(l) && value_cdr(l) != VALUE_NULL; l = value_cdr(l)) {
        if (!check_list(vm, 1, value_car(l), &length))
            return VALUE_FAILURE;
        sum += length;
    }
    if (!reserve_pairs(vm, sum))
        return VALUE_FAILURE;
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (; value_is_pair(lists); lists = value_cdr(lists)) {
        if (value_cdr(lists) == VALUE_NULL) {
            if (b.first == VALUE_NULL)
                return value_car(lists);
            rt_heap_store(&value_pair(b.last)->cdr, value_car(lists));
        } else {
            for (Value l = value_car(lists); value_is_pair(l); l = value_cdr(l))
                rt_list_builder_add(&b, value_car(l));
        }
    }
    return b.first;
}

Value rt_prim_reverse(VM *vm, Value list) {
    return check_copied(vm, 1, list) ? rt_list_reverse(vm, list) : VALUE_FAILURE;
}

Value rt_prim_reverse_in_place(VM *vm, Value list) {
    size_t n;
    return check_list(vm, 1, list, &n) ? rt_list_reverse_in_place(list, VALUE_NULL) : VALUE_FAILURE;
}

Value rt_prim_append_reverse(VM *vm, Value list, Value tail) {
    if (!check_copied(vm, 1, list))
        return VALUE_FAILURE;
    for (; value_is_pair(list); list = value_cdr(list))
        tail = rt_cons(vm, value_car(list), tail);
    return tail;
}

Value rt_prim_append_reverse_in_place(VM *vm, Value list, Value tail) {
    size_t n;
    return check_list(vm, 1, list, &n) ? rt_list_reverse_in_place(list, tail) : VALUE_FAILURE;
}

// ---- parts

Value rt_prim_list_tail(VM *vm, Value list, Value k) { return follow(vm, list, k, true); }

Value rt_prim_list_ref(VM *vm, Value list, Value k) {
    Value pair = follow(vm, list, k, false);
    return pair == VALUE_FAILURE ? pair : value_car(pair);
}

Value rt_prim_list_set(VM *vm, Value list, Value k, Value v) {
    Value pair = follow(vm, list, k, false);
    if (pair == VALUE_FAILURE)
        return pair;
    rt_heap_store(&value_pair(pair)->car, v);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_take(VM *vm, Value list, Value k) {
    if (follow(vm, list, k, true) == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (!reserve_pairs(vm, (size_t)value_fixnum(k)))
        return VALUE_FAILURE;
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (int64_t i = value_fixnum(k); i > 0; i--, list = value_cdr(list))
        rt_list_builder_add(&b, value_car(list));
    return b.first;
}

// Number of pairs of a list that may be dotted, not circular; the index k checked against it.
static bool check_from_right(VM *vm, Value list, Value k, size_t *pairs, size_t *index) {
    *pairs = 0;
    if (rt_list_length(list) == LIST_CIRCULAR) {
        rt_fail_type(vm, 1, "list", list);
        return false;
    }
    for (Value l = list; value_is_pair(l); l = value_cdr(l))
        ++*pairs;
    return rt_index(vm, 2, k, *pairs + 1, index);
}

Value rt_prim_take_right(VM *vm, Value list, Value k) {
    size_t pairs, n;
    if (!check_from_right(vm, list, k, &pairs, &n))
        return VALUE_FAILURE;
    for (size_t i = pairs - n; i > 0; i--)
        list = value_cdr(list);
    return list;
}

Value rt_prim_drop_right(VM *vm, Value list, Value k) {
    size_t pairs, n;
    if (!check_from_right(vm, list, k, &pairs, &n) || !reserve_pairs(vm, pairs - n))
        return VALUE_FAILURE;
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    for (size_t i = pairs - n; i > 0; i--, list = value_cdr(list))
        rt_list_builder_add(&b, value_car(list));
    return b.first;
}

Value rt_prim_last_pair(VM *vm, Value list) {
    if (!value_is_pair(list) || rt_list_length(list) == LIST_CIRCULAR)
        return rt_fail_type(vm, 1, "pair", list);
    while (value_is_pair(value_cdr(list)))
        list = value_cdr(list);
    return list;
}

Value rt_prim_last(VM *vm, Value list) {
    Value pair = rt_prim_last_pair(vm, list);
    return pair == VALUE_FAILURE ? pair : value_car(pair);
}

// first to tenth of SRFI 1.
#define ORDINALS(X)                                                                                \
    X(first, 0, "list of at least 1 element")                                                      \
    X(second, 1, "list of at least 2 elements")                                                    \
    X(third, 2, "list of at least 3 elements")                                                     \
    X(fourth, 3, "list of at least 4 elements")                                                    \
    X(fifth, 4, "list of at least 5 elements")                                                     \
    X(sixth, 5, "list of at least 6 elements")                                                     \
    X(seventh, 6, "list of at least 7 elements")                                                   \
    X(eighth, 7, "list of at least 8 elements")                                                    \
    X(ninth, 8, "list of at least 9 elements")                                                     \
    X(tenth, 9, "list of at least 10 elements")
#define X(name, skip, expected)                                                                    \
    Value rt_prim_##name(VM *vm, Value list) {                                                     \
        Value at = list;                                                                           \
        for (int i = 0; i < skip && value_is_pair(at); i++)                                        \
            at = value_cdr(at);                                                                    \
        return value_is_pair(at) ? value_car(at) : rt_fail_type(vm, 1, expected, list);            \
    }
ORDINALS(X)
#undef X

// ---- searching

typedef enum Equivalence { BY_EQ, BY_EQV, BY_EQUAL } Equivalence;

// Are they the same? *broken: the condition is set.
[[gnu::always_inline]] static inline bool same(VM *vm, Equivalence by, Value a, Value b,
                                               bool *broken) {
    if (a == b)
        return true;
    if (by == BY_EQ)
        return false;
    if (by == BY_EQV)
        return rt_eqv_slow(a, b);
    bool result;
    if (!rt_equal(vm, a, b, &result))
        *broken = true;
    return result;
}

[[gnu::always_inline]] static inline Value member_by(VM *vm, Equivalence by, Value v, Value list) {
    // Nothing else can be the same as a symbol, a fixnum or the like.
    if (by != BY_EQ && !equal_looks_inside(v))
        by = BY_EQ;
    Walk w = walk_start(list);
    bool broken = false;
    for (Value item, at = list; walk_next(&w, &item); at = w.at) {
        if (same(vm, by, v, item, &broken))
            return at;
        if (broken)
            return VALUE_FAILURE;
    }
    return walk_proper(&w) ? VALUE_FALSE : rt_fail_type(vm, 2, "list", list);
}

Value rt_prim_memq(VM *vm, Value v, Value list) { return member_by(vm, BY_EQ, v, list); }
Value rt_prim_memv(VM *vm, Value v, Value list) { return member_by(vm, BY_EQV, v, list); }
Value rt_prim_member(VM *vm, Value v, Value list) { return member_by(vm, BY_EQUAL, v, list); }

[[gnu::always_inline]] static inline Value assoc_by(VM *vm, Equivalence by, Value key, Value list) {
    if (by != BY_EQ && !equal_looks_inside(key))
        by = BY_EQ;
    Walk w = walk_start(list);
    bool broken = false;
    for (Value item; walk_next(&w, &item);) {
        if (!value_is_pair(item))
            return rt_fail_type(vm, 2, "association list", list);
        if (same(vm, by, key, value_car(item), &broken))
            return item;
        if (broken)
            return VALUE_FAILURE;
    }
    return walk_proper(&w) ? VALUE_FALSE : rt_fail_type(vm, 2, "association list", list);
}

Value rt_prim_assq(VM *vm, Value key, Value list) { return assoc_by(vm, BY_EQ, key, list); }
Value rt_prim_assv(VM *vm, Value key, Value list) { return assoc_by(vm, BY_EQV, key, list); }
Value rt_prim_assoc(VM *vm, Value key, Value list) { return assoc_by(vm, BY_EQUAL, key, list); }

// ---- deleting

// The elements that are not equal? to v (keys: whose car is not), sharing the longest tail without
// one.
static Value delete_equal(VM *vm, Value v, Value list, bool keys) {
    size_t n;
    if (!check_list(vm, 2, list, &n) || !reserve_pairs(vm, n))
        return VALUE_FAILURE;
    ListBuilder b;
    rt_list_builder_init(&b, vm);
    Value shared = list; // nothing was deleted from here on
    for (Value at = list; value_is_pair(at); at = value_cdr(at)) {
        Value item = value_car(at);
        bool hit = false;
        if (!keys || value_is_pair(item)) {
            if (!rt_equal(vm, v, keys ? value_car(item) : item, &hit))
                return VALUE_FAILURE;
        } else {
            return rt_fail_type(vm, 2, "association list", list);
        }
        if (!hit)
            continue;
        for (; shared != at; shared = value_cdr(shared))
            rt_list_builder_add(&b, value_car(shared));
        shared = value_cdr(at);
    }
    if (b.first == VALUE_NULL)
        return shared;
    rt_heap_store(&value_pair(b.last)->cdr, shared);
    return b.first;
}

Value rt_prim_delete(VM *vm, Value v, Value list) { return delete_equal(vm, v, list, false); }
Value rt_prim_alist_delete(VM *vm, Value key, Value list) {
    return delete_equal(vm, key, list, true);
}

// The first of each set of elements that are equal?.
Value rt_prim_delete_duplicates1(VM *vm, Value list) {
    size_t n;
    if (!check_list(vm, 1, list, &n))
        return VALUE_FAILURE;
    Value seen = rt_table_new(vm, TABLE_EQUAL, TABLE_STRONG);
    for (; value_is_pair(list); list = value_cdr(list)) {
        bool known;
        if (!rt_table_has(vm, seen, value_car(list), &known))
            return VALUE_FAILURE;
        if (!known && !rt_table_put(vm, seen, value_car(list), VALUE_TRUE))
            return VALUE_FAILURE;
    }
    return rt_table_keys(vm, seen);
}
