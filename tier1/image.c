// Images of Code: writing what was compiled and has not run, and reading it. See vm/image.h.
//
// A step's code is: the number of Codes, then they, numbered in that order; the first is the top
// level's. What a Code's constants hold beside constants proper:
//
//   IMAGE_CODE     a Code of the step
//   IMAGE_CLOSURE  a closure without free values of such a Code, numbered in the order of first
//                  mention
//   IMAGE_SITE     a CallSite, which follows
//   IMAGE_TYPE     the record type of the procedure that a cell of the step holds: what a call done
//                  in place is about
//
// The lambdas lose their parameters and bodies, which nobody looks at after compilation.
#include "tier1/image.h"
#include "runtime/heap.h"
#include "tier1/native.h"
#include "vm/tier.h"

// Whoever gives these another member has to say here what becomes of it.
static_assert(sizeof(Code) == 192 && sizeof(CallSite) == 64 && sizeof(Guard) == 24 &&
              sizeof(Site) == 16);

// ---- writing

typedef struct Saver {
    ImageWriter *w;
    Code **code; // [codes.count], in the order of their numbers
    size_t room;
    ImageTable codes, closures;
} Saver;

static void add_clauses(Saver *s, Code *first) {
    if (vm_image_find(&s->codes, (uintptr_t)first) != IMAGE_ABSENT)
        return;
    for (Code *code = first; code; code = code->next) {
        uint32_t number = s->codes.count;
        if (number == s->room) {
            s->room = s->room ? 2 * s->room : 16;
            Code **grown = rt_raw_new(s->w->vm, s->room * sizeof(Code *));
            if (number)
                memcpy(grown, s->code, number * sizeof(Code *));
            s->code = grown;
        }
        s->code[number] = code;
        vm_image_put(s->w->vm, &s->codes, (uintptr_t)code, number);
    }
}

// A closure that is one of the step's own constants: without free values, of code that was compiled
// with it. Such code has not run.
static bool is_own(const Saver *s, Value v) {
    if (!value_is_closure(v) || vm_image_find(&s->w->held, v) != IMAGE_ABSENT)
        return false;
    const Code *code = t1_closure_code(v);
    return code && code->tag == CODE_TAG && object_aux(value_object(v)) == 0 &&
           t1_code_entries(code) == 0;
}

static bool is_absent(const ImageWriter *w, Value v) {
    return vm_image_find(&w->held, v) == IMAGE_ABSENT;
}

typedef enum ConstantKind { CONSTANT_VALUE, CONSTANT_CODE, CONSTANT_SITE } ConstantKind;

// What the constants are: the instructions tell. [constant_count] in atomic memory.
static uint8_t *constant_kinds(VM *vm, const Code *code) {
    uint8_t *kind = rt_raw_new_atomic(vm, code->constant_count + 1);
    memset(kind, CONSTANT_VALUE, code->constant_count + 1);
    for (uint32_t pc = 0; pc < code->word_count; pc += op_length(code->words + pc)) {
        const OpInfo *info = &t1_op_info[word_op(code->words[pc])];
        for (int i = 0; i < OP_EXTENSIONS; i++) {
            if (info->extension[i] == FIELD_SIT)
                kind[*op_extension(code->words + pc, i)] = CONSTANT_SITE;
            else if (info->extension[i] == FIELD_COD)
                kind[*op_extension(code->words + pc, i)] = CONSTANT_CODE;
        }
    }
    return kind;
}

// Find all codes, breadth first.
static void discover(Saver *s, Code *top) {
    add_clauses(s, top);
    for (uint32_t n = 0; n < s->codes.count; n++) {
        const Code *code = s->code[n];
        const uint8_t *kind = constant_kinds(s->w->vm, code);
        for (uint32_t i = 0; i < code->constant_count; i++) {
            if (kind[i] == CONSTANT_CODE) {
                add_clauses(s, t1_constant_code(code->constants, i)->first);
            } else if (kind[i] == CONSTANT_VALUE) {
                if (is_own(s, code->constants[i]))
                    add_clauses(s, t1_closure_code(code->constants[i]));
            } else {
                const CallSite *site = t1_constant_site(code->constants, i);
                if (is_own(s, site->callee))
                    add_clauses(s, t1_closure_code(site->callee));
            }
        }
    }
}

