// Top-level code that has been expanded and not yet run.
//
// Duty: what lets the body of a library be expanded as a whole before it runs, so that it is known
// which of its variables nothing assigns. A procedural macro that is used in the body needs what
// stands before it: then that part runs early.
#ifndef KILN_VM_PENDING_INT_H
#define KILN_VM_PENDING_INT_H

#include "vm/expand_int.h"

typedef struct PendingForms {
    Node **item;
    uint32_t count, capacity;
    uint32_t next;     // the first that has not run
    bool runnable;     // false: vm_expand, nothing runs
    Binding **defined; // variables in the order of their definitions
    uint32_t defined_count, defined_capacity, sealed;
    void (*seal)(Expander *x); // after each form; NULL: nothing to do
} PendingForms;

void vm_pending_add(Expander *x, Node *node);
void vm_pending_defined(Expander *x, Binding *binding);
// Run what has not run.
[[nodiscard]] bool vm_pending_run(Expander *x);
// Top-level forms of a list, in order.
[[nodiscard]] bool vm_process_forms(Expander *x, Value forms);

#endif
