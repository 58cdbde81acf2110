// Reports of unhandled conditions.
#include "vm/report.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/primitive.h"
#include "runtime/string.h"
#include "runtime/symbol.h"

enum {
    FRAMES_FIRST = 12, // of a long backtrace, this many from the inside
    FRAMES_LAST = 4,   // and this many from the outside are shown
    LINE_SHOWN = 120,  // characters of a source line
};

typedef struct Style {
    const char *bold, *red, *dim, *off;
} Style;

static const Style plain = {"", "", "", ""};
static const Style coloured = {"\x1b[1m", "\x1b[1;31m", "\x1b[2m", "\x1b[0m"};

static void put_place(VM *vm, StringBuilder *b, Position p) {
    rt_builder_format(b, "%s:%u:%u", rt_source_name(vm, position_source(p)), position_line(p),
                      position_column(p));
}

// Users are shown places in their own code: what they called, not what that is made of.
bool vm_is_built_in(VM *vm, Position p) {
    static const char prelude[] = "vm/prelude/";
    return p && strncmp(rt_source_name(vm, position_source(p)), prelude, sizeof prelude - 1) == 0;
}

// Of an object that is no condition: what was noted when nobody handled it.
static Value backtrace_of(VM *vm, Value object) {
    return rt_is_condition(vm, object, CONDITION_CONDITION)
               ? rt_condition_field(object, CONDITION_FIELD_BACKTRACE)
               : vm->uncaught_backtrace;
}

// The innermost place of a condition that is not in a built-in library; 0: there is none.
static Position user_place(VM *vm, Value condition) {
    Position p = 0;
    if (rt_is_condition(vm, condition, CONDITION_CONDITION))
        p = rt_position_from_value(rt_condition_field(condition, CONDITION_FIELD_POSITION));
    if (p && !vm_is_built_in(vm, p))
        return p;
    Value frames = backtrace_of(vm, condition);
    for (; value_is_pair(frames); frames = value_cdr(frames)) {
        if (!value_is_pair(value_car(frames)))
            continue;
        p = rt_position_from_value(value_cdr(value_car(frames)));
        if (p && !vm_is_built_in(vm, p))
            return p;
    }
    return 0;
}

void vm_report_note_form(VM *vm, Position form) {
    Value condition = vm->condition;
    bool known = rt_is_condition(vm, condition, CONDITION_CONDITION);
    if (!form || user_place(vm, condition))
        return;
    Value frames = backtrace_of(vm, condition);
    if (rt_list_length(frames) < 0)
        frames = VALUE_NULL;
    Value frame = rt_cons(vm, rt_intern(vm, "top level"), rt_position_value(vm, form));
    frames = rt_list_append(vm, frames, rt_cons(vm, frame, VALUE_NULL));
    if (known)
        rt_condition_set_field(condition, CONDITION_FIELD_BACKTRACE, frames);
    else
        vm->uncaught_backtrace = frames;
}

// The frames outside of built-in libraries.
static Value user_frames(VM *vm, Value frames) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (; value_is_pair(frames); frames = value_cdr(frames)) {
        Value frame = value_car(frames);
        if (value_is_pair(frame) && !vm_is_built_in(vm, rt_position_from_value(value_cdr(frame))))
            rt_list_builder_add(&list, frame);
    }
    return list.first;
}

// The source line with a caret below the column; long lines are cut around it.
static void put_line(VM *vm, StringBuilder *b, Position p, const Style *style) {
    Value line = rt_source_line(vm, position_source(p), position_line(p));
    if (!value_is_string(line))
        return;
    size_t column = position_column(p), length = string_length(line);
    if (column == 0 || column > length + 1)
        return;
    size_t start = column > LINE_SHOWN - 20 ? column - (LINE_SHOWN - 20) : 0;
    size_t end = length - start > LINE_SHOWN ? start + LINE_SHOWN : length;
    rt_builder_format(b, "%s%6u |%s ", style->dim, position_line(p), style->off);
    if (start)
        rt_builder_c(b, "…");
    rt_builder_range(b, line, start, end);
    if (end < length)
        rt_builder_c(b, "…");
    rt_builder_format(b, "\n%s       |%s ", style->dim, style->off);
    if (start)
        rt_builder_c(b, " ");
    for (size_t i = start; i + 1 < column; i++)
        rt_builder_char(b, string_char(line, i) == '\t' ? '\t' : ' ');
    rt_builder_format(b, "%s^%s\n", style->red, style->off);
}

