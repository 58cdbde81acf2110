// The embedding interface over the VM: references, evaluation, conversion, host functions.
//
// Every call that may run SX code moves to the VM's own stack (rt_stack_run). References are plain
// memory of the collector in a doubly linked list that starts in struct Kiln, which the VM holds.
#include "vm/kiln.h"
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/system.h"
#include "runtime/vector.h"
#include "vm/cache.h"
#include "vm/expand.h"
#include "vm/guest.h"
#include "vm/kiln_int.h"
#include "vm/language.h"
#include "vm/passes.h"
#include "vm/report.h"
#include "vm/tier.h"
#include <stdio.h>
#include <stdlib.h>

struct KilnRef {
    Value value;
    KilnRef *previous, *next; // list of the VM's references
    char *text;               // what kiln_to_text or kiln_written answered last
};

struct Kiln {
    VM *vm;
    Value top; // the environment of kiln_eval; VALUE_NONE before its first use
    ReadMode mode;
    bool program; // which kind of environment that is
    KilnRef *refs;
    Value error; // VALUE_NONE: none yet
    char *error_text, *error_report;
};

static bool exists; // one VM at a time

// ---- references

static KilnRef *ref_new(Kiln *k, Value v) {
    KilnRef *r = rt_raw_new(k->vm, sizeof *r);
    r->value = v;
    r->next = k->refs;
    if (k->refs)
        k->refs->previous = r;
    k->refs = r;
    return r;
}

KilnRef *kiln_retain(Kiln *k, const KilnRef *v) { return v ? ref_new(k, v->value) : NULL; }

void kiln_release(Kiln *k, KilnRef *v) {
    if (!v)
        return;
    if (v->previous)
        v->previous->next = v->next;
    else
        k->refs = v->next;
    if (v->next)
        v->next->previous = v->previous;
    memset(v, 0, sizeof *v);
}

// ---- failure

static KilnStatus failed(Kiln *k) {
    VM *vm = k->vm;
    k->error = vm->condition;
    k->error_text = k->error_report = NULL;
    return vm->exit_status != VALUE_NONE ? KILN_EXIT : KILN_ERROR;
}

static KilnStatus deliver(Kiln *k, Value v, KilnRef **result) {
    if (v == VALUE_FAILURE)
        return failed(k);
    if (result)
        *result = ref_new(k, v);
    return KILN_OK;
}

KilnStatus vm_kiln_status(Kiln *k, Value result) { return deliver(k, result, NULL); }

const char *kiln_error_text(Kiln *k) {
    if (k->error == VALUE_NONE)
        return "";
    if (!k->error_text)
        k->error_text = rt_string_to_utf8(k->vm, rt_condition_text(k->vm, k->error), NULL);
    return k->error_text;
}

const char *kiln_error_report(Kiln *k) {
    if (k->error == VALUE_NONE)
        return "";
    if (!k->error_report)
        k->error_report = rt_string_to_utf8(k->vm, vm_report(k->vm, k->error, false), NULL);
    return k->error_report;
}

KilnRef *kiln_error_value(Kiln *k) { return k->error == VALUE_NONE ? NULL : ref_new(k, k->error); }

int kiln_exit_status(Kiln *k) {
    return k->vm->exit_status == VALUE_NONE ? 0 : rt_exit_status(k->vm->exit_status);
}

void kiln_interrupt(Kiln *k) { rt_interrupt_set(k->vm, INTERRUPT_USER); }

const char *kiln_version(void) { return KILN_VERSION; }

// ---- life

typedef struct Creation {
    Kiln *k;
    const KilnOptions *options;
    bool ok;
} Creation;

static void create_inside(VM *vm, void *arg) {
    Creation *c = arg;
    const KilnOptions *o = c->options;
    if (!vm_language_init(vm))
        return;
    if (o && o->arguments) {
        int argc = 0;
        while (o->arguments[argc])
            argc++;
        rt_system_set_command_line(vm, argc, o->arguments);
    }
    c->k->mode = o && o->scheme ? READ_SCHEME : READ_SX;
    c->k->program = o && o->program;
    c->ok = true;
}

