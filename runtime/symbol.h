// Symbols and keywords.
//
// Duty: interning. Two symbols with the same name are the same object unless one came from
// rt_gensym. The tables hold their symbols for the life of the VM: programs that make symbols
// without end use strings instead.
#ifndef KILN_RUNTIME_SYMBOL_H
#define KILN_RUNTIME_SYMBOL_H

#include "runtime/state.h"

// The symbol of that name, given as NUL-terminated UTF-8 or as a string Value (which is copied when
// new).
Value rt_intern(VM *vm, const char *name);
Value rt_intern_string(VM *vm, Value name);
// The keyword :name; the name is given without its colon.
Value rt_keyword(VM *vm, const char *name);
Value rt_keyword_string(VM *vm, Value name);
// A new symbol, equal to no other, whose name begins with `prefix`.
Value rt_gensym(VM *vm, const char *prefix);
// Number of interned symbols; calls fn on each (order unspecified).
void rt_symbols_each(VM *vm, void (*fn)(Value symbol, void *context), void *context);

#endif
