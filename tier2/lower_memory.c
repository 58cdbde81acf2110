// Lowering: loads and stores of objects, allocation.
//
// Allocation takes a cell off the VM's free list of its size class; fresh cells are zero but for
// the link in their first word, which the header, or a pair's car, overwrites. An empty list goes
// to rt_heap_tracked_slow: that is where the collector runs.
#include "runtime/heap.h"
#include "tier1/code.h"
#include "tier2/lower_int.h"
#include <stdio.h>

// ---- access

static LLVMValueRef metadata(Lower *l, LLVMMetadataRef *parts, size_t count) {
    return LLVMMetadataAsValue(l->context, LLVMMDNodeInContext2(l->context, parts, count));
}

static LLVMMetadataRef string(Lower *l, const char *text) {
    return LLVMMDStringInContext2(l->context, text, strlen(text));
}

// TBAA: one scalar type a class, all of them below one root.
static LLVMValueRef tag_of(Lower *l, Tag tag) {
    static const char *const names[TAG_FIELD + 1] = {
        [TAG_VM] = "vm",         [TAG_HEADER] = "header", [TAG_CAR] = "car",
        [TAG_CDR] = "cdr",       [TAG_ITEM] = "item",     [TAG_BOX] = "box",
        [TAG_FREE] = "free",     [TAG_CODE] = "code",     [TAG_GLOBAL] = "global",
        [TAG_BYTE] = "byte",     [TAG_STRING] = "string", [TAG_CHARACTERS] = "characters",
        [TAG_RECORD] = "record", [TAG_CARD] = "card",     [TAG_FIELD] = "field"};
    if (!l->tags[tag]) {
        if (!l->tbaa_root) {
            LLVMMetadataRef root[] = {string(l, "kiln")};
            l->tbaa_root = LLVMMDNodeInContext2(l->context, root, 1);
        }
        LLVMMetadataRef zero = LLVMValueAsMetadata(t2_emit_word(l, 0));
        char name[16];
        if (tag < TAG_FIELD)
            snprintf(name, sizeof name, "%s", names[tag]);
        else
            snprintf(name, sizeof name, "field%d", tag - TAG_FIELD);
        LLVMMetadataRef type[] = {string(l, name), l->tbaa_root, zero};
        LLVMMetadataRef node = LLVMMDNodeInContext2(l->context, type, 3);
        LLVMMetadataRef access[] = {node, node, zero};
        l->tags[tag] = metadata(l, access, 3);
    }
    return l->tags[tag];
}

// All fields of objects together are a scope of their own, which the collector's functions are
// outside of: what they do to objects is not seen.
static LLVMValueRef scope(Lower *l) {
    if (!l->scope) {
        LLVMMetadataRef domain_parts[] = {string(l, "kiln")};
        LLVMMetadataRef domain = LLVMMDNodeInContext2(l->context, domain_parts, 1);
        LLVMMetadataRef scope_parts[] = {string(l, "objects"), domain};
        LLVMMetadataRef list[] = {LLVMMDNodeInContext2(l->context, scope_parts, 2)};
        l->scope = metadata(l, list, 1);
    }
    return l->scope;
}

static void describe_access(Lower *l, LLVMValueRef access, Tag tag) {
    if (tag == TAG_NONE)
        return;
    LLVMSetMetadata(access, l->md_tbaa, tag_of(l, tag));
    if (tag != TAG_VM && tag != TAG_CARD)
        LLVMSetMetadata(access, l->md_scope, scope(l));
}

static LLVMValueRef offset_by(Lower *l, LLVMValueRef pointer, int64_t offset) {
    if (offset == 0)
        return pointer;
    LLVMValueRef index = t2_emit_word(l, (uint64_t)offset);
    return LLVMBuildGEP2(l->builder, l->i8, pointer, &index, 1, "");
}