Kiln *kiln_create(const KilnOptions *options) {
    const Tier *tier = vm_tier_find(options ? options->mode : NULL);
    if (exists || !tier)
        return NULL;
    VM *vm = rt_vm_create();
    if (!vm)
        return NULL;
    vm->tier = (struct Tier *)tier;
    Kiln *k = rt_raw_new(vm, sizeof *k);
    k->vm = vm;
    vm->host = k;
    exists = true;
    vm_hot_hook = (HotHook){0};
    if (tier->start)
        tier->start(vm);
    Creation c = {.k = k, .options = options};
    rt_stack_run(vm, create_inside, &c);
    if (c.ok)
        return k;
    failed(k);
    fprintf(stderr, "%s", kiln_error_report(k));
    kiln_destroy(k);
    return NULL;
}

int kiln_destroy(Kiln *k) {
    int status = rt_ports_flush_all(k->vm);
    if (k->vm->tier->stop)
        k->vm->tier->stop(k->vm);
    exists = false;
    rt_vm_destroy(k->vm);
    return status;
}

VM *vm_of_kiln(Kiln *k) { return k->vm; }
Value vm_ref_value(const KilnRef *v) { return v->value; }

static void top_inside(VM *vm, void *arg) {
    Kiln *k = arg;
    k->top = k->program ? vm_environment_new_program(vm)
                        : vm_environment_new_interactive(vm, k->mode == READ_SX);
}

Value vm_kiln_top(Kiln *k) {
    // A VM that only runs files never needs it.
    if (k->top == VALUE_NONE || k->top == VALUE_FAILURE)
        rt_stack_run(k->vm, top_inside, k);
    return k->top;
}

void vm_kiln_renew_top(Kiln *k) {
    k->top = VALUE_NONE;
    k->vm->language->interaction = VALUE_NONE;
}

// ---- evaluation

typedef struct Form { // one datum that was read and not yet evaluated
    Value datum;
    SourceMap *map;
    Position position;
    struct Form *next;
} Form;

typedef struct Evaluation {
    Kiln *k;
    const char *text, *name; // text NULL: read the file `name`
    size_t length;
    int line, column;
    Value result;
    bool incomplete;
    bool cached;
} Evaluation;

// All data of a port, each with its own map of positions, so that a form that has run keeps nothing
// alive.
static bool read_forms(VM *vm, Value port, ReadMode mode, uint32_t source, Form **forms,
                       bool *incomplete) {
    Reader reader;
    rt_reader_init(vm, &reader, port, mode);
    reader.source = source;
    reader.literals = true;
    for (Form **end = forms;; end = &(*end)->next) {
        reader.map = rt_source_map_new(vm);
        Value datum = rt_read(vm, &reader);
        if (datum == VALUE_EOF)
            return true;
        if (datum == VALUE_FAILURE) {
            if (incomplete)
                *incomplete = reader.incomplete;
            return false;
        }
        Form *f = rt_raw_new(vm, sizeof *f);
        f->datum = datum;
        f->map = reader.map;
        f->position = reader.position;
        *end = f;
    }
}

static Value run_forms(VM *vm, Form *forms, Value environment) {
    Value result = VALUE_UNSPECIFIED, dynamic = vm->dynamic;
    for (; forms; forms = forms->next) {
        result = vm_eval_form_at(vm, forms->datum, environment, forms->map, forms->position);
        vm->dynamic = dynamic;
        if (result != VALUE_FAILURE)
            continue;
        if (vm->exit_status == VALUE_NONE)
            vm_report_note_form(vm, forms->position);
        break;
    }
    return result;
}

