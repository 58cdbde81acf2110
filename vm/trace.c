// Tracing of calls. See trace.h.
#include "vm/trace.h"
#include "runtime/fail.h"
#include "runtime/interrupt.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include "vm/report.h"

enum { // elements of vm->trace
    TRACE_PORT,
    TRACE_WANTED, // list of closures; #t: all; #f: those of the program
    TRACE_LINES,  // how many more lines may be shown
    TRACE_THUNK,  // what vm-trace calls, which is not shown
    TRACE_DEPTH,
    TRACE_ELEMENTS
};
enum {
    COLUMNS_DEEP = 16, // levels that are shown as columns
    VALUE_WIDTH = 60,
};

static const Value *trace_of(const VM *vm) { return value_vector(vm->trace)->item; }

bool vm_trace_wants(VM *vm, Value closure, const Lambda *lambda) {
    const Value *trace = trace_of(vm);
    if (lambda->contified || closure == trace[TRACE_THUNK] || value_fixnum(trace[TRACE_LINES]) <= 0)
        return false;
    Value wanted = trace[TRACE_WANTED];
    if (wanted == VALUE_FALSE)
        return lambda->position && !vm_is_built_in(vm, lambda->position);
    for (; value_is_pair(wanted); wanted = value_cdr(wanted))
        if (value_car(wanted) == closure)
            return true;
    return wanted == VALUE_TRUE;
}

int64_t vm_trace_depth(const VM *vm) { return value_fixnum(trace_of(vm)[TRACE_DEPTH]); }

static void set_depth(VM *vm, int64_t depth) {
    rt_heap_store(&trace_of(vm)[TRACE_DEPTH], value_from_fixnum(depth));
}

void vm_trace_jump(VM *vm, int64_t depth) { set_depth(vm, depth + 1); }

static void begin_line(VM *vm, StringBuilder *b, int64_t depth) {
    rt_builder_init(b, vm);
    for (int64_t i = 0; i < depth && i < COLUMNS_DEEP; i++)
        rt_builder_c(b, "| ");
    if (depth > COLUMNS_DEEP)
        rt_builder_format(b, "[%lld] ", (long long)depth);
}

// The trace ends with its last line, or when it cannot be written; the program does not notice.
static void end_line(VM *vm, StringBuilder *b) {
    const Value *trace = trace_of(vm);
    int64_t left = value_fixnum(trace[TRACE_LINES]) - 1;
    rt_heap_store(&trace[TRACE_LINES], value_from_fixnum(left));
    rt_builder_char(b, '\n');
    if (left <= 0)
        rt_builder_c(b, "; the trace ends here: it has reached its limit\n");
    Value condition = vm->condition, text = rt_builder_finish(b);
    if (!rt_port_write_string(vm, trace[TRACE_PORT], text, 0, string_length(text)) || left <= 0)
        rt_interrupt_clear(vm, INTERRUPT_TRACE);
    vm->condition = condition;
}

static bool is_on(const VM *vm) { return atomic_load(&vm->interrupts) & INTERRUPT_TRACE; }

void vm_trace_call(VM *vm, int64_t depth, const Lambda *lambda, uint32_t argc, const Value *argv) {
    StringBuilder b;
    begin_line(vm, &b, depth);
    rt_builder_char(&b, '(');
    if (value_is_symbol(lambda->name))
        rt_builder_string(&b, value_symbol(lambda->name)->name);
    else
        rt_builder_format(&b, "lambda@%u:%u", position_line(lambda->position),
                          position_column(lambda->position));
    for (uint32_t i = 0; i < argc; i++) {
        rt_builder_char(&b, ' ');
        rt_builder_string(&b, rt_write_limited(vm, argv[i], VALUE_WIDTH));
    }
    rt_builder_char(&b, ')');
    set_depth(vm, depth + 1);
    end_line(vm, &b);
}

void vm_trace_return(VM *vm, Value trace, int64_t depth, Value value) {
    if (vm->trace != trace || !is_on(vm))
        return;
    StringBuilder b;
    begin_line(vm, &b, depth);
    rt_builder_c(&b, "=>");
    const Value *item = &value;
    uint32_t count = 1;
    if (value_is_values(value)) {
        item = value_values(value)->item;
        count = object_aux(value_object(value));
    }
    for (uint32_t i = 0; i < count; i++) {
        rt_builder_char(&b, ' ');
        rt_builder_string(&b, rt_write_limited(vm, item[i], VALUE_WIDTH));
    }
    set_depth(vm, depth);
    end_line(vm, &b);
}

// ---- primitive

PrimitiveFn4 vm_prim_make_trace;

Value vm_prim_make_trace(VM *vm, Value port, Value wanted, Value lines, Value thunk) {
    if (!value_is_port(port) || (object_flags(value_object(port)) & (PORT_OUTPUT | PORT_TEXTUAL)) !=
                                    (PORT_OUTPUT | PORT_TEXTUAL))
        return rt_fail_type(vm, 1, "textual output port", port);
    for (Value l = wanted; value_is_pair(l); l = value_cdr(l))
        if (!value_is_closure(value_car(l)))
            return rt_fail_type(vm, 2, "procedure that is no primitive", value_car(l));
    if (!value_is_fixnum(lines) || value_fixnum(lines) < 1)
        return rt_fail_type(vm, 3, "number of lines", lines);
    Value trace = rt_vector_new(vm, TRACE_ELEMENTS, VALUE_FALSE);
    if (trace == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value *item = &FRESH(value_vector(trace)->item[0]);
    item[TRACE_PORT] = port;
    item[TRACE_WANTED] = wanted;
    item[TRACE_LINES] = lines;
    item[TRACE_THUNK] = thunk;
    item[TRACE_DEPTH] = value_from_fixnum(0);
    return trace;
}