LLVMValueRef t2_emit_at(Lower *l, LLVMValueRef word, int64_t offset) {
    return offset_by(l, LLVMBuildIntToPtr(l->builder, word, l->pointer, ""), offset);
}

LLVMValueRef t2_emit_vm_field(Lower *l, size_t offset) {
    return offset_by(l, l->vm, (int64_t)offset);
}

LLVMValueRef t2_emit_load(Lower *l, LLVMTypeRef type, LLVMValueRef address, Tag tag) {
    LLVMValueRef load = LLVMBuildLoad2(l->builder, type, address, "");
    describe_access(l, load, tag);
    return load;
}

LLVMValueRef t2_emit_store(Lower *l, LLVMValueRef value, LLVMValueRef address, Tag tag) {
    LLVMValueRef store = LLVMBuildStore(l->builder, value, address);
    describe_access(l, store, tag);
    return store;
}

// ---- the write barrier (heap.h)

enum {
    CLASS_POINTERLESS = CLASS(FIXNUM) | CLASS(FLONUM) | CLASS(CHAR) | CLASS_BOOLEAN | CLASS(NIL) |
                        CLASS(NULL) | CLASS(DEFAULT) | CLASS(UNBOUND) | CLASS(SPECIAL)
};

static void touch(Lower *l, LLVMValueRef word) {
    LLVMValueRef card = LLVMBuildLShr(l->builder, word, t2_emit_word(l, HEAP_CARD_BITS), "");
    card = LLVMBuildAnd(l->builder, card, t2_emit_word(l, HEAP_CARDS - 1), "");
    LLVMValueRef cards =
        t2_emit_load(l, l->pointer, t2_emit_vm_field(l, offsetof(VM, cards)), TAG_CARD);
    t2_emit_store(l, LLVMConstInt(l->i8, 1, false),
                  LLVMBuildGEP2(l->builder, l->i8, cards, &card, 1, ""), TAG_CARD);
}

// Store the input `i` of a node in the object that is its first input.
static LLVMValueRef store_in_object(Lower *l, const Node *n, uint32_t i, LLVMValueRef address,
                                    Tag tag) {
    LLVMValueRef value = t2_emit_input(l, n, i);
    LLVMValueRef store = t2_emit_store(l, value, address, tag);
    const Node *stored = n->inputs[i];
    if (t2_is_a(stored, CLASS_POINTERLESS))
        return store;
    bool sure = !(stored->type.set & CLASS_POINTERLESS);
    LLVMValueRef object = t2_emit_input(l, n, 0);
    if (n->op == N_VECTOR_SET)
        object = LLVMBuildPtrToInt(l->builder, address, l->i64, "");
    if (sure) {
        touch(l, object);
        return store;
    }
    LLVMValueRef top = LLVMBuildLShr(l->builder, value, t2_emit_word(l, 48), "");
    LLVMBasicBlockRef mark = t2_emit_block_here(l, "pointer"),
                      end = LLVMInsertBasicBlockInContext(l->context, mark, "");
    LLVMMoveBasicBlockAfter(end, mark);
    t2_emit_branch(l, t2_emit_compare_word(l, LLVMIntEQ, top, 0), mark, end, 0);
    t2_emit_go(l, mark);
    touch(l, object);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    return store;
}

// ---- headers (value.h): type in the lowest byte, flags above it, aux in bits 16 to 47

enum { HEADER_AT = -8, FLAGS_AT = -7, AUX_AT = -6 };

LLVMValueRef t2_emit_header(Lower *l, LLVMValueRef object) {
    return t2_emit_load(l, l->i64, t2_emit_at(l, object, HEADER_AT), TAG_HEADER);
}

LLVMValueRef t2_emit_header_type(Lower *l, LLVMValueRef object) {
    return t2_emit_load(l, l->i8, t2_emit_at(l, object, HEADER_AT), TAG_HEADER);
}