// The record type of the procedure that a cell holds, where calls of it are done in place.
static Value type_in_place(Value cell) {
    Value v = value_cell(cell)->value;
    if (!value_is_closure(v))
        return VALUE_NONE;
    const Code *code = t1_closure_code(v);
    return code && code->tag == CODE_TAG && code->in_place != IN_PLACE_NONE ? code->record_type
                                                                            : VALUE_NONE;
}

static uint64_t record_type(Saver *s, Value type) {
    for (uint32_t i = 0; i < s->w->cell_count; i++)
        if (type_in_place(s->w->cell[i].cell) == type)
            return image_reference(IMAGE_TYPE, i);
    s->w->doubt = true;
    return 0;
}

static uint64_t constant(Saver *s, Value v) {
    ImageWriter *w = s->w;
    if (is_own(s, v)) {
        uint32_t number = vm_image_find(&s->closures, v);
        if (number == IMAGE_ABSENT)
            vm_image_put(w->vm, &s->closures, v, number = s->closures.count);
        return image_reference(IMAGE_CLOSURE, number);
    }
    if (value_is_record_type(v) && is_absent(w, v))
        return record_type(s, v);
    return vm_image_value(w, v);
}

// The constant, and the number of the closure's code where it is one.
static void write_constant(Saver *s, Value v) {
    ImageWriter *w = s->w;
    uint64_t word = constant(s, v);
    image_write64(w, word);
    if ((word & 15) == IMAGE_CLOSURE && word < UINT64_C(1) << 48)
        image_write32(w, vm_image_find(&s->codes, (uintptr_t)t1_closure_code(v)));
}

static void write_site(Saver *s, const CallSite *site) {
    ImageWriter *w = s->w;
    image_write64(w, image_reference(IMAGE_SITE, 0));
    image_write32(w, site->cell ? vm_image_cell(w, value_from_pointer(site->cell)) + 1 : 0);
    write_constant(s, site->callee);
    uint32_t code = 0;
    if (site->code) {
        uint32_t number = vm_image_find(&s->codes, (uintptr_t)site->code);
        if (number != IMAGE_ABSENT) {
            code = 2 * number + 1;
        } else { // a clause of a constant closure from elsewhere
            uint32_t clause = 0;
            const Code *c = value_is_closure(site->callee) ? t1_closure_code(site->callee) : NULL;
            for (; c && c != site->code; c = c->next)
                clause++;
            w->doubt |= !c;
            code = 2 * clause + 2;
        }
    }
    image_write32(w, code);
    vm_image_write_position(w, site->operator_position);
}

static void write_code(Saver *s, Code *code) {
    ImageWriter *w = s->w;
    const Lambda *l = code->lambda;
    const uint8_t *kind = constant_kinds(w->vm, code);
    uint32_t next = code->next ? vm_image_find(&s->codes, (uintptr_t)code->next) + 1 : 0;
    uint32_t outer = 0; // its number + 1
    if (l->outer && l->outer->code)
        outer = vm_image_find(&s->codes, (uintptr_t)l->outer->code) + 1;
    image_write32(w, code->binding | (uint32_t)code->top << 8 | (uint32_t)code->rest << 9 |
                         (uint32_t)code->other_keys << 10 | (uint32_t)l->captures << 11 |
                         (uint32_t)code->in_place << 12 | (uint32_t)code->field << 16 |
                         (uint32_t)code->call_cc << 24 | (uint32_t)code->lifted << 25);
    image_write32(w, code->required);
    image_write32(w, code->optional);
    image_write32(w, code->keyword);
    image_write32(w, code->registers);
    image_write32(w, code->free_count);
    image_write32(w, next);
    image_write32(w, vm_image_find(&s->codes, (uintptr_t)code->first));
    image_write32(w, outer);
    vm_image_write_value(w, l->name);
    vm_image_write_position(w, l->position);
    vm_image_write_value(w, l->documentation);
    for (uint32_t i = 0; i < l->keyword; i++)
        vm_image_write_value(w, l->keys[i]);
    image_write64(w, code->in_place ? constant(s, code->record_type) : 0);
    image_write32(w, code->constant_count);
    for (uint32_t i = 0; i < code->constant_count && !w->doubt; i++) {
        if (kind[i] == CONSTANT_SITE)
            write_site(s, t1_constant_site(code->constants, i));
        else if (kind[i] == CONSTANT_CODE)
            image_write64(
                w, image_reference(IMAGE_CODE, vm_image_find(&s->codes, (uintptr_t)t1_constant_code(
                                                                            code->constants, i))));
        else
            write_constant(s, code->constants[i]);
    }
    image_write32(w, code->guard_count);
    for (uint32_t i = 0; i < code->guard_count; i++) {
        const Guard *g = &code->guards[i];
        image_write32(w, g->pc);
        image_write32(w, g->stub);
        image_write32(w, g->original);
        image_write32(w, vm_image_cell(w, value_from_pointer(g->cell)));
    }
    image_write32(w, code->word_count);
    vm_image_words(w->vm, &w->code, code->words, code->word_count);
    image_write32(w, code->site_count);
    for (uint32_t i = 0; i < code->site_count; i++) {
        const Site *site = &code->sites[i];
        vm_image_write_position(w, site->position);
        image_write32(w, site->pc);
        image_write32(w, site->primitive | (uint32_t)site->form << 16 | (uint32_t)site->skip << 24);
    }
}

