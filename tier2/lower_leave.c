// Lowering: how a function leaves. Guards branch to one common exit block, calls that answer
// VALUE_UNWIND to one common unwind block; phis bring which of the places it was and the values
// that its frame state names.
//
//   guard ──fails──┐ phis: offset of the descriptor, values
//   guard ──fails──┴──> exit: values -> vm->exit_values, t1_native_exit(descriptor)
//   call  ──unwinds──┬> unwind: if vm->unwind_keep: [descriptor, values…] -> vm->unwind_top
//   call  ──unwinds──┘          return VALUE_UNWIND
//
// A block for each place, or stack maps, cost more time and more bytes. But quick code has a block
// for each place, which stores the values of an exit: there LLVM would bring what phis want in
// front of each guard, and has no registers for them.
//
// A description is what a place needs: the ExitDescriptor, and the nodes that bring its values,
// each in a slot of its kind. A record is laid out alike for all places of a block: first the
// words, then the doubles, then the booleans. So a location's final index is known when all places
// are; until then it is the slot. Equal states share one description.
#include "tier2/helpers.h"
#include "tier2/lower_int.h"
#include <stdlib.h>

enum { PRESERVE_NONE = 21 };

struct Description {
    Description *next;
    const FrameState *state;
    uint8_t reason, leave;
    uint32_t index; // of the descriptor in the artifact's array
    ExitDescriptor descriptor;
    uint32_t count[SLOT_KINDS], room[SLOT_KINDS];
    const Node **nodes[SLOT_KINDS];
    // While it is made: SUNK nodes in the order of their objects, Values of the constants.
    const Node **sunk;
    uint32_t sunk_room;
    Value *constants;
    uint32_t constant_count, constant_room;
};

// ---- descriptors

