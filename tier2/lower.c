// Lowering a graph to LLVM's form: the function itself. See lower_int.h.
//
//   prologue   the address of what keeps this code alive goes into the C frame (native_data.h); is
//              there room on the C stack? Left out where nothing can be called
//   entry …    the graph's blocks in their order
//   exit       common to all guards (lower_leave.c)
//   unwind     common to all calls
#include "runtime/settings.h"
#include "tier2/helpers.h"
#include "tier2/lower_int.h"
#include <llvm-c/Analysis.h>
#include <stdio.h>
#include <stdlib.h>

enum { PRESERVE_NONE = 21, LIKELY_WEIGHT = 1 << 20 };

// ---- blocks and values

LLVMTypeRef t2_emit_type(const Lower *l, Rep rep) {
    return rep == REP_DOUBLE ? l->f64 : rep == REP_BOOL ? l->i1 : l->i64;
}

static LLVMValueRef constant(const Lower *l, const Node *n) {
    switch (n->op) {
    case N_CONSTANT:
        return t2_emit_word(l, n->value);
    case N_INTEGER:
        return t2_emit_word(l, (uint64_t)n->index);
    case N_DOUBLE:
        return LLVMConstReal(l->f64, n->number);
    case N_BOOLEAN:
        return LLVMConstInt(l->i1, n->index != 0, false);
    default:
        return NULL;
    }
}

LLVMValueRef t2_emit_value(Lower *l, const Node *n) {
    LLVMValueRef v = l->values[n->id];
    if (!v) {
        v = l->values[n->id] = constant(l, n);
        ASSERT(v, "%s is used before it is made", t2_node_info[n->op].name);
    }
    return v;
}

LLVMBasicBlockRef t2_emit_block_here(Lower *l, const char *name) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder), next = LLVMGetNextBasicBlock(here);
    return next ? LLVMInsertBasicBlockInContext(l->context, next, name)
                : LLVMAppendBasicBlockInContext(l->context, l->function, name);
}

void t2_emit_go(Lower *l, LLVMBasicBlockRef block) { LLVMPositionBuilderAtEnd(l->builder, block); }

static LLVMValueRef weights(const Lower *l, uint32_t yes, uint32_t no) {
    LLVMMetadataRef parts[] = {
        LLVMMDStringInContext2(l->context, "branch_weights", strlen("branch_weights")),
        LLVMValueAsMetadata(LLVMConstInt(l->i32, yes, false)),
        LLVMValueAsMetadata(LLVMConstInt(l->i32, no, false))};
    return LLVMMetadataAsValue(l->context, LLVMMDNodeInContext2(l->context, parts, 3));
}

void t2_emit_branch(Lower *l, LLVMValueRef test, LLVMBasicBlockRef yes, LLVMBasicBlockRef no,
                    int likely) {
    LLVMValueRef branch = LLVMBuildCondBr(l->builder, test, yes, no);
    if (likely)
        LLVMSetMetadata(branch, l->md_weights, likely > 0 ? l->likely : l->unlikely);
}

LLVMValueRef t2_emit_phi2(Lower *l, LLVMTypeRef type, LLVMValueRef a, LLVMBasicBlockRef from_a,
                          LLVMValueRef b, LLVMBasicBlockRef from_b) {
    LLVMValueRef phi = LLVMBuildPhi(l->builder, type, "");
    LLVMAddIncoming(phi, &a, &from_a, 1);
    LLVMAddIncoming(phi, &b, &from_b, 1);
    return phi;
}

LLVMValueRef t2_emit_compare(Lower *l, LLVMIntPredicate predicate, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildICmp(l->builder, predicate, a, b, "");
}

LLVMValueRef t2_emit_compare_word(Lower *l, LLVMIntPredicate predicate, LLVMValueRef a,
                                  uint64_t b) {
    return t2_emit_compare(l, predicate, a, t2_emit_word(l, b));
}

// ---- what is outside

LLVMValueRef t2_emit_extern(Lower *l, const char *name, const void *address, LLVMTypeRef type) {
    LLVMValueRef f = LLVMGetNamedFunction(l->module, name);
    if (f)
        return f;
    t2_engine_define(name, address);
    f = LLVMAddFunction(l->module, name, type);
    if (type == l->native_type)
        LLVMSetFunctionCallConv(f, PRESERVE_NONE);
    return f;
}