static void eval_inside(VM *vm, void *arg) {
    Evaluation *e = arg;
    bool whole = e->line == 1 && e->column == 1;
    Value text = whole ? rt_string_from_utf8(vm, e->text, e->length) : VALUE_FALSE;
    Value port = rt_port_from_utf8(vm, e->text, e->length);
    e->result = VALUE_FAILURE;
    if (text == VALUE_FAILURE || port == VALUE_FAILURE)
        return;
    value_port(port)->line = (uint32_t)e->line;
    value_port(port)->column = (uint32_t)e->column;
    Form *forms = NULL;
    uint32_t source = rt_source_add(vm, e->name, text);
    if (!read_forms(vm, port, e->k->mode, source, &forms, &e->incomplete))
        return;
    Value top = vm_kiln_top(e->k);
    if (top != VALUE_FAILURE)
        e->result = run_forms(vm, forms, top);
}

KilnStatus kiln_eval_at(Kiln *k, const char *text, size_t length, const char *name, int line,
                        int column, KilnRef **result) {
    Evaluation e = {
        .k = k, .text = text, .name = name, .length = length, .line = line, .column = column};
    rt_stack_run(k->vm, eval_inside, &e);
    KilnStatus status = deliver(k, e.result, result);
    return status == KILN_ERROR && e.incomplete ? KILN_INCOMPLETE : status;
}

KilnStatus kiln_eval(Kiln *k, const char *text, const char *name, KilnRef **result) {
    return kiln_eval_at(k, text, strlen(text), name, 1, 1, result);
}

bool vm_is_scheme_file(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".scm") == 0 || strcmp(dot, ".sld") == 0);
}

static bool headed(VM *vm, Value datum, const char *name) {
    return value_is_pair(datum) && value_car(datum) == rt_intern(vm, name);
}

Value vm_file_environment(VM *vm, bool scheme, Value first) {
    // An R7RS program says what it imports; a text without imports is run as the REPL would.
    if (scheme && (headed(vm, first, "import") || headed(vm, first, "define-library")))
        return vm_environment_new_program(vm);
    return vm_environment_new_interactive(vm, !scheme);
}

Value vm_run_port(VM *vm, Value port, const char *name, Value text, bool scheme) {
    Form *forms = NULL;
    uint32_t source = rt_source_add(vm, name, text);
    if (!read_forms(vm, port, scheme ? READ_SCHEME : READ_SX, source, &forms, NULL))
        return VALUE_FAILURE;
    Value environment = vm_file_environment(vm, scheme, forms ? forms->datum : VALUE_FALSE);
    if (environment == VALUE_FAILURE)
        return VALUE_FAILURE;
    return run_forms(vm, forms, environment);
}

static void run_file_inside(VM *vm, void *arg) {
    Evaluation *e = arg;
    Value port =
        rt_port_open_file(vm, rt_string_from_c(vm, e->name), PORT_INPUT | PORT_TEXTUAL, false);
    e->result = VALUE_FAILURE;
    if (port == VALUE_FAILURE)
        return;
    vm_library_set_program(vm, e->name);
    const GuestFile *guest = vm_guest_of_file(e->name);
    if (guest) {
        e->result = rt_port_close(vm, port) ? vm_guest_run(vm, guest, e->name) : VALUE_FAILURE;
        return;
    }
    bool scheme = vm_is_scheme_file(e->name);
    Cache *cache = e->cached ? vm_cache_open(vm, e->name, scheme) : NULL;
    e->result = cache ? vm_cache_run(cache) : vm_run_port(vm, port, e->name, VALUE_FALSE, scheme);
    if (!rt_port_close(vm, port))
        e->result = VALUE_FAILURE;
}

static KilnStatus run_file(Kiln *k, const char *path, bool cached) {
    Evaluation e = {.k = k, .name = path, .cached = cached};
    rt_stack_run(k->vm, run_file_inside, &e);
    return deliver(k, e.result, NULL);
}

KilnStatus kiln_run_file(Kiln *k, const char *path) { return run_file(k, path, false); }
KilnStatus vm_kiln_run_cached(Kiln *k, const char *path) { return run_file(k, path, true); }