// Which cells hold procedures of the same record type: pairs of numbers, the first such cell of
// each type with itself. The code may have taken the type from any of them.
static void write_types(ImageWriter *w) {
    ImageTable types = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->cell_count; i++)
        count += type_in_place(w->cell[i].cell) != VALUE_NONE;
    image_write32(w, count);
    for (uint32_t i = 0; i < w->cell_count; i++) {
        Value type = type_in_place(w->cell[i].cell);
        if (type == VALUE_NONE)
            continue;
        uint32_t first = vm_image_find(&types, type);
        if (first == IMAGE_ABSENT)
            vm_image_put(w->vm, &types, type, first = i);
        image_write32(w, i);
        image_write32(w, first);
    }
}

static void save(ImageWriter *w, Lambda *top) {
    Saver s = {.w = w};
    write_types(w);
    discover(&s, top->code);
    image_write32(w, s.codes.count);
    for (uint32_t i = 0; i < s.codes.count && !w->doubt; i++)
        write_code(&s, s.code[i]);
}

// ---- reading

typedef struct Loader {
    ImageReader *r;
    Code **code;
    uint32_t code_count;
    Value *closure;
    uint32_t closure_count;
} Loader;

static void *fail(Loader *l) {
    l->r->failed = true;
    return NULL;
}

static Code *code_at(Loader *l, uint32_t number) {
    return number < l->code_count ? l->code[number] : fail(l);
}