static LLVMValueRef header_flags(Lower *l, LLVMValueRef object) {
    return t2_emit_load(l, l->i8, t2_emit_at(l, object, FLAGS_AT), TAG_HEADER);
}

LLVMValueRef t2_emit_header_aux(Lower *l, LLVMValueRef object) {
    LLVMValueRef aux = t2_emit_load(l, l->i32, t2_emit_at(l, object, AUX_AT), TAG_HEADER);
    LLVMSetAlignment(aux, 2);
    return LLVMBuildZExt(l->builder, aux, l->i64, "");
}

static LLVMValueRef has_flag(Lower *l, LLVMValueRef flags, unsigned flag) {
    LLVMValueRef bit = LLVMBuildAnd(l->builder, flags, LLVMConstInt(l->i8, flag, false), "");
    return LLVMBuildICmp(l->builder, LLVMIntNE, bit, LLVMConstInt(l->i8, 0, false), "");
}

// ---- elements

static Tag field_tag(int64_t index) {
    return TAG_FIELD + (Tag)(index < TAG_COUNT - TAG_FIELD ? index : TAG_COUNT - TAG_FIELD - 1);
}

// Address of element `index` of what lies at an address.
static LLVMValueRef element(Lower *l, LLVMTypeRef type, LLVMValueRef base, LLVMValueRef index) {
    return LLVMBuildGEP2(l->builder, type, base, &index, 1, "");
}

static LLVMValueRef item_address(Lower *l, const Node *n, LLVMTypeRef type) {
    static_assert(offsetof(Vector, item) == 0 && offsetof(Bytevector, byte) == 0);
    return element(l, type, t2_emit_at(l, t2_emit_input(l, n, 0), 0), t2_emit_input(l, n, 1));
}

// ---- strings

static LLVMValueRef string_data(Lower *l, LLVMValueRef s) {
    return t2_emit_load(l, l->pointer, t2_emit_at(l, s, offsetof(String, data)), TAG_STRING);
}

static LLVMValueRef string_ref(Lower *l, const Node *n) {
    LLVMValueRef s = t2_emit_input(l, n, 0), index = t2_emit_input(l, n, 1),
                 data = string_data(l, s);
    LLVMValueRef wide = has_flag(l, header_flags(l, s), STRING_WIDE);
    LLVMBasicBlockRef four = t2_emit_block_here(l, "wide"), one = t2_emit_block_here(l, "narrow"),
                      end;
    end = LLVMInsertBasicBlockInContext(l->context, four, "");
    LLVMMoveBasicBlockAfter(end, four);
    t2_emit_branch(l, wide, four, one, -1);
    t2_emit_go(l, one);
    LLVMValueRef byte = t2_emit_load(l, l->i8, element(l, l->i8, data, index), TAG_CHARACTERS);
    LLVMValueRef narrow = LLVMBuildZExt(l->builder, byte, l->i64, "");
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, four);
    LLVMValueRef word = t2_emit_load(l, l->i32, element(l, l->i32, data, index), TAG_CHARACTERS);
    LLVMValueRef full = LLVMBuildZExt(l->builder, word, l->i64, "");
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    return t2_emit_phi2(l, l->i64, narrow, one, full, four);
}

static void string_set(Lower *l, const Node *n) {
    LLVMValueRef s = t2_emit_input(l, n, 0), index = t2_emit_input(l, n, 1),
                 c = t2_emit_input(l, n, 2);
    LLVMValueRef flags = header_flags(l, s);
    t2_emit_guard(l, n, LLVMBuildNot(l->builder, has_flag(l, flags, STRING_LITERAL), ""));
    LLVMBasicBlockRef four = t2_emit_block_here(l, "wide"), one = t2_emit_block_here(l, "narrow"),
                      end;
    end = LLVMInsertBasicBlockInContext(l->context, four, "");
    LLVMMoveBasicBlockAfter(end, four);
    t2_emit_branch(l, has_flag(l, flags, STRING_WIDE), four, one, -1);
    t2_emit_go(l, one);
    t2_emit_guard(l, n, t2_emit_compare_word(l, LLVMIntULT, c, 256));
    t2_emit_store(l, LLVMBuildTrunc(l->builder, c, l->i8, ""),
                  element(l, l->i8, string_data(l, s), index), TAG_CHARACTERS);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, four);
    t2_emit_store(l, LLVMBuildTrunc(l->builder, c, l->i32, ""),
                  element(l, l->i32, string_data(l, s), index), TAG_CHARACTERS);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    t2_emit_store(l, t2_emit_word(l, 0), t2_emit_at(l, s, offsetof(String, hash)), TAG_STRING);
}