static void attribute(const Lower *l, LLVMValueRef call, const char *name, uint64_t value) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex,
                             LLVMCreateEnumAttribute(l->context, kind, value));
}

LLVMValueRef t2_emit_call_c(Lower *l, const char *name, const void *address, LLVMTypeRef result,
                            LLVMValueRef *arguments, uint32_t count) {
    LLVMTypeRef types[8];
    ASSERT(count <= 8, "%s takes %u arguments", name, count);
    for (uint32_t i = 0; i < count; i++)
        types[i] = LLVMTypeOf(arguments[i]);
    LLVMTypeRef type = LLVMFunctionType(result, types, count, false);
    LLVMValueRef call = LLVMBuildCall2(l->builder, type, t2_emit_extern(l, name, address, type),
                                       arguments, count, "");
    attribute(l, call, "nounwind", 0);
    return call;
}

// Of memory(…): two bits each for arguments' memory, what is inaccessible, all other.
enum { MEMORY_NOTHING = 0, MEMORY_READ = 1 | 1 << 2 | 1 << 4 };

void t2_emit_call_only_reads(Lower *l, LLVMValueRef call) {
    attribute(l, call, "memory", MEMORY_READ);
    attribute(l, call, "willreturn", 0);
}

void t2_emit_call_reads_nothing(Lower *l, LLVMValueRef call) {
    attribute(l, call, "memory", MEMORY_NOTHING);
    attribute(l, call, "willreturn", 0);
}

// ---- nodes

static void set(Lower *l, const Node *n, LLVMValueRef v) { l->values[n->id] = v; }

static LLVMBasicBlockRef successor(Lower *l, const Node *n, int which) {
    return l->first[n->block->successors[which]->id];
}

static void lower_branch(Lower *l, const Node *n) {
    const Block *yes = n->block->successors[0], *no = n->block->successors[1];
    LLVMValueRef branch =
        LLVMBuildCondBr(l->builder, t2_emit_input(l, n, 0), successor(l, n, 0), successor(l, n, 1));
    if (yes->cold != no->cold)
        LLVMSetMetadata(branch, l->md_weights, no->cold ? l->likely : l->unlikely);
    else if (n->index > 0 && n->index < 1024)
        LLVMSetMetadata(branch, l->md_weights,
                        weights(l, (uint32_t)n->index, 1024 - (uint32_t)n->index));
}

// Arguments beyond the registers, and the registers of an OSR entry, are read at the beginning,
// where nothing has been called yet.
static LLVMValueRef lower_entry_value(Lower *l, const Node *n) {
    switch (n->op) {
    case N_RUNNING:
        return l->closure;
    case N_REGISTER:
        return t2_emit_load(
            l, l->i64, t2_emit_at(l, l->arguments[0], n->index * (int64_t)sizeof(Value)), TAG_NONE);
    default:
        if (n->index < NATIVE_ARGUMENTS)
            return l->arguments[n->index];
        return t2_emit_load(
            l, l->i64,
            t2_emit_vm_field(l, offsetof(VM, native_arguments) + (size_t)n->index * sizeof(Value)),
            TAG_VM);
    }
}

static void lower_node(Lower *l, const Node *n) {
    LLVMBuilderRef b = l->builder;
    switch ((NodeOp)n->op) {
    case N_CONSTANT:
    case N_INTEGER:
    case N_DOUBLE:
    case N_BOOLEAN:
    case N_SUNK: // named by descriptors alone
        return;
    case N_PARAMETER:
    case N_RUNNING:
    case N_REGISTER:
        set(l, n, lower_entry_value(l, n));
        return;
    case N_PHI:
        set(l, n, LLVMBuildPhi(b, t2_emit_type(l, n->rep), ""));
        return;
    case N_NOT:
        set(l, n, LLVMBuildNot(b, t2_emit_input(l, n, 0), ""));
        return;
    case N_SELECT:
        set(l, n,
            LLVMBuildSelect(b, t2_emit_input(l, n, 0), t2_emit_input(l, n, 1),
                            t2_emit_input(l, n, 2), ""));
        return;
    case N_EXIT:
        t2_emit_exit(l, n);
        return;
    case N_JUMP:
        LLVMBuildBr(b, successor(l, n, 0));
        return;
    case N_BRANCH:
        lower_branch(l, n);
        return;
    case N_RETURN:
        LLVMBuildRet(b, t2_emit_input(l, n, 0));
        return;
    case N_UNREACHABLE: {
        LLVMTypeRef type = LLVMFunctionType(l->nothing, NULL, 0, false);
        unsigned trap = LLVMLookupIntrinsicID("llvm.trap", strlen("llvm.trap"));
        LLVMBuildCall2(b, type, LLVMGetIntrinsicDeclaration(l->module, trap, NULL, 0), NULL, 0, "");
        LLVMBuildUnreachable(b);
        return;
    }
    default:
        if (!t2_lower_number(l, n) && !t2_lower_test(l, n) && !t2_lower_memory(l, n) &&
            !t2_lower_call(l, n))
            ASSERT(false, "%s cannot be lowered", t2_node_info[n->op].name);
    }
}