static Value closure_at(Loader *l, uint64_t number, Code *code) {
    // Numbers come in order, and there are not more of them than constants.
    if (number > l->closure_count || !code)
        return fail(l), VALUE_NONE;
    if (number == l->closure_count) {
        if ((number & (number - 1)) == 0 && (number == 0 || number >= 8)) {
            Value *grown = rt_raw_new(l->r->vm, (number ? 2 * number : 8) * sizeof *grown);
            if (number)
                memcpy(grown, l->closure, number * sizeof *grown);
            l->closure = grown;
        }
        Closure *closure = rt_object_new(l->r->vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
        FRESH(closure->code) = code;
        l->closure[l->closure_count++] = value_from_pointer(closure);
    }
    return l->closure[number];
}

static Value read_type(Loader *l, uint64_t word) {
    if (word >= UINT64_C(1) << 48 || (word & 15) != IMAGE_TYPE)
        return vm_image_constant(l->r, word);
    Value type = VALUE_NONE;
    if (word >> 4 < l->r->cell_count)
        type = type_in_place(l->r->cell[word >> 4]);
    if (type == VALUE_NONE)
        (void)fail(l);
    return type;
}

static Value read_site(Loader *l);

static Value read_constant(Loader *l) {
    ImageReader *r = l->r;
    uint64_t word = image_read64(r);
    if (word < UINT64_C(1) << 48)
        switch (word & 15) {
        case IMAGE_CODE:
            return value_from_pointer(code_at(l, (uint32_t)(word >> 4)));
        case IMAGE_CLOSURE:
            return closure_at(l, word >> 4, code_at(l, image_read32(r)));
        case IMAGE_SITE:
            return read_site(l);
        case IMAGE_TYPE:
            return read_type(l, word);
        default:
            break;
        }
    return vm_image_constant(r, word);
}

static Value read_site(Loader *l) {
    ImageReader *r = l->r;
    CallSite *site = rt_raw_new(r->vm, sizeof *site);
    uint32_t cell = image_read32(r);
    if (cell > r->cell_count)
        return fail(l), VALUE_NONE;
    if (cell)
        site->cell = value_cell(r->cell[cell - 1]);
    site->callee = read_constant(l);
    uint32_t code = image_read32(r);
    if (code % 2) {
        site->code = code_at(l, code / 2);
    } else if (code) {
        if (!value_is_closure(site->callee))
            return fail(l), VALUE_NONE;
        Code *c = t1_closure_code(site->callee);
        for (code = code / 2 - 1; c && code; code--)
            c = c->next;
        site->code = c ? c : fail(l);
    }
    site->operator_position = image_read_position(r);
    return value_from_pointer(site);
}

static bool read_constants(Loader *l, Code *code) {
    ImageReader *r = l->r;
    uint32_t count = image_read32(r);
    if (count > (size_t)(r->end - r->at))
        return fail(l) != NULL;
    Value *constants = rt_raw_new(r->vm, ((size_t)count + 1) * sizeof *constants);
    constants[0] = value_from_pointer(code);
    for (uint32_t i = 0; i < count && !r->failed; i++)
        constants[i + 1] = read_constant(l);
    code->constants = constants + 1;
    code->constant_count = count;
    return !r->failed;
}

static bool read_guards(Loader *l, Code *code) {
    ImageReader *r = l->r;
    uint32_t count = image_read32(r);
    if (count > (size_t)(r->end - r->at))
        return fail(l) != NULL;
    if (count)
        code->guards = rt_raw_new(r->vm, count * sizeof *code->guards);
    for (uint32_t i = 0; i < count && !r->failed; i++) {
        Guard *g = &code->guards[i];
        g->pc = image_read32(r);
        g->stub = image_read32(r);
        g->original = image_read32(r);
        Value cell = vm_image_read_cell(r);
        if (cell != VALUE_NONE)
            g->cell = value_cell(cell);
    }
    code->guard_count = count;
    return !r->failed;
}

// Words and sites in one piece of memory.
static bool read_words(Loader *l, Code *code) {
    ImageReader *r = l->r;
    uint32_t count = image_read32(r);
    const uint32_t *words = vm_image_take(r, count);
    uint32_t site_count = image_read32(r);
    const uint32_t *sites = vm_image_take(r, 4 * (size_t)site_count);
    if (!words || !sites || count == 0)
        return fail(l) != NULL;
    size_t room = ((size_t)count + 1) / 2 * 8;
    code->words = rt_raw_new_atomic(r->vm, room + site_count * sizeof(Site));
    memcpy(code->words, words, count * sizeof *words);
    code->word_count = count;
    code->sites = (Site *)((char *)code->words + room);
    code->site_count = site_count;
    for (uint32_t i = 0; i < site_count; i++, sites += 4)
        code->sites[i] = (Site){
            .position = image_position(r, sites[0] | (uint64_t)sites[1] << 32),
            .pc = sites[2],
            .primitive = (uint16_t)sites[3],
            .form = (uint8_t)(sites[3] >> 16),
            .skip = (uint8_t)(sites[3] >> 24),
        };
    return true;
}

static bool read_code(Loader *l, Code *code) {
    ImageReader *r = l->r;
    Lambda *lambda = rt_raw_new(r->vm, sizeof *lambda);
    uint32_t flags = image_read32(r);
    code->tag = CODE_TAG;
    code->lambda = lambda;
    lambda->code = code;
    code->binding = flags & 0xFF;
    code->top = flags >> 8 & 1;
    lambda->rest = code->rest = flags >> 9 & 1;
    lambda->other_keys = code->other_keys = flags >> 10 & 1;
    lambda->captures = flags >> 11 & 1;
    code->in_place = flags >> 12 & 15;
    code->field = flags >> 16 & 0xFF;
    code->call_cc = flags >> 24 & 1;
    code->lifted = flags >> 25 & LIFTED_MAX;
    code->required = image_read32(r);
    lambda->required = code->required - code->lifted;
    lambda->optional = code->optional = image_read32(r);
    lambda->keyword = code->keyword = image_read32(r);
    code->registers = image_read32(r);
    code->free_count = (uint16_t)image_read32(r);
    code->native = t1_native_interpret;
    t1_count_entries_from(code, t1_counter_start(vm_hot_hook.entries));
    code->exact = code->binding == BIND_EXACT ? code->required : UINT32_MAX;
    uint32_t next = image_read32(r), first = image_read32(r), outer = image_read32(r);
    code->first = code_at(l, first);
    if (next)
        code->next = code_at(l, next - 1);
    // Lambdas of codes that come later do not exist yet: link() puts in what is missing.
    lambda->cost = outer;
    lambda->name = image_read_value(r);
    lambda->position = image_read_position(r);
    lambda->documentation = image_read_value(r);
    if (lambda->keyword > (size_t)(r->end - r->at))
        return fail(l) != NULL;
    if (lambda->keyword)
        lambda->keys = rt_raw_new(r->vm, lambda->keyword * sizeof *lambda->keys);
    for (uint32_t i = 0; i < lambda->keyword; i++)
        lambda->keys[i] = image_read_value(r);
    code->record_type = read_type(l, image_read64(r));
    return !r->failed && read_constants(l, code) && read_guards(l, code) && read_words(l, code);
}

static void link_lambda(Loader *l, const Code *code) {
    Lambda *lambda = code->lambda;
    lambda->first = code->first->lambda;
    if (code->next)
        lambda->next = code->next->lambda;
    uint32_t outer = lambda->cost;
    lambda->cost = 0;
    if (outer) {
        const Code *around = code_at(l, outer - 1);
        if (around)
            lambda->outer = around->lambda;
    }
}

static bool check_types(ImageReader *r) {
    uint32_t count = image_read32(r);
    for (; count > 0 && !r->failed; count--) {
        Value cell = vm_image_read_cell(r), first = vm_image_read_cell(r);
        if (!r->failed && type_in_place(cell) != type_in_place(first))
            return false;
    }
    return !r->failed;
}

// Loops count from where this process's limits are.
static void reset_counters(const Code *code) {
    for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
        const OpInfo *info = &t1_op_info[word_op(code->words[pc])];
        for (int i = 0; i < OP_EXTENSIONS; i++)
            if (info->extension[i] == FIELD_CTR)
                *(uint32_t *)op_extension(code->words + pc, i) =
                    t1_counter_start(vm_hot_hook.loops);
    }
}

