// Passes over core IR, one a file in passes/.
//
// Duty: the order of the passes and what each leaves behind. Every pass takes the body of one
// top-level form and returns its replacement, or NULL with vm->condition set when the form is
// nested too deeply for the C stack: the only way in which a pass can fail. KILN_IR_PASSES=off runs
// only those that lowering needs (letrec, assign, analyse), so that tests can compare.
//
// All passes are linear in the size of the form (letrec and analyse: plus their result); none looks
// at a node more than a fixed number of times. None changes the order of effects, how often they
// happen, which error is met first, or what a continuation that is entered again sees.
#ifndef KILN_VM_PASSES_H
#define KILN_VM_PASSES_H

#include "vm/core.h"

// All passes in order: the top-level lambda (no parameters) whose body is ready for a tier. `node`
// is consumed. With KILN_TRACE=ir each result is dumped on standard error. NULL with vm->condition
// set: nested too deeply.
[[nodiscard]] Lambda *vm_passes_run(VM *vm, Node *node);

// Each pass wants the counts of vm_node_count and leaves them out of date.
[[nodiscard]] Node *vm_pass_letrec(VM *vm,
                                   Node *node); // Fix of anything -> Fix of lambdas, Let, SetLocal
[[nodiscard]] Node *vm_pass_prims(VM *vm,
                                  Node *node); // calls of cells that hold primitives -> Prim
[[nodiscard]] Node *
vm_pass_simplify(VM *vm, Node *node); // folding, copy propagation, beta, inlining, dead code
[[nodiscard]] Node *vm_pass_contify(VM *vm,
                                    Node *node); // Fix procedures with one continuation -> loops
[[nodiscard]] Node *vm_pass_assign(VM *vm, Node *node); // assigned variables -> boxes
[[nodiscard]] bool vm_pass_analyse(VM *vm,
                                   Lambda *top); // owner, outer, free variables, tail flags, costs
[[nodiscard]] bool
vm_pass_effects(VM *vm, Lambda *top); // which lambdas and nodes may capture a continuation

// One call: the Prim node it is, or the call itself.
Node *vm_prims_convert(VM *vm, Node *call);

#endif
