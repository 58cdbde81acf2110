// Passes over core IR, one a file in passes/.
//
// Duty: the order of the passes and what each leaves behind. Every pass takes the body of one top-level form and
// returns its replacement. KILN_IR_PASSES=off runs only those that lowering needs (letrec, assign, analyse), so
// that tests can compare.
#ifndef KILN_VM_PASSES_H
#define KILN_VM_PASSES_H

#include "vm/core.h"

// All passes in order: the top-level lambda (no parameters) whose body is ready for a tier. `node` is consumed.
// With KILN_TRACE=ir each result is dumped. Never fails on verified input.
Lambda *vm_passes_run(VM *vm, Node *node);

Node *vm_pass_letrec(VM *vm, Node *node);   // Fix of anything -> Fix of lambdas, Let, SetLocal (Ghuloum, Dybvig 2009)
Node *vm_pass_prims(VM *vm, Node *node);    // calls of cells that hold primitives -> Prim
Node *vm_pass_simplify(VM *vm, Node *node); // constant folding, copy propagation, beta, dead code, small inlining
Node *vm_pass_assign(VM *vm, Node *node);   // assigned variables -> boxes
Node *vm_pass_contify(VM *vm, Node *node);  // Fix variables called only in tail position -> loops
void vm_pass_analyse(VM *vm, Lambda *top);  // owner, outer, free variables, tail flags, counts
void vm_pass_effects(VM *vm, Lambda *top);  // which lambdas and nodes may capture a continuation

#endif