static Lambda *load(ImageReader *r) {
    if (!check_types(r))
        return NULL;
    Loader l = {.r = r, .code_count = image_read32(r)};
    if (r->failed || l.code_count == 0 || l.code_count > (size_t)(r->end - r->at))
        return fail(&l);
    l.code = rt_raw_new(r->vm, l.code_count * sizeof(Code *));
    for (uint32_t i = 0; i < l.code_count; i++)
        l.code[i] = rt_raw_new(r->vm, sizeof(Code));
    for (uint32_t i = 0; i < l.code_count; i++)
        if (!read_code(&l, l.code[i]))
            return fail(&l);
    for (uint32_t i = 0; i < l.code_count; i++)
        link_lambda(&l, l.code[i]);
    if (r->failed)
        return NULL;
    for (uint32_t i = 0; i < l.code_count; i++) {
        t1_verify(r->vm, l.code[i]);
        reset_counters(l.code[i]);
        t1_watch(r->vm, l.code[i]);
    }
    return l.code[0]->lambda;
}

// ---- facts

static bool compile(VM *vm, Lambda *top) { return t1_compile(vm, top) != NULL; }

// What compile_call.c and compile_prim.c read from the code of a global procedure.
static uint32_t fact(Value closure) {
    const Code *code = t1_closure_code(closure);
    if (!code || code->tag != CODE_TAG)
        return 1;
    if (code->in_place != IN_PLACE_NONE && !code->next)
        return 2 | (uint32_t)code->in_place << 4 | (uint32_t)code->field << 8 |
               (code->required & 0xFF) << 16;
    uint32_t hash = 0;
    for (; code; code = code->next)
        hash = (hash ^ code->binding ^ code->required << 4 ^ code->optional << 16) * 0x9E3779B1;
    return hash | 15;
}

const TierImage t1_image = {.compile = compile, .save = save, .load = load, .fact = fact};