static bool same_frame(Value a, Value b) {
    return value_car(a) == value_car(b) &&
           rt_position_from_value(value_cdr(a)) == rt_position_from_value(value_cdr(b));
}

static void put_frame(VM *vm, StringBuilder *b, Value frame, const Style *style) {
    if (!value_is_pair(frame))
        return;
    Position p = rt_position_from_value(value_cdr(frame));
    Value name = value_car(frame);
    rt_builder_format(b, "  %sin%s ", style->dim, style->off);
    if (value_is_symbol(name))
        rt_builder_string(b, value_symbol(name)->name);
    else
        rt_builder_c(b, "a procedure");
    if (p) {
        rt_builder_c(b, " at ");
        put_place(vm, b, p);
    }
}

// Frames of a list (name . position), innermost first. Runs of the same frame are shown once with
// their count.
static void put_backtrace(VM *vm, StringBuilder *b, Value frames, const Style *style) {
    size_t total = 0;
    for (Value f = frames; value_is_pair(f); f = value_cdr(f))
        total++;
    size_t index = 0, shown = 0;
    while (value_is_pair(frames)) {
        size_t run = 1;
        Value next = value_cdr(frames);
        while (value_is_pair(next) && value_is_pair(value_car(next)) &&
               value_is_pair(value_car(frames)) && same_frame(value_car(next), value_car(frames))) {
            run++;
            next = value_cdr(next);
        }
        bool skipped = shown >= FRAMES_FIRST && index + run + FRAMES_LAST < total;
        if (skipped) {
            size_t from = index;
            while (index + FRAMES_LAST < total && value_is_pair(frames)) {
                frames = value_cdr(frames);
                index++;
            }
            rt_builder_format(b, "  %s… %zu more …%s\n", style->dim, index - from, style->off);
            shown = 0;
            continue;
        }
        put_frame(vm, b, value_car(frames), style);
        if (run > 1)
            rt_builder_format(b, " (%zu times)", run);
        rt_builder_c(b, "\n");
        shown++;
        index += run;
        frames = next;
    }
}

PrimitiveFn1 vm_prim_condition_report;

Value vm_prim_condition_report(VM *vm, Value condition) {
    // What was noted of an uncaught object was another's.
    Value noted = vm->uncaught_backtrace;
    vm->uncaught_backtrace = VALUE_NULL;
    Value text = vm_report(vm, condition, false);
    vm->uncaught_backtrace = noted;
    return text;
}

Value vm_report(VM *vm, Value condition, bool colour) {
    const Style *style = colour ? &coloured : &plain;
    StringBuilder b;
    rt_builder_init(&b, vm);
    bool known = rt_is_condition(vm, condition, CONDITION_CONDITION);
    Position p = user_place(vm, condition);
    rt_builder_c(&b, style->bold);
    if (p)
        put_place(vm, &b, p);
    else
        rt_builder_c(&b, "kiln");
    rt_builder_format(&b, ": %serror:%s %s", style->red, style->off,
                      known ? "" : "uncaught object: ");
    rt_builder_string(&b, rt_condition_text(vm, condition));
    rt_builder_c(&b, "\n");
    if (p)
        put_line(vm, &b, p, style);
    put_backtrace(vm, &b, user_frames(vm, backtrace_of(vm, condition)), style);
    return rt_builder_finish(&b);
}
