// Interning: open addressing with linear probing, hashes kept in the symbols.
#include "runtime/symbol.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/string.h"
#include <stdio.h>

typedef struct InternTable {
    Value *slot; // VALUE_NONE: free; room is a power of two, at most half of it used
    size_t room, used;
} InternTable;

struct SymbolTable {
    InternTable symbols, keywords;
};

enum { FIRST_ROOM = 4096 };

void rt_symbols_init(VM *vm) {
    struct SymbolTable *t = rt_raw_new(vm, sizeof *t);
    t->symbols.room = t->keywords.room = FIRST_ROOM;
    t->symbols.slot = rt_raw_new(vm, FIRST_ROOM * sizeof(Value));
    t->keywords.slot = rt_raw_new(vm, FIRST_ROOM * sizeof(Value));
    vm->symbols = t;
}

static void grow(VM *vm, InternTable *t) {
    size_t room = t->room * 2;
    Value *slot = rt_raw_new(vm, room * sizeof(Value));
    for (size_t i = 0; i < t->room; i++) {
        if (t->slot[i] == VALUE_NONE)
            continue;
        size_t j = value_symbol(t->slot[i])->hash & (room - 1);
        while (slot[j] != VALUE_NONE)
            j = (j + 1) & (room - 1);
        slot[j] = t->slot[i];
    }
    t->slot = slot;
    t->room = room;
}

static Value symbol_new(VM *vm, unsigned type, unsigned flags, Value name) {
    Symbol *s = rt_object_new(vm, type, flags, 0, sizeof *s);
    s->name = name;
    s->hash = rt_string_hash(name);
    return value_from_pointer(s);
}

static Value intern(VM *vm, InternTable *t, unsigned type, Value name) {
    size_t i = rt_string_hash(name) & (t->room - 1);
    for (; t->slot[i] != VALUE_NONE; i = (i + 1) & (t->room - 1))
        if (rt_string_equal(value_symbol(t->slot[i])->name, name))
            return t->slot[i];
    Value copy = rt_substring(vm, name, 0, value_string(name)->length);
    object_set_flags(value_object(copy), object_flags(value_object(copy)) | STRING_LITERAL);
    Value symbol = t->slot[i] = symbol_new(vm, type, 0, copy);
    if (2 * ++t->used > t->room)
        grow(vm, t);
    return symbol;
}

Value rt_intern_string(VM *vm, Value name) {
    return intern(vm, &vm->symbols->symbols, TYPE_SYMBOL, name);
}
Value rt_intern(VM *vm, const char *name) {
    return rt_intern_string(vm, rt_string_from_c(vm, name));
}
Value rt_keyword_string(VM *vm, Value name) {
    return intern(vm, &vm->symbols->keywords, TYPE_KEYWORD, name);
}
Value rt_keyword(VM *vm, const char *name) {
    return rt_keyword_string(vm, rt_string_from_c(vm, name));
}

Value rt_gensym(VM *vm, const char *prefix) {
    char text[128];
    snprintf(text, sizeof text, "%.90s%llu", prefix, (unsigned long long)++vm->gensym_counter);
    Value name = rt_string_from_c(vm, text);
    object_set_flags(value_object(name), object_flags(value_object(name)) | STRING_LITERAL);
    return symbol_new(vm, TYPE_SYMBOL, SYMBOL_UNINTERNED, name);
}

void rt_symbols_each(VM *vm, void (*fn)(Value symbol, void *context), void *context) {
    InternTable *t = &vm->symbols->symbols;
    for (size_t i = 0; i < t->room; i++)
        if (t->slot[i] != VALUE_NONE)
            fn(t->slot[i], context);
}