// ---- allocation

// Fresh scanned memory of `bytes` bytes, as a word.
static LLVMValueRef allocate(Lower *l, size_t bytes) {
    size_t class = (bytes + 15) / 16;
    LLVMBasicBlockRef slow = NULL, end = NULL, fast = NULL, from = NULL;
    LLVMValueRef cell = NULL;
    if (class < HEAP_SIZE_CLASSES) {
        LLVMValueRef list =
            t2_emit_vm_field(l, offsetof(VM, free_tracked) + class * sizeof(void *));
        cell = t2_emit_load(l, l->i64, list, TAG_VM);
        fast = t2_emit_block_here(l, "cell");
        end = LLVMInsertBasicBlockInContext(l->context, fast, "");
        LLVMMoveBasicBlockAfter(end, fast);
        slow = LLVMInsertBasicBlockInContext(l->context, end, "refill");
        t2_emit_branch(l, t2_emit_compare_word(l, LLVMIntNE, cell, 0), fast, slow, 1);
        t2_emit_go(l, fast);
        // Not tagged: the first word of the object will be something else.
        t2_emit_store(l, t2_emit_load(l, l->i64, t2_emit_at(l, cell, 0), TAG_NONE), list, TAG_VM);
        LLVMBuildBr(l->builder, end);
        t2_emit_go(l, slow);
    }
    LLVMValueRef arguments[] = {l->vm, t2_emit_word(l, bytes)};
    LLVMValueRef refilled = t2_emit_call_c(
        l, "rt_heap_tracked_slow", (const void *)rt_heap_tracked_slow, l->i64, arguments, 2);
    LLVMSetMetadata(refilled, l->md_noalias, scope(l));
    if (!cell)
        return refilled;
    from = LLVMGetInsertBlock(l->builder);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    return t2_emit_phi2(l, l->i64, cell, fast, refilled, from);
}

// A fresh object with its header, `words` words of fields: the Value.
static LLVMValueRef new_object(Lower *l, unsigned type, uint32_t aux, uint32_t words) {
    LLVMValueRef cell = allocate(l, 8 + words * sizeof(Value));
    t2_emit_store(l, t2_emit_word(l, header_make(type, 0, aux)), t2_emit_at(l, cell, 0),
                  TAG_HEADER);
    return LLVMBuildAdd(l->builder, cell, t2_emit_word(l, 8), "");
}

static LLVMValueRef new_pair(Lower *l, const Node *n) {
    LLVMValueRef pair = allocate(l, sizeof(Pair));
    t2_emit_store(l, t2_emit_input(l, n, 0), t2_emit_at(l, pair, offsetof(Pair, car)), TAG_CAR);
    t2_emit_store(l, t2_emit_input(l, n, 1), t2_emit_at(l, pair, offsetof(Pair, cdr)), TAG_CDR);
    return pair;
}

static void store_inputs(Lower *l, const Node *n, LLVMValueRef object, size_t offset, Tag tag) {
    for (uint32_t i = 0; i < n->input_count; i++)
        t2_emit_store(l, t2_emit_input(l, n, i),
                      t2_emit_at(l, object, (int64_t)(offset + i * sizeof(Value))),
                      tag == TAG_FIELD ? field_tag(i) : tag);
}

