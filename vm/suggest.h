// Suggestions for misspelt names.
#ifndef KILN_VM_SUGGEST_H
#define KILN_VM_SUGGEST_H

#include "runtime/state.h"

// The symbol of a list that is nearest to a misspelt one: at most a third of its characters away by
// insertion, deletion, replacement or exchange of neighbours. #f when there is none.
Value vm_suggest(VM *vm, Value names, Value symbol);

#endif
