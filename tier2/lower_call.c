// Lowering: calls of SX procedures and of C functions.
//
// All native functions have one prototype (tier1/native.h), so any call may be in tail position.
// What is called goes through Code.native, which is never NULL; only calls of the function itself
// go straight to it.
#include "tier2/helpers.h"
#include "tier2/lower_int.h"
#include <stdio.h>

enum { PRESERVE_NONE = 21 };

bool t2_calls_anything(const Graph *graph) {
    for (uint32_t i = 0; i < graph->block_count; i++)
        for (const Node *n = graph->order[i]->first; n; n = n->next) {
            if (t2_node_info[n->op].flags & (NODE_CALLS | NODE_ALLOCATES))
                return true;
            if (n->op == N_PRIMITIVE || n->op == N_COMPARE || n->op == N_POLL)
                return true;
        }
    return false;
}

// ---- procedures

static LLVMValueRef native_of(Lower *l, LLVMValueRef code) {
    return t2_emit_load(l, l->pointer, t2_emit_at(l, code, offsetof(Code, native)), TAG_CODE);
}

static bool is_tail(const Node *n) { return n->op == N_TAIL_CALL || n->op == N_TAIL_CALL_CODE; }

// The arguments are inputs 1 and up; code: a word.
static void build_call(Lower *l, const Node *n, LLVMValueRef function, LLVMValueRef code) {
    LLVMValueRef arguments[3 + NATIVE_ARGUMENTS];
    uint32_t argc = n->input_count - 1;
    ASSERT(argc <= NATIVE_ARGUMENTS_MAX, "call with %u arguments", argc);
    for (uint32_t i = NATIVE_ARGUMENTS; i < argc; i++)
        t2_emit_store(l, t2_emit_input(l, n, 1 + i),
                      t2_emit_vm_field(l, offsetof(VM, native_arguments) + i * sizeof(Value)),
                      TAG_VM);
    arguments[0] = l->vm;
    arguments[1] = t2_emit_input(l, n, 0);
    arguments[2] = LLVMBuildIntToPtr(l->builder, code, l->pointer, "");
    for (uint32_t i = 0; i < NATIVE_ARGUMENTS; i++)
        arguments[3 + i] = i < argc ? t2_emit_input(l, n, 1 + i) : LLVMGetPoison(l->i64);
    LLVMValueRef call =
        LLVMBuildCall2(l->builder, l->native_type, function, arguments, 3 + NATIVE_ARGUMENTS, "");
    LLVMSetInstructionCallConv(call, PRESERVE_NONE);
    if (is_tail(n)) {
        LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
        LLVMBuildRet(l->builder, call);
        return;
    }
    l->values[n->id] = call;
    t2_emit_unwind_check(l, n, call);
}

// A clause that is known, which takes the arguments as they are.
static void call_code(Lower *l, const Node *n) {
    LLVMValueRef code = t2_emit_word(l, (uint64_t)(uintptr_t)n->code);
    bool self = n->code == l->graph->code && l->graph->osr_pc == UINT32_MAX;
    build_call(l, n, self ? l->function : native_of(l, code), code);
}