// ---- calls and globals

typedef struct Call {
    Value procedure;
    int argc;
    Value *argv;
    Value result;
} Call;

static void call_inside(VM *vm, void *arg) {
    Call *c = arg;
    Value dynamic = vm->dynamic;
    c->result = vm->tier->apply(vm, c->procedure, c->argc, c->argv);
    vm->dynamic = dynamic;
}

KilnStatus kiln_call(Kiln *k, KilnRef *procedure, int argc, KilnRef *const *argv,
                     KilnRef **result) {
    Value *values = rt_raw_new(k->vm, (size_t)(argc + 1) * sizeof *values);
    for (int i = 0; i < argc; i++)
        values[i] = argv[i]->value;
    Call c = {.procedure = procedure->value, .argc = argc, .argv = values};
    rt_stack_run(k->vm, call_inside, &c);
    return deliver(k, c.result, result);
}

KilnRef *kiln_global(Kiln *k, const char *name) {
    Value top = vm_kiln_top(k);
    if (top == VALUE_FAILURE)
        return NULL;
    Value cell = vm_environment_cell(k->vm, top, rt_intern(k->vm, name));
    if (cell == VALUE_NONE || value_cell(cell)->value == VALUE_UNBOUND)
        return NULL;
    return ref_new(k, value_cell(cell)->value);
}

typedef struct Definition {
    Kiln *k;
    Value name, value, result;
} Definition;

// (define NAME (quote VALUE)): the expander decides what defining means in that environment.
static void define_inside(VM *vm, void *arg) {
    Definition *d = arg;
    Value quoted = rt_list(vm, 2, rt_intern(vm, "quote"), d->value);
    Value form = rt_list(vm, 3, rt_intern(vm, "define"), d->name, quoted);
    Value top = vm_kiln_top(d->k);
    d->result = top == VALUE_FAILURE ? VALUE_FAILURE : vm_eval_form(vm, form, top, NULL);
}

static KilnStatus define_value(Kiln *k, const char *name, Value value) {
    Definition d = {.k = k, .name = rt_intern(k->vm, name), .value = value};
    rt_stack_run(k->vm, define_inside, &d);
    return deliver(k, d.result, NULL);
}

KilnStatus kiln_define(Kiln *k, const char *name, KilnRef *value) {
    return define_value(k, name, value->value);
}

// ---- host functions
//
// A host function is the closure (lambda arguments (%host-call FOREIGN arguments)), so no evaluator
// knows of it.

typedef struct HostFunction { // malloc'ed, released by its Foreign's finalizer
    KilnFunction *fn;
    void *data;
    int min, max;
    char *name;
} HostFunction;

static void host_function_release(void *pointer) {
    HostFunction *h = pointer;
    free(h->name);
    free(h);
}

static void foreign_finalize(void *object) {
    Foreign *f = object;
    if (f->release)
        f->release(f->pointer);
}

Value vm_prim_host_call(VM *vm, Value foreign, Value arguments) {
    if (!value_is_foreign(foreign) || value_foreign(foreign)->release != host_function_release)
        return rt_fail_type(vm, 1, "host function", foreign);
    const HostFunction *h = value_foreign(foreign)->pointer;
    Kiln *k = vm->host;
    int argc = (int)rt_list_length(arguments);
    if (argc < h->min || (h->max >= 0 && argc > h->max))
        return rt_fail_arity(vm, rt_intern(vm, h->name), h->min, h->max, argc);
    KilnRef **refs = rt_raw_new(vm, (size_t)(argc + 1) * sizeof *refs);
    for (int i = 0; i < argc; i++, arguments = value_cdr(arguments))
        refs[i] = ref_new(k, value_car(arguments));
    vm->condition = VALUE_NONE;
    KilnRef *answer = h->fn(k, argc, refs, h->data);
    Value result = VALUE_FAILURE;
    if (answer)
        result = answer->value;
    else if (vm->condition == VALUE_NONE)
        rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "host function failed without a message");
    if (result == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_CONDITION) &&
        rt_condition_field(vm->condition, CONDITION_FIELD_WHO) == VALUE_DEFAULT)
        rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, rt_intern(vm, h->name));
    for (int i = 0; i < argc; i++)
        if (refs[i] != answer)
            kiln_release(k, refs[i]);
    kiln_release(k, answer);
    return result;
}