static void lower_blocks(Lower *l) {
    const Graph *g = l->graph;
    char name[32];
    for (uint32_t i = 0; i < g->block_count; i++) {
        snprintf(name, sizeof name, "b%u", g->order[i]->id);
        l->first[g->order[i]->id] = LLVMAppendBasicBlockInContext(l->context, l->function, name);
    }
    for (uint32_t i = 0; i < g->block_count && !l->failure; i++) {
        const Block *block = g->order[i];
        t2_emit_go(l, l->first[block->id]);
        for (const Node *n = block->first; n; n = n->next)
            lower_node(l, n);
        l->last[block->id] = LLVMGetInsertBlock(l->builder);
    }
}

static void fill_phis(Lower *l) {
    for (uint32_t i = 0; i < l->graph->block_count; i++) {
        const Block *block = l->graph->order[i];
        for (const Node *n = block->first; n && n->op == N_PHI; n = n->next)
            for (uint32_t p = 0; p < block->predecessor_count; p++) {
                LLVMValueRef v = t2_emit_input(l, n, p);
                LLVMAddIncoming(l->values[n->id], &v, &l->last[block->predecessors[p]->id], 1);
            }
    }
}

// ---- the function

static void set_types(Lower *l) {
    l->i1 = LLVMInt1TypeInContext(l->context);
    l->i8 = LLVMInt8TypeInContext(l->context);
    l->i32 = LLVMInt32TypeInContext(l->context);
    l->i64 = LLVMInt64TypeInContext(l->context);
    l->f64 = LLVMDoubleTypeInContext(l->context);
    l->nothing = LLVMVoidTypeInContext(l->context);
    l->pointer = LLVMPointerTypeInContext(l->context, 0);
    LLVMTypeRef types[] = {l->pointer, l->i64, l->pointer, l->i64, l->i64,
                           l->i64,     l->i64, l->i64,     l->i64};
    static_assert(sizeof types / sizeof *types == 3 + NATIVE_ARGUMENTS);
    l->native_type = LLVMFunctionType(l->i64, types, 3 + NATIVE_ARGUMENTS, false);
    l->md_tbaa = LLVMGetMDKindIDInContext(l->context, "tbaa", 4);
    l->md_scope = LLVMGetMDKindIDInContext(l->context, "alias.scope", 11);
    l->md_noalias = LLVMGetMDKindIDInContext(l->context, "noalias", 7);
    l->md_weights = LLVMGetMDKindIDInContext(l->context, "prof", 4);
    l->likely = weights(l, LIKELY_WEIGHT, 1);
    l->unlikely = weights(l, 1, LIKELY_WEIGHT);
}

static void add_attribute(const Lower *l, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(l->function, LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(l->context, kind, 0));
}

static void make_function(Lower *l) {
    l->function = LLVMAddFunction(l->module, l->artifact->symbol, l->native_type);
    LLVMSetFunctionCallConv(l->function, PRESERVE_NONE);
    // Calls of itself go straight there.
    LLVMSetVisibility(l->function, LLVMProtectedVisibility);
    add_attribute(l, "nounwind");
    // For those who look at stacks: it costs a few per cent of what calls cost.
    if (rt_setting(SETTING_PERF))
        LLVMAddTargetDependentFunctionAttr(l->function, "frame-pointer", "all");
    l->vm = LLVMGetParam(l->function, 0);
    l->closure = LLVMGetParam(l->function, 1);
    l->code = LLVMGetParam(l->function, 2);
    for (unsigned i = 0; i < NATIVE_ARGUMENTS; i++)
        l->arguments[i] = LLVMGetParam(l->function, 3 + i);
}