// Anything: a closure whose first clause takes the arguments as they are is called by itself, all
// else through t2_help_apply, which takes the number of arguments in place of the code.
static void call_any(Lower *l, const Node *n) {
    uint32_t argc = n->input_count - 1;
    LLVMValueRef callee = t2_emit_input(l, n, 0), count = t2_emit_word(l, argc);
    LLVMValueRef apply = T2_EXTERN(l, t2_help_apply, l->native_type);
    LLVMValueRef is_closure =
        t2_emit_test_class(l, callee, t2_emit_known(n->inputs[0]), CLASS(CLOSURE));
    LLVMBasicBlockRef closure = t2_emit_block_here(l, "closure");
    LLVMBasicBlockRef end = LLVMInsertBasicBlockInContext(l->context, closure, "call");
    LLVMMoveBasicBlockAfter(end, closure);
    LLVMBasicBlockRef other = LLVMInsertBasicBlockInContext(l->context, end, "other");
    t2_emit_branch(l, is_closure, closure, other, 1);
    t2_emit_go(l, closure);
    LLVMValueRef code =
        t2_emit_load(l, l->i64, t2_emit_at(l, callee, offsetof(Closure, code)), TAG_CODE);
    LLVMValueRef exact =
        t2_emit_load(l, l->i32, t2_emit_at(l, code, offsetof(Code, exact)), TAG_CODE);
    LLVMValueRef fits =
        LLVMBuildICmp(l->builder, LLVMIntEQ, exact, LLVMConstInt(l->i32, argc, false), "");
    LLVMBasicBlockRef direct = t2_emit_block_here(l, "direct");
    t2_emit_branch(l, fits, direct, other, 1);
    t2_emit_go(l, direct);
    LLVMValueRef native = native_of(l, code);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, other);
    t2_emit_store(l, t2_emit_word(l, (uint64_t)(uintptr_t)n->code),
                  t2_emit_vm_field(l, offsetof(VM, native_site)), TAG_VM);
    t2_emit_store(l, t2_emit_word(l, (uint64_t)n->index),
                  t2_emit_vm_field(l, offsetof(VM, native_site_pc)), TAG_VM);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    LLVMBasicBlockRef froms[] = {other, direct};
    LLVMValueRef functions[] = {apply, native}, codes[] = {count, code};
    LLVMValueRef function = LLVMBuildPhi(l->builder, l->pointer, "");
    LLVMValueRef passed = LLVMBuildPhi(l->builder, l->i64, "");
    LLVMAddIncoming(function, functions, froms, 2);
    LLVMAddIncoming(passed, codes, froms, 2);
    build_call(l, n, function, passed);
}

// ---- primitives

// An array in the frame, shared by all calls.
static LLVMValueRef array(Lower *l, uint32_t count) {
    if (l->argv && l->argv_room >= count)
        return l->argv;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder);
    LLVMPositionBuilderBefore(l->builder, LLVMGetFirstInstruction(l->prologue));
    l->argv_room = count < 8 ? 8 : count;
    l->argv = LLVMBuildAlloca(l->builder, LLVMArrayType2(l->i64, l->argv_room), "argv");
    t2_emit_go(l, here);
    return l->argv;
}

LLVMValueRef t2_emit_call_primitive(Lower *l, const Node *n, bool binary) {
    const Primitive *p = n->primitive;
    binary = binary && p->binary && n->input_count == 2;
    LLVMValueRef arguments[5] = {l->vm};
    uint32_t count = 1;
    const void *function = binary         ? (const void *)p->binary
                           : p->fixed < 0 ? (const void *)p->fn.fv
                                          : (const void *)p->fn.f0;
    ASSERT(function, "%s has no C function", p->name);
    if (binary || p->fixed >= 0) {
        ASSERT(binary || n->input_count == (uint32_t)p->fixed, "%s with %u arguments", p->name,
               n->input_count);
        for (uint32_t i = 0; i < n->input_count; i++)
            arguments[count++] = t2_emit_input(l, n, i);
    } else {
        LLVMValueRef argv = array(l, n->input_count);
        for (uint32_t i = 0; i < n->input_count; i++) {
            LLVMValueRef index = t2_emit_word(l, i);
            t2_emit_store(l, t2_emit_input(l, n, i),
                          LLVMBuildGEP2(l->builder, l->i64, argv, &index, 1, ""), TAG_NONE);
        }
        arguments[count++] = LLVMConstInt(l->i32, n->input_count, false);
        arguments[count++] = argv;
    }
    char name[96];
    snprintf(name, sizeof name, binary ? "%s/2" : "%s", p->name);
    LLVMValueRef call = t2_emit_call_c(l, name, function, l->i64, arguments, count);
    if (!(p->effects & (FX_WRITE | FX_ALLOC | FX_FAIL | FX_CAPTURE)))
        t2_emit_call_only_reads(l, call);
    if (p->effects & FX_FAIL)
        t2_emit_guard_failure(l, n, t2_emit_compare_word(l, LLVMIntNE, call, VALUE_FAILURE),
                              n->reason == EXIT_RAISE ? EXIT_RAISE : EXIT_FAILED);
    return call;
}

bool t2_lower_call(Lower *l, const Node *n) {
    switch ((NodeOp)n->op) {
    case N_CALL:
    case N_TAIL_CALL:
        call_any(l, n);
        return true;
    case N_CALL_CODE:
    case N_TAIL_CALL_CODE:
        call_code(l, n);
        return true;
    case N_PRIMITIVE:
        l->values[n->id] = t2_emit_call_primitive(l, n, n->index == 1);
        return true;
    default:
        return false;
    }
}