KilnRef *kiln_fail(Kiln *k, const char *message) {
    rt_fail(k->vm, CONDITION_ERROR, VALUE_NULL, "%s", message);
    return NULL;
}

typedef struct Making {
    Value foreign, name, result;
} Making;

static void make_function_inside(VM *vm, void *arg) {
    Making *m = arg;
    Lambda *l = rt_raw_new(vm, sizeof *l);
    l->name = m->name;
    l->rest = true;
    l->params = rt_raw_new(vm, sizeof *l->params);
    l->params[0] = vm_var_new(vm, rt_intern(vm, "arguments"));
    Node *args[2] = {vm_node_const(vm, m->foreign, 0), vm_node_local(vm, l->params[0], 0)};
    l->body = vm_node_prim(vm, "%host-call", 2, args, 0);
    Node *node = vm_node_new(vm, NODE_LAMBDA, 0);
    node->lambda = l;
    Lambda *top = vm_passes_run(vm, node);
    m->result = top ? vm->tier->run(vm, top) : VALUE_FAILURE;
}

KilnStatus kiln_define_function(Kiln *k, const char *name, KilnFunction *fn, int min, int max,
                                void *data) {
    HostFunction *h = malloc(sizeof *h);
    char *copy = strdup(name);
    if (!h || !copy)
        abort();
    *h = (HostFunction){.fn = fn, .data = data, .min = min, .max = max, .name = copy};
    Foreign *f = rt_object_new(k->vm, TYPE_FOREIGN, 0, 0, sizeof *f);
    f->kind = rt_intern(k->vm, "host-function");
    f->pointer = h;
    f->release = host_function_release;
    rt_heap_set_finalizer(f, foreign_finalize);
    Making m = {.foreign = value_from_pointer(f), .name = rt_intern(k->vm, name)};
    rt_stack_run(k->vm, make_function_inside, &m);
    return m.result == VALUE_FAILURE ? failed(k) : define_value(k, name, m.result);
}

// ---- conversion

KilnType kiln_type(Kiln *k, const KilnRef *v) {
    Value x = v->value;
    if (x == VALUE_TRUE || x == VALUE_FALSE)
        return KILN_BOOLEAN;
    if (x == VALUE_NULL)
        return KILN_NULL;
    if (x == VALUE_NIL || x == VALUE_UNSPECIFIED || x == VALUE_EOF)
        return KILN_NIL;
    if (value_is_exact_integer(x))
        return KILN_INTEGER;
    if (value_is_number(x))
        return KILN_NUMBER;
    if (value_is_char(x))
        return KILN_CHAR;
    if (value_is_pair(x))
        return KILN_PAIR;
    if (value_is_procedure(x))
        return KILN_PROCEDURE;
    if (!value_is_object(x))
        return KILN_OTHER;
    switch (object_type(value_object(x))) {
    case TYPE_STRING:
        return KILN_STRING;
    case TYPE_SYMBOL:
        return KILN_SYMBOL;
    case TYPE_KEYWORD:
        return KILN_KEYWORD;
    case TYPE_VECTOR:
        return KILN_VECTOR;
    case TYPE_BYTEVECTOR:
        return KILN_BYTEVECTOR;
    case TYPE_DICT:
        return KILN_DICT;
    default:
        return KILN_OTHER;
    }
}