// The same arguments again, in tail position.
static void build_overflow(Lower *l) {
    LLVMValueRef arguments[3 + NATIVE_ARGUMENTS];
    LLVMGetParams(l->function, arguments);
    LLVMValueRef call =
        LLVMBuildCall2(l->builder, l->native_type, T2_EXTERN(l, t1_native_overflow, l->native_type),
                       arguments, 3 + NATIVE_ARGUMENTS, "");
    LLVMSetInstructionCallConv(call, PRESERVE_NONE);
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    LLVMBuildRet(l->builder, call);
}

// An OSR entry makes no frame anew: there is room, and there is no call to be left undone.
static void make_prologue(Lower *l) {
    LLVMBuilderRef b = l->builder;
    l->prologue = LLVMAppendBasicBlockInContext(l->context, l->function, "prologue");
    t2_emit_go(l, l->prologue);
    bool counts = l->artifact->quick && l->graph->osr_pc == UINT32_MAX;
    if (!t2_calls_anything(l->graph)) {
        l->prologue_end = NULL;
        if (counts)
            t2_emit_count(l, NULL);
        return;
    }
    LLVMValueRef keep = LLVMBuildAlloca(b, l->i64, "keep");
    if (l->graph->osr_pc == UINT32_MAX) {
        LLVMBasicBlockRef overflow =
            LLVMAppendBasicBlockInContext(l->context, l->function, "overflow");
        LLVMBasicBlockRef start = LLVMAppendBasicBlockInContext(l->context, l->function, "start");
        LLVMValueRef limit =
            t2_emit_load(l, l->i64, t2_emit_vm_field(l, offsetof(VM, native_limit)), TAG_VM);
        LLVMValueRef low =
            t2_emit_compare(l, LLVMIntULT, LLVMBuildPtrToInt(b, keep, l->i64, ""), limit);
        if (rt_setting_number(SETTING_CAPTURE_AT, 0)) {
            LLVMValueRef capture = t2_emit_call_c(l, "t2_help_capture",
                                                  (const void *)t2_help_capture, l->i1, &l->vm, 1);
            low = LLVMBuildOr(b, low, capture, "");
        }
        t2_emit_branch(l, low, overflow, start, -1);
        t2_emit_go(l, overflow);
        build_overflow(l);
        t2_emit_go(l, start);
    }
    LLVMValueRef store =
        LLVMBuildStore(b, t2_emit_word(l, (uint64_t)(uintptr_t)l->artifact->owner), keep);
    LLVMSetVolatile(store, true);
    if (counts)
        t2_emit_count(l, NULL);
}

Bailout t2_lower(T2Artifact *a, const Graph *graph, LLVMModuleRef module) {
    Lower l = {.artifact = a, .graph = graph, .module = module};
    l.context = LLVMGetModuleContext(module);
    l.builder = LLVMCreateBuilderInContext(l.context);
    l.values = calloc(graph->node_count + 1, sizeof *l.values);
    l.first = calloc(2 * ((size_t)graph->block_count + 1), sizeof *l.first);
    if (!l.values || !l.first) {
        fputs("kiln: out of memory in the compiler\n", stderr);
        abort();
    }
    l.last = l.first + graph->block_count + 1;
    set_types(&l);
    make_function(&l);
    make_prologue(&l);
    LLVMBasicBlockRef prologue_last = LLVMGetInsertBlock(l.builder);
    lower_blocks(&l);
    if (!l.failure) {
        fill_phis(&l);
        t2_emit_leaves_finish(&l);
    }
    t2_emit_go(&l, prologue_last);
    LLVMBuildBr(l.builder, l.first[graph->entry->id]);
    for (int i = 0; i < 2; i++)
        free(l.leaves[i].edges);
    free((void *)l.values);
    free((void *)l.first);
    LLVMDisposeBuilder(l.builder);
    return l.failure;
}
