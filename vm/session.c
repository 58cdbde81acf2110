// What sessions and test runners need of the language: forms read one by one with their positions,
// environments, files of guests.
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/port.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/expand.h"
#include "vm/guest.h"
#include "vm/kiln_int.h"
#include "vm/language.h"

PrimitiveFn1 vm_prim_interactive_environment, vm_prim_use_environment, vm_prim_use_folder_of,
    vm_prim_is_scheme_file;
PrimitiveFn2 vm_prim_guest_of_file;
PrimitiveFn3 vm_prim_text_port;
PrimitiveFn4 vm_prim_read_form;

Value vm_prim_text_port(VM *vm, Value text, Value line, Value column) {
    if (!value_is_bytevector(text) && !value_is_string(text))
        return rt_fail_type(vm, 1, "string or bytevector", text);
    if (!value_is_index_below(line, UINT32_MAX) || !value_is_index_below(column, UINT32_MAX))
        return rt_fail_type(vm, 2, "line and column", line);
    Value port = value_is_string(text)
                     ? rt_port_from_string(vm, text)
                     : rt_port_from_utf8(vm, (const char *)value_bytevector(text)->byte,
                                         bytevector_length(text));
    if (port == VALUE_FAILURE)
        return VALUE_FAILURE;
    value_port(port)->line = (uint32_t)value_fixnum(line);
    value_port(port)->column = (uint32_t)value_fixnum(column);
    return port;
}

// (datum . positions), the end-of-file object, or a read-error.
Value vm_prim_read_form(VM *vm, Value port, Value source, Value scheme, Value literals) {
    if (!value_is_port(port) || !port_is_open(port) ||
        (port_flags(port) & (PORT_INPUT | PORT_TEXTUAL)) != (PORT_INPUT | PORT_TEXTUAL))
        return rt_fail_type(vm, 1, "open textual input port", port);
    if (!value_is_index_below(source, UINT32_MAX))
        return rt_fail_type(vm, 2, "number of a source", source);
    Reader reader;
    rt_reader_init(vm, &reader, port, scheme != VALUE_FALSE ? READ_SCHEME : READ_SX);
    reader.source = (uint32_t)value_fixnum(source);
    reader.literals = literals != VALUE_FALSE;
    reader.map = rt_source_map_new(vm);
    Value datum = rt_read(vm, &reader);
    if (datum == VALUE_FAILURE || datum == VALUE_EOF)
        return datum;
    return rt_cons(vm, datum, vm_positions_object(vm, reader.map));
}

Value vm_prim_interactive_environment(VM *vm, Value sx) {
    // The first of its kind becomes that of the REPL's procedures; a session says so itself.
    Value before = vm->language->interaction;
    Value environment = vm_environment_new_interactive(vm, sx != VALUE_FALSE);
    vm->language->interaction = before;
    return environment;
}

Value vm_prim_use_environment(VM *vm, Value environment) {
    if (environment != VALUE_FALSE && !value_is_environment(environment))
        return rt_fail_type(vm, 1, "environment or #f", environment);
    Value before = vm->language->interaction;
    vm->language->interaction = environment == VALUE_FALSE ? VALUE_NONE : environment;
    return before == VALUE_NONE ? VALUE_FALSE : before;
}

// The path as the system wants it; NULL with the condition.
static const char *path_of(VM *vm, Value path) {
    if (value_is_string(path))
        return rt_string_to_utf8(vm, path, NULL);
    rt_fail_type(vm, 1, "string", path);
    return NULL;
}

Value vm_prim_use_folder_of(VM *vm, Value path) {
    const char *name = path_of(vm, path);
    if (!name)
        return VALUE_FAILURE;
    vm_library_set_folder(vm, NULL);
    vm_library_set_program(vm, name);
    return VALUE_UNSPECIFIED;
}

Value vm_prim_is_scheme_file(VM *vm, Value path) {
    const char *name = path_of(vm, path);
    return name ? value_from_bool(vm_is_scheme_file(name)) : VALUE_FAILURE;
}

// (library procedure): which procedure of which library runs it, or its tests; '(): it holds no
// tests; #f: it is no guest's.
Value vm_prim_guest_of_file(VM *vm, Value path, Value tests) {
    const char *name = path_of(vm, path);
    if (!name)
        return VALUE_FAILURE;
    const GuestFile *guest = vm_guest_of_file(name);
    if (!guest)
        return VALUE_FALSE;
    bool run = tests == VALUE_FALSE;
    const char *library = run ? guest->library : guest->test_library;
    if (!library)
        return VALUE_NULL;
    return rt_list(vm, 2, vm_guest_library_name(vm, library),
                   rt_intern(vm, run ? guest->procedure : guest->test_procedure));
}