KilnRef *kiln_nil(Kiln *k) { return ref_new(k, VALUE_NIL); }
KilnRef *kiln_bool(Kiln *k, bool b) { return ref_new(k, value_from_bool(b)); }
KilnRef *kiln_int(Kiln *k, int64_t n) { return ref_new(k, rt_int(k->vm, n)); }
KilnRef *kiln_double(Kiln *k, double d) { return ref_new(k, value_from_foreign_double(d)); }
KilnRef *kiln_symbol(Kiln *k, const char *name) { return ref_new(k, rt_intern(k->vm, name)); }

KilnRef *kiln_string(Kiln *k, const char *text, size_t length) {
    Value s = rt_string_from_utf8(k->vm, text, length);
    if (s != VALUE_FAILURE)
        return ref_new(k, s);
    failed(k);
    return NULL;
}

KilnRef *kiln_list(Kiln *k, int count, KilnRef *const *items) {
    Value list = VALUE_NULL;
    for (int i = count - 1; i >= 0; i--)
        list = rt_cons(k->vm, items[i]->value, list);
    return ref_new(k, list);
}

KilnRef *kiln_vector(Kiln *k, int count, KilnRef *const *items) {
    Value v = rt_vector_new(k->vm, (size_t)count, VALUE_FALSE);
    if (v == VALUE_FAILURE) {
        failed(k);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        FRESH(value_vector(v)->item[i]) = items[i]->value;
    return ref_new(k, v);
}

bool kiln_truthy(Kiln *k, const KilnRef *v) {
    (void)k;
    return value_is_truthy(v->value);
}

bool kiln_to_int(Kiln *k, const KilnRef *v, int64_t *out) {
    (void)k;
    return rt_int_value(v->value, out);
}

bool kiln_to_double(Kiln *k, const KilnRef *v, double *out) {
    (void)k;
    if (!value_is_number(v->value) || value_is_compnum(v->value))
        return false;
    *out = rt_num_to_double(v->value);
    return true;
}

const char *kiln_to_text(Kiln *k, KilnRef *v, size_t *length) {
    Value s = v->value;
    if (value_is_symbol(s))
        s = value_symbol(s)->name;
    else if (value_is_keyword(s))
        s = value_keyword(s)->name;
    if (!value_is_string(s))
        return NULL;
    v->text = rt_string_to_utf8(k->vm, s, length);
    if (!v->text)
        failed(k);
    return v->text;
}

const char *kiln_written(Kiln *k, KilnRef *v, bool display) {
    Value s = rt_write_to_string(k->vm, v->value, display ? WRITE_DISPLAY : WRITE_WRITE);
    v->text = s == VALUE_FAILURE ? NULL : rt_string_to_utf8(k->vm, s, NULL);
    if (!v->text)
        failed(k);
    return v->text;
}

ptrdiff_t kiln_length(Kiln *k, const KilnRef *v) {
    (void)k;
    Value x = v->value;
    if (x == VALUE_NULL || value_is_pair(x)) {
        ptrdiff_t n = rt_list_length(x);
        return n < 0 ? -1 : n;
    }
    if (value_is_vector(x))
        return (ptrdiff_t)vector_length(x);
    if (value_is_bytevector(x))
        return (ptrdiff_t)bytevector_length(x);
    if (value_is_string(x))
        return (ptrdiff_t)string_length(x);
    if (value_has_type(x, TYPE_DICT))
        return (ptrdiff_t)rt_dict_count(x);
    return -1;
}

KilnRef *kiln_at(Kiln *k, const KilnRef *v, size_t i) {
    Value x = v->value;
    if (value_is_vector(x))
        return i < vector_length(x) ? ref_new(k, value_vector(x)->item[i]) : NULL;
    for (; value_is_pair(x); x = value_cdr(x), i--)
        if (i == 0)
            return ref_new(k, value_car(x));
    return NULL;
}

KilnRef *kiln_get(Kiln *k, const KilnRef *dict, const KilnRef *key) {
    if (!value_has_type(dict->value, TYPE_DICT))
        return NULL;
    Value v = rt_dict_get(k->vm, dict->value, key->value, VALUE_NONE);
    return v == VALUE_NONE ? NULL : ref_new(k, v);
}