static LLVMValueRef new_closure(Lower *l, const Node *n) {
    LLVMValueRef closure = new_object(l, TYPE_CLOSURE, n->input_count, 1 + n->input_count);
    t2_emit_store(l, t2_emit_word(l, (uint64_t)(uintptr_t)n->code),
                  t2_emit_at(l, closure, offsetof(Closure, code)), TAG_CODE);
    store_inputs(l, n, closure, offsetof(Closure, free), TAG_FREE);
    return closure;
}

static LLVMValueRef new_record(Lower *l, const Node *n) {
    LLVMValueRef record = new_object(l, TYPE_RECORD, n->input_count, 1 + n->input_count);
    t2_emit_store(l, t2_emit_word(l, n->value), t2_emit_at(l, record, offsetof(Record, type)),
                  TAG_RECORD);
    store_inputs(l, n, record, offsetof(Record, field), TAG_FIELD);
    return record;
}

// Values, vectors: items from their first word on.
static LLVMValueRef new_items(Lower *l, const Node *n, unsigned type) {
    static_assert(offsetof(Values, item) == 0);
    LLVMValueRef object = new_object(l, type, n->input_count, n->input_count ? n->input_count : 1);
    store_inputs(l, n, object, 0, TAG_ITEM);
    return object;
}

static LLVMValueRef new_box(Lower *l, const Node *n) {
    LLVMValueRef box = new_object(l, TYPE_BOX, 0, 1);
    t2_emit_store(l, t2_emit_input(l, n, 0), t2_emit_at(l, box, offsetof(Box, value)), TAG_BOX);
    return box;
}

// ---- cells of global variables

static LLVMValueRef cell_field(Lower *l, const Node *n, int64_t offset) {
    return t2_emit_at(l, t2_emit_word(l, n->value), offset);
}

// A cell that has been assigned before and that nobody watches is plain memory.
static void set_global(Lower *l, const Node *n) {
    LLVMValueRef flags = t2_emit_load(l, l->i8, cell_field(l, n, FLAGS_AT), TAG_HEADER);
    LLVMValueRef watchers =
        t2_emit_load(l, l->i64, cell_field(l, n, offsetof(Cell, watchers)), TAG_GLOBAL);
    LLVMValueRef plain = LLVMBuildAnd(l->builder, has_flag(l, flags, CELL_ASSIGNED),
                                      t2_emit_compare_word(l, LLVMIntEQ, watchers, 0), "");
    LLVMBasicBlockRef store = t2_emit_block_here(l, "plain");
    LLVMBasicBlockRef done = LLVMInsertBasicBlockInContext(l->context, store, "");
    LLVMMoveBasicBlockAfter(done, store);
    LLVMBasicBlockRef tell = LLVMInsertBasicBlockInContext(l->context, done, "watched");
    t2_emit_branch(l, plain, store, tell, 1);
    t2_emit_go(l, store);
    t2_emit_store(l, t2_emit_input(l, n, 0), cell_field(l, n, offsetof(Cell, value)), TAG_GLOBAL);
    LLVMBuildBr(l->builder, done);
    t2_emit_go(l, tell);
    LLVMValueRef arguments[] = {l->vm, t2_emit_at(l, t2_emit_word(l, n->value), 0),
                                t2_emit_input(l, n, 0)};
    t2_emit_unwind_check(l, n,
                         t2_emit_call_c(l, "t1_native_set_global",
                                        (const void *)t1_native_set_global, l->i64, arguments, 3));
    LLVMBuildBr(l->builder, done);
    t2_emit_go(l, done);
}

// ---- nodes

