// The order of the passes.
//
//   expanded ──letrec──> bound ──prims──> ──simplify──> ──contify──> ──assign──> ──analyse──>
//   ──effects──> lowered
//
// simplify comes before assign, so that it sees assignments and not boxes; contify after simplify,
// which leaves fewer procedures and more calls by name.
#include "runtime/fail.h"
#include "runtime/settings.h"
#include "runtime/string.h"
#include "vm/passes.h"
#include <stdio.h>

typedef struct Pass {
    const char *name;
    Node *(*run)(VM *vm, Node *node);
    bool needed; // also with KILN_IR_PASSES=off
    CoreStage leaves;
} Pass;

static const Pass passes[] = {
    {"letrec", vm_pass_letrec, true, CORE_BOUND},
    {"prims", vm_pass_prims, false, CORE_BOUND},
    {"simplify", vm_pass_simplify, false, CORE_BOUND},
    {"contify", vm_pass_contify, false, CORE_BOUND},
    {"assign", vm_pass_assign, true, CORE_BOUND},
};

static void trace(VM *vm, const char *after, Node *node, unsigned flags) {
    Value text = vm_node_dump_with(vm, node, flags);
    const char *utf8 = text == VALUE_FAILURE ? NULL : rt_string_to_utf8(vm, text, NULL);
    fprintf(stderr, ";; %s\n%s\n", after, utf8 ? utf8 : "(too large to show)");
}

Lambda *vm_passes_run(VM *vm, Node *node) {
    const char *wanted = rt_setting(SETTING_IR_PASSES);
    bool all = !wanted || strcmp(wanted, "off") != 0;
    bool tracing = rt_setting_has(SETTING_TRACE, "ir");
    if (!vm_node_count(vm, node))
        return NULL;
    vm_node_verify(vm, node, CORE_EXPANDED);
    if (tracing)
        trace(vm, "expand", node, DUMP_POSITIONS);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        const Pass *pass = &passes[i];
        if (!all && !pass->needed)
            continue;
        node = pass->run(vm, node);
        if (!node || !vm_node_count(vm, node))
            return NULL;
        vm_node_verify(vm, node, pass->leaves);
        if (tracing)
            trace(vm, pass->name, node, 0);
    }
    Lambda *top = vm_lambda_new(vm, VALUE_FALSE, node->position, 0, NULL, node);
    if (!vm_pass_analyse(vm, top) || !vm_pass_effects(vm, top))
        return NULL;
    Node *whole = vm_node_lambda(vm, top);
    vm_node_verify(vm, whole, CORE_LOWERED);
    if (tracing)
        trace(vm, "analyse, effects", whole, DUMP_ANALYSIS);
    return top;
}