static void *grow(Lower *l, void *items, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return items;
    *room = *room ? 2 * *room : 8;
    void *grown = t2_allocate((Graph *)l->graph, *room * size);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

static Location location(LocationKind kind, uint32_t index) {
    return (Location){.kind = kind, .index = index};
}

static Location constant_location(Lower *l, Description *d, Value value) {
    for (uint32_t i = 0; i < d->constant_count; i++)
        if (d->constants[i] == value)
            return location(LOCATION_CONSTANT, i);
    d->constants =
        grow(l, d->constants, d->constant_count, &d->constant_room, sizeof *d->constants);
    d->constants[d->constant_count] = value;
    return location(LOCATION_CONSTANT, d->constant_count++);
}

static Location slot_location(Lower *l, Description *d, const Node *n, LocationKind kind,
                              int slot) {
    for (uint32_t i = 0; i < d->count[slot]; i++)
        if (d->nodes[slot][i] == n)
            return location(kind, i);
    d->nodes[slot] = grow(l, (void *)d->nodes[slot], d->count[slot], &d->room[slot], sizeof n);
    d->nodes[slot][d->count[slot]] = n;
    return location(kind, d->count[slot]++);
}

static Location sunk_location(Lower *l, Description *d, const Node *n) {
    uint32_t *count = &d->descriptor.sunk_count;
    for (uint32_t i = 0; i < *count; i++)
        if (d->sunk[i] == n)
            return location(LOCATION_SUNK, i);
    d->sunk = grow(l, (void *)d->sunk, *count, &d->sunk_room, sizeof n);
    d->sunk[*count] = n;
    return location(LOCATION_SUNK, (*count)++);
}

// Boxes are left to the exit.
static Location locate(Lower *l, Description *d, const Node *n) {
    if (!n)
        return location(LOCATION_DEAD, 0);
    if (n->op == N_BOX_INT || n->op == N_BOX_DOUBLE || n->op == N_BOX_BOOL)
        n = n->inputs[0];
    switch (n->op) {
    case N_CONSTANT:
        return constant_location(l, d, n->value);
    case N_INTEGER:
        return constant_location(l, d, value_from_fixnum(n->index));
    case N_DOUBLE:
        return constant_location(l, d, value_from_double(n->number));
    case N_BOOLEAN:
        return constant_location(l, d, value_from_bool(n->index));
    case N_SUNK:
        return sunk_location(l, d, n);
    default:
        break;
    }
    switch ((Rep)n->rep) {
    case REP_INT:
        return slot_location(l, d, n, LOCATION_INTEGER, SLOT_INT);
    case REP_DOUBLE:
        return slot_location(l, d, n, LOCATION_DOUBLE, SLOT_DOUBLE);
    case REP_BOOL:
        return slot_location(l, d, n, LOCATION_BOOLEAN, SLOT_BOOL);
    default:
        return slot_location(l, d, n, LOCATION_VALUE, SLOT_INT);
    }
}

static void describe_frame(Lower *l, Description *d, const FrameState *state, ExitFrame *frame) {
    Location *registers = t2_artifact_allocate(l->artifact, state->count * sizeof *registers + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        registers[i] = locate(l, d, state->registers[i]);
        if (registers[i].kind != LOCATION_DEAD)
            count = i + 1;
    }
    *frame = (ExitFrame){.code = state->code,
                         .pc = state->pc,
                         .dst = state->dst,
                         .closure = locate(l, d, state->closure),
                         .count = count,
                         .registers = registers};
}

// The list of objects grows while their fields are looked at.
static void describe_sunk(Lower *l, Description *d) {
    uint32_t room = 0;
    SunkObject *objects = NULL;
    for (uint32_t i = 0; i < d->descriptor.sunk_count; i++) {
        const Node *n = d->sunk[i];
        objects = grow(l, objects, i, &room, sizeof *objects);
        Location *fields = t2_artifact_allocate(l->artifact, n->input_count * sizeof *fields + 1);
        objects[i] =
            (SunkObject){.type = (uint8_t)n->index, .count = n->input_count, .fields = fields};
        for (uint32_t k = 0; k < n->input_count; k++)
            fields[k] = locate(l, d, n->inputs[k]);
        if (n->index == TYPE_CLOSURE)
            objects[i].extra = constant_location(l, d, (Value)(uintptr_t)n->code);
        else if (n->index == TYPE_RECORD)
            objects[i].extra = constant_location(l, d, n->value);
    }
    uint32_t count = d->descriptor.sunk_count;
    SunkObject *kept = t2_artifact_allocate(l->artifact, count * sizeof *kept + 1);
    if (count)
        memcpy(kept, objects, count * sizeof *kept);
    d->descriptor.sunk = kept;
}

static Description *describe(Lower *l, const FrameState *state, ExitReason reason, int leave) {
    // Neighbours share: states of one instruction come together.
    int looked = 0;
    for (Description *d = l->descriptions; d && looked < 64; d = d->next, looked++)
        if (d->state == state && d->reason == reason && d->leave == leave)
            return d;
    Description *d = t2_allocate((Graph *)l->graph, sizeof *d);
    d->state = state;
    d->reason = (uint8_t)reason;
    d->leave = (uint8_t)leave;
    d->index = l->description_count++;
    d->next = l->descriptions;
    l->descriptions = d;
    uint32_t frames = 0;
    for (const FrameState *s = state; s; s = s->caller)
        frames++;
    ExitFrame *frame = t2_artifact_allocate(l->artifact, frames * sizeof *frame);
    d->descriptor = (ExitDescriptor){.reason = (uint8_t)reason,
                                     .frame_count = frames,
                                     .frames = frame,
                                     .guard_pc = state->pc,
                                     .function = l->artifact->owner};
    for (const FrameState *s = state; s; s = s->caller)
        describe_frame(l, d, s, frame++);
    describe_sunk(l, d);
    Value *constants = t2_artifact_allocate(l->artifact, d->constant_count * sizeof *constants + 1);
    if (d->constant_count)
        memcpy(constants, d->constants, d->constant_count * sizeof *constants);
    d->descriptor.constants = constants;
    return d;
}

// ---- places

static LLVMBasicBlockRef leave_block(Lower *l, int which) {
    Leave *leave = &l->leaves[which];
    if (!leave->block)
        leave->block = LLVMAppendBasicBlockInContext(l->context, l->function,
                                                     which == LEAVE_EXIT ? "exit" : "unwind");
    return leave->block;
}

// The current block goes to the common one.
static LLVMBasicBlockRef add_edge(Lower *l, const FrameState *state, ExitReason reason, int which) {
    ASSERT(state, "a node that leaves has no state");
    Leave *leave = &l->leaves[which];
    Description *d = describe(l, state, reason, which);
    if (leave->count == leave->room) {
        leave->room = leave->room ? 2 * leave->room : 64;
        leave->edges = realloc(leave->edges, leave->room * sizeof *leave->edges);
        if (!leave->edges)
            abort();
    }
    LLVMBasicBlockRef out = leave_block(l, which), from = LLVMGetInsertBlock(l->builder);
    if (l->artifact->quick)
        from = LLVMAppendBasicBlockInContext(l->context, l->function, "leave");
    leave->edges[leave->count++] = (Edge){from, d};
    for (int k = 0; k < SLOT_KINDS; k++)
        if (d->count[k] > leave->width[k])
            leave->width[k] = d->count[k];
    return l->artifact->quick ? from : out;
}

static ExitReason reason_of(const Node *n) {
    if (n->reason != EXIT_TYPE)
        return n->reason;
    switch (n->op) {
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
    case N_MUL_CHECKED:
        return EXIT_OVERFLOW;
    case N_GUARD_INDEX:
        return EXIT_BOUNDS;
    case N_POLL:
        return EXIT_POLL;
    default:
        return EXIT_TYPE;
    }
}

static void leave_unless(Lower *l, const FrameState *state, ExitReason reason, int which,
                         LLVMValueRef holds) {
    LLVMBasicBlockRef out = add_edge(l, state, reason, which);
    LLVMBasicBlockRef on = t2_emit_block_here(l, "");
    t2_emit_branch(l, holds, on, out, 1);
    t2_emit_go(l, on);
}

void t2_emit_guard(Lower *l, const Node *n, LLVMValueRef holds) {
    if (t2_settings.chaos) {
        LLVMValueRef address = t2_emit_vm_field(l, offsetof(VM, exit_countdown));
        LLVMValueRef left = LLVMBuildSub(l->builder, t2_emit_load(l, l->i64, address, TAG_NONE),
                                         t2_emit_word(l, 1), "");
        t2_emit_store(l, left, address, TAG_NONE);
        holds = LLVMBuildAnd(l->builder, holds, t2_emit_compare_word(l, LLVMIntNE, left, 0), "");
    }
    leave_unless(l, n->state, reason_of(n), LEAVE_EXIT, holds);
}

void t2_emit_guard_failure(Lower *l, const Node *n, LLVMValueRef holds, ExitReason reason) {
    leave_unless(l, n->state, reason, LEAVE_EXIT, holds);
}

void t2_emit_exit(Lower *l, const Node *n) {
    LLVMBasicBlockRef out = add_edge(l, n->state, reason_of(n), LEAVE_EXIT);
    LLVMBuildBr(l->builder, out);
}

void t2_emit_count(Lower *l, const Node *n) {
    LLVMBuilderRef b = l->builder;
    LLVMValueRef left = t2_emit_at(l, t2_emit_word(l, (uint64_t)(uintptr_t)&l->artifact->left), 0);
    LLVMValueRef count =
        LLVMBuildSub(b, LLVMBuildLoad2(b, l->i64, left, ""), t2_emit_word(l, 1), "");
    LLVMBuildStore(b, count, left);
    LLVMBasicBlockRef end = LLVMAppendBasicBlockInContext(l->context, l->function, "hot"),
                      on = t2_emit_block_here(l, "");
    t2_emit_branch(l, t2_emit_compare_word(l, LLVMIntEQ, count, 0), end, on, -1);
    t2_emit_go(l, end);
    LLVMValueRef arguments[] = {l->vm, t2_emit_word(l, (uint64_t)(uintptr_t)l->artifact->owner)};
    LLVMValueRef stays =
        t2_emit_call_c(l, "t2_help_hot", (const void *)t2_help_hot, l->i1, arguments, 2);
    if (n)
        LLVMBuildCondBr(b, stays, on, add_edge(l, n->state, EXIT_POLL, LEAVE_EXIT));
    else
        LLVMBuildBr(b, on);
    t2_emit_go(l, on);
}

void t2_emit_unwind_check(Lower *l, const Node *n, LLVMValueRef result) {
    leave_unless(l, n->state, EXIT_INVALID, LEAVE_UNWIND,
                 t2_emit_compare_word(l, LLVMIntNE, result, VALUE_UNWIND));
}

// ---- the common blocks

// Phi of one slot over all edges.
static LLVMValueRef slot_phi(Lower *l, const Leave *leave, int kind, uint32_t slot) {
    static const Rep reps[] = {REP_INT, REP_DOUBLE, REP_BOOL};
    LLVMTypeRef type = t2_emit_type(l, reps[kind]);
    LLVMValueRef phi = LLVMBuildPhi(l->builder, type, "");
    for (uint32_t i = 0; i < leave->count; i++) {
        const Edge *edge = &leave->edges[i];
        const Description *d = edge->description;
        LLVMValueRef v =
            slot < d->count[kind] ? t2_emit_value(l, d->nodes[kind][slot]) : LLVMGetPoison(type);
        LLVMAddIncoming(phi, &v, (LLVMBasicBlockRef *)&edge->from, 1);
    }
    return phi;
}

// Values of the record in their order, as they are stored, and the descriptor's address. Where the
// descriptors begin is loaded: as a constant it would be folded into each place's offset, and these
// be made ready in registers, by the code in front of the guards.
static LLVMValueRef *leave_values(Lower *l, Leave *leave, bool brought, uint32_t count,
                                  LLVMValueRef *descriptor) {
    LLVMValueRef offset;
    offset = LLVMBuildPhi(l->builder, l->i64, "");
    for (uint32_t i = 0; i < leave->count; i++) {
        LLVMValueRef v =
            t2_emit_word(l, leave->edges[i].description->index * sizeof(ExitDescriptor));
        LLVMAddIncoming(offset, &v, &leave->edges[i].from, 1);
    }
    LLVMValueRef *values = t2_allocate((Graph *)l->graph, (count + 1) * sizeof *values);
    uint32_t at = 0;
    for (int kind = 0; brought && kind < SLOT_KINDS; kind++)
        for (uint32_t slot = 0; slot < leave->width[kind]; slot++)
            values[at++] = slot_phi(l, leave, kind, slot);
    for (uint32_t i = 0; i < at; i++)
        if (LLVMTypeOf(values[i]) == l->i1)
            values[i] = LLVMBuildZExt(l->builder, values[i], l->i64, "");
    LLVMValueRef where =
        t2_emit_at(l, t2_emit_word(l, (uint64_t)(uintptr_t)&l->artifact->descriptors), 0);
    LLVMValueRef base = LLVMBuildLoad2(l->builder, l->i64, where, "");
    *descriptor = LLVMBuildAdd(l->builder, base, offset, "");
    return values;
}

static uint32_t width_of(const Leave *leave) {
    return leave->width[SLOT_INT] + leave->width[SLOT_DOUBLE] + leave->width[SLOT_BOOL];
}

static void store_values(Lower *l, LLVMValueRef to, LLVMValueRef *values, uint32_t count,
                         uint32_t first) {
    for (uint32_t i = 0; i < count; i++) {
        LLVMValueRef index = t2_emit_word(l, (first + i) * sizeof(Value));
        t2_emit_store(l, values[i], LLVMBuildGEP2(l->builder, l->i8, to, &index, 1, ""), TAG_NONE);
    }
}

// Where quick code leaves: the values of an exit are stored.
static void build_edges(Lower *l, const Leave *leave, bool store) {
    static_assert(SLOT_INT == 0 && SLOT_DOUBLE == 1 && SLOT_BOOL == 2);
    for (uint32_t i = 0; i < leave->count; i++) {
        const Description *d = leave->edges[i].description;
        t2_emit_go(l, leave->edges[i].from);
        LLVMValueRef to = NULL;
        uint32_t at = 0;
        for (int kind = 0; store && kind < SLOT_KINDS; at += leave->width[kind++])
            for (uint32_t slot = 0; slot < d->count[kind]; slot++) {
                LLVMValueRef v = t2_emit_value(l, d->nodes[kind][slot]);
                if (LLVMTypeOf(v) == l->i1)
                    v = LLVMBuildZExt(l->builder, v, l->i64, "");
                if (!to)
                    to = t2_emit_load(l, l->pointer, t2_emit_vm_field(l, offsetof(VM, exit_values)),
                                      TAG_VM);
                store_values(l, to, &v, 1, at + slot);
            }
        LLVMBuildBr(l->builder, leave->block);
    }
}

static void build_exit(Lower *l, Leave *leave) {
    uint32_t count = width_of(leave);
    bool stored = l->artifact->quick;
    if (stored)
        build_edges(l, leave, true);
    LLVMValueRef descriptor;
    t2_emit_go(l, leave->block);
    LLVMValueRef *values = leave_values(l, leave, !stored, count, &descriptor);
    if (!stored) {
        LLVMValueRef to =
            t2_emit_load(l, l->pointer, t2_emit_vm_field(l, offsetof(VM, exit_values)), TAG_VM);
        store_values(l, to, values, count, 0);
    }
    LLVMValueRef arguments[3 + NATIVE_ARGUMENTS] = {l->vm, descriptor, LLVMGetPoison(l->pointer)};
    for (int i = 3; i < 3 + NATIVE_ARGUMENTS; i++)
        arguments[i] = LLVMGetPoison(l->i64);
    LLVMValueRef call =
        LLVMBuildCall2(l->builder, l->native_type, T2_EXTERN(l, t1_native_exit, l->native_type),
                       arguments, 3 + NATIVE_ARGUMENTS, "");
    LLVMSetInstructionCallConv(call, PRESERVE_NONE);
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    LLVMBuildRet(l->builder, call);
}

static void build_unwind(Lower *l, Leave *leave) {
    uint32_t count = width_of(leave);
    if (l->artifact->quick)
        build_edges(l, leave, false);
    LLVMValueRef descriptor;
    t2_emit_go(l, leave->block);
    LLVMValueRef *values = leave_values(l, leave, true, count, &descriptor);
    LLVMValueRef keep =
        t2_emit_load(l, l->i64, t2_emit_vm_field(l, offsetof(VM, unwind_keep)), TAG_VM);
    LLVMBasicBlockRef record = t2_emit_block_here(l, "record"),
                      done = t2_emit_block_here(l, "gone");
    t2_emit_branch(l, t2_emit_compare_word(l, LLVMIntNE, keep, 0), record, done, 0);
    t2_emit_go(l, record);
    LLVMValueRef top = t2_emit_vm_field(l, offsetof(VM, unwind_top));
    LLVMValueRef to = t2_emit_load(l, l->pointer, top, TAG_VM);
    t2_emit_store(l, descriptor, to, TAG_NONE);
    store_values(l, to, values, count, 1);
    LLVMValueRef size = t2_emit_word(l, (1 + count) * sizeof(Value));
    t2_emit_store(l, LLVMBuildGEP2(l->builder, l->i8, to, &size, 1, ""), top, TAG_VM);
    LLVMBuildBr(l->builder, done);
    t2_emit_go(l, done);
    LLVMBuildRet(l->builder, t2_emit_word(l, VALUE_UNWIND));
}

// Slots become indices of the record.
static void settle(const Leave *leave, const Location *locations, uint32_t count) {
    uint32_t doubles = leave->width[SLOT_INT], booleans = doubles + leave->width[SLOT_DOUBLE];
    for (uint32_t i = 0; i < count; i++) {
        Location *at = (Location *)&locations[i];
        if (at->kind == LOCATION_DOUBLE)
            at->index += doubles;
        else if (at->kind == LOCATION_BOOLEAN)
            at->index += booleans;
    }
}

void t2_emit_leaves_finish(Lower *l) {
    for (int which = 0; which < 2; which++)
        if (width_of(&l->leaves[which]) >= EXIT_VALUES_MAX) {
            l->failure = BAILOUT_TOO_MANY_REGISTERS;
            return;
        }
    T2Artifact *a = l->artifact;
    a->descriptor_count = l->description_count;
    a->descriptors = t2_artifact_allocate(a, (l->description_count + 1) * sizeof *a->descriptors);
    for (Description *d = l->descriptions; d; d = d->next) {
        const Leave *leave = &l->leaves[d->leave];
        d->descriptor.value_count = width_of(leave);
        for (uint32_t i = 0; i < d->descriptor.frame_count; i++) {
            const ExitFrame *frame = &d->descriptor.frames[i];
            settle(leave, frame->registers, frame->count);
            settle(leave, &frame->closure, 1);
        }
        for (uint32_t i = 0; i < d->descriptor.sunk_count; i++)
            settle(leave, d->descriptor.sunk[i].fields, d->descriptor.sunk[i].count);
        a->descriptors[d->index] = d->descriptor;
    }
    if (l->leaves[LEAVE_EXIT].count)
        build_exit(l, &l->leaves[LEAVE_EXIT]);
    if (l->leaves[LEAVE_UNWIND].count)
        build_unwind(l, &l->leaves[LEAVE_UNWIND]);
}