static LLVMValueRef lower(Lower *l, const Node *n) {
#define A t2_emit_input(l, n, 0)
    switch ((NodeOp)n->op) {
    case N_CAR:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, offsetof(Pair, car)), TAG_CAR);
    case N_CDR:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, offsetof(Pair, cdr)), TAG_CDR);
    case N_SET_CAR:
        return store_in_object(l, n, 1, t2_emit_at(l, A, offsetof(Pair, car)), TAG_CAR);
    case N_SET_CDR:
        return store_in_object(l, n, 1, t2_emit_at(l, A, offsetof(Pair, cdr)), TAG_CDR);
    case N_VECTOR_LENGTH:
    case N_BYTEVECTOR_LENGTH:
    case N_VALUES_COUNT:
        return t2_emit_header_aux(l, A);
    case N_VECTOR_REF:
        return t2_emit_load(l, l->i64, item_address(l, n, l->i64), TAG_ITEM);
    case N_VECTOR_SET:
        return store_in_object(l, n, 2, item_address(l, n, l->i64), TAG_ITEM);
    case N_VECTOR_MUTABLE:
        return LLVMBuildNot(l->builder, has_flag(l, header_flags(l, A), VECTOR_LITERAL), "");
    case N_BYTE_REF:
        return LLVMBuildZExt(
            l->builder, t2_emit_load(l, l->i8, item_address(l, n, l->i8), TAG_BYTE), l->i64, "");
    case N_BYTE_SET:
        return t2_emit_store(l, LLVMBuildTrunc(l->builder, t2_emit_input(l, n, 2), l->i8, ""),
                             item_address(l, n, l->i8), TAG_BYTE);
    case N_STRING_LENGTH:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, offsetof(String, length)), TAG_STRING);
    case N_STRING_REF:
        return string_ref(l, n);
    case N_BOX_REF:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, offsetof(Box, value)), TAG_BOX);
    case N_BOX_SET:
        return store_in_object(l, n, 1, t2_emit_at(l, A, offsetof(Box, value)), TAG_BOX);
    case N_FIELD:
        return t2_emit_load(l, l->i64,
                            t2_emit_at(l, A, (int64_t)offsetof(Record, field) + n->index * 8),
                            field_tag(n->index));
    case N_SET_FIELD:
        return store_in_object(l, n, 1,
                               t2_emit_at(l, A, (int64_t)offsetof(Record, field) + n->index * 8),
                               field_tag(n->index));
    case N_RECORD_TYPE:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, offsetof(Record, type)), TAG_RECORD);
    case N_FREE:
        return t2_emit_load(
            l, l->i64, t2_emit_at(l, A, (int64_t)offsetof(Closure, free) + n->index * 8), TAG_FREE);
    case N_SET_FREE:
        return store_in_object(
            l, n, 1, t2_emit_at(l, A, (int64_t)offsetof(Closure, free) + n->index * 8), TAG_FREE);
    case N_GLOBAL:
        return t2_emit_load(l, l->i64, cell_field(l, n, offsetof(Cell, value)), TAG_GLOBAL);
    case N_VALUES_REF:
        return t2_emit_load(l, l->i64, t2_emit_at(l, A, n->index * 8), TAG_ITEM);
    case N_NEW_PAIR:
        return new_pair(l, n);
    case N_NEW_BOX:
        return new_box(l, n);
    case N_NEW_CLOSURE:
        return new_closure(l, n);
    case N_NEW_RECORD:
        return new_record(l, n);
    case N_NEW_VALUES:
        return new_items(l, n, TYPE_VALUES);
    case N_NEW_VECTOR:
        return new_items(l, n, TYPE_VECTOR);
    default:
        return NULL;
    }
#undef A
}

bool t2_lower_memory(Lower *l, const Node *n) {
    if (n->op == N_STRING_SET) {
        string_set(l, n);
        return true;
    }
    if (n->op == N_SET_GLOBAL) {
        set_global(l, n);
        return true;
    }
    LLVMValueRef v = lower(l, n);
    if (v)
        l->values[n->id] = v;
    return v != NULL;
}
