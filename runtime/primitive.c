// The table of primitives, expanded from primitives.def.
#include "runtime/primitive.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include <threads.h>

#define PRIM0(lib, name, fn, fx, res, doc) PrimitiveFn0 fn;
#define PRIM1(lib, name, fn, fx, args, res, doc) PrimitiveFn1 fn;
#define PRIM2(lib, name, fn, fx, args, res, doc) PrimitiveFn2 fn;
#define PRIM3(lib, name, fn, fx, args, res, doc) PrimitiveFn3 fn;
#define PRIM4(lib, name, fn, fx, args, res, doc) PrimitiveFn4 fn;
#define PRIMV(lib, name, fn, min, max, fx, args, res, doc) PrimitiveFnV fn;
#define PRIMB(lib, name, fn, fn2, min, max, fx, args, res, doc)                                    \
    PrimitiveFnV fn;                                                                               \
    PrimitiveFn2 fn2;
#define CONTROL(lib, name, op, min, max, args, res, doc)
#include "runtime/primitives.def"
#undef PRIM0
#undef PRIM1
#undef PRIM2
#undef PRIM3
#undef PRIM4
#undef PRIMV
#undef PRIMB
#undef CONTROL

#define ROW(lib, nm, member, f, n, lo, hi, fx, args, res, text)                                    \
    {.library = #lib,                                                                              \
     .name = nm,                                                                                   \
     .fn.member = f,                                                                               \
     .fixed = n,                                                                                   \
     .min = lo,                                                                                    \
     .max = hi,                                                                                    \
     .effects = fx,                                                                                \
     .arguments = args,                                                                            \
     .result = res,                                                                                \
     .doc = text},
#define PRIM0(lib, name, f, fx, res, doc) ROW(lib, name, f0, f, 0, 0, 0, fx, "", res, doc)
#define PRIM1(lib, name, f, fx, args, res, doc) ROW(lib, name, f1, f, 1, 1, 1, fx, args, res, doc)
#define PRIM2(lib, name, f, fx, args, res, doc) ROW(lib, name, f2, f, 2, 2, 2, fx, args, res, doc)
#define PRIM3(lib, name, f, fx, args, res, doc) ROW(lib, name, f3, f, 3, 3, 3, fx, args, res, doc)
#define PRIM4(lib, name, f, fx, args, res, doc) ROW(lib, name, f4, f, 4, 4, 4, fx, args, res, doc)
#define PRIMV(lib, name, f, lo, hi, fx, args, res, doc)                                            \
    ROW(lib, name, fv, f, -1, lo, hi, fx, args, res, doc)
#define PRIMB(lib, nm, f, f2, lo, hi, fx, args, res, text)                                         \
    {.library = #lib,                                                                              \
     .name = nm,                                                                                   \
     .fn.fv = f,                                                                                   \
     .binary = f2,                                                                                 \
     .fixed = -1,                                                                                  \
     .min = lo,                                                                                    \
     .max = hi,                                                                                    \
     .effects = fx,                                                                                \
     .arguments = args,                                                                            \
     .result = res,                                                                                \
     .doc = text},
#define CONTROL(lib, nm, op, lo, hi, args, res, text)                                              \
    {.library = #lib,                                                                              \
     .name = nm,                                                                                   \
     .fn.f0 = NULL,                                                                                \
     .fixed = -1,                                                                                  \
     .min = lo,                                                                                    \
     .max = hi,                                                                                    \
     .control = CONTROL_##op,                                                                      \
     .effects = FX_CAPTURE,                                                                        \
     .arguments = args,                                                                            \
     .result = res,                                                                                \
     .doc = text},
const Primitive rt_primitives[] = {
#include "runtime/primitives.def"
};
const int rt_primitive_count = sizeof rt_primitives / sizeof rt_primitives[0];

// ---- names

enum { NAME_SLOTS = 4096 };
static_assert(2 * sizeof rt_primitives / sizeof *rt_primitives <= NAME_SLOTS, "half full at most");
static uint16_t name_slots[NAME_SLOTS]; // row + 1; 0: free. Linear probing.
static once_flag names_once = ONCE_FLAG_INIT;

static uint32_t name_hash(const char *name) { // FNV-1a
    uint32_t h = 2166136261;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619;
    return h ^ h >> 15;
}

// The slot of the name, or the free one where it would be.
static uint16_t *name_slot(const char *name) {
    uint32_t at = name_hash(name) % NAME_SLOTS;
    while (name_slots[at] && strcmp(rt_primitives[name_slots[at] - 1].name, name) != 0)
        at = (at + 1) % NAME_SLOTS;
    return &name_slots[at];
}

static void fill_names(void) {
    for (int i = 0; i < rt_primitive_count; i++) {
        uint16_t *slot = name_slot(rt_primitives[i].name);
        if (!*slot)
            *slot = (uint16_t)(i + 1);
    }
}

const Primitive *rt_primitive_find(const char *name) {
    call_once(&names_once, fill_names);
    uint16_t row = *name_slot(name);
    return row ? &rt_primitives[row - 1] : NULL;
}

Value rt_primitive_call(VM *vm, const Primitive *p, int argc, const Value *argv) {
    Value result;
    switch (p->fixed) {
    case 0:
        result = p->fn.f0(vm);
        break;
    case 1:
        result = p->fn.f1(vm, argv[0]);
        break;
    case 2:
        result = p->fn.f2(vm, argv[0], argv[1]);
        break;
    case 3:
        result = p->fn.f3(vm, argv[0], argv[1], argv[2]);
        break;
    case 4:
        result = p->fn.f4(vm, argv[0], argv[1], argv[2], argv[3]);
        break;
    default:
        result = p->fn.fv(vm, argc, argv);
    }
    if (result == VALUE_FAILURE)
        rt_fail_name(vm, p);
    return result;
}

Value rt_primitive_object(VM *vm, const Primitive *p) {
    Value *slot = &vm->primitive_objects[primitive_index(p)];
    if (*slot == VALUE_NONE) {
        PrimitiveObject *o = rt_object_new(vm, TYPE_PRIMITIVE, 0, 0, sizeof *o);
        o->row = p;
        *slot = value_from_pointer(o);
    }
    return *slot;
}
