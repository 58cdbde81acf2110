// Libraries. See library.h; reading of files is in include.c.
#include "vm/library.h"
#include "runtime/assert.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/settings.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/cache.h"
#include "vm/guest.h"
#include "vm/include_int.h"
#include "vm/pending_int.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

// ---- built-in libraries

typedef struct BuiltinLibrary {
    const char *name;
    bool sx;
    const char *path; // what positions in it are shown as
    const unsigned char *text;
} BuiltinLibrary;

#define LIBRARY(name, sx, path)                                                                    \
    {                                                                                              \
        name, sx, path, (const unsigned char[]) {
#define LIBRARY_END                                                                                \
    , 0                                                                                            \
    }                                                                                              \
    }                                                                                              \
    ,
static const BuiltinLibrary builtin_libraries[] = {
#include "vm/libraries.def"
};
#undef LIBRARY
#undef LIBRARY_END
enum { BUILTIN_COUNT = sizeof builtin_libraries / sizeof builtin_libraries[0] };

// ---- errors

[[gnu::format(printf, 4, 5)]] static bool fail(VM *vm, Position position, Value irritants,
                                               const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    rt_fail_at(vm, CONDITION_LIBRARY, position, VALUE_FALSE, vm_strip(vm, irritants), "%s", text);
    return false;
}

// ---- names

static Value key_of_name(VM *vm, Value name) {
    Value text = rt_write_to_string(vm, name, WRITE_WRITE);
    return text == VALUE_FAILURE ? VALUE_FAILURE : rt_intern_string(vm, text);
}

static bool check_name(VM *vm, const char *who, Value name, Position position) {
    ptrdiff_t length = rt_list_length(name);
    bool ok = length > 0;
    for (Value rest = name; ok && rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value part = value_car(rest);
        ok = value_is_symbol(part) || (value_is_fixnum(part) && value_fixnum(part) >= 0);
    }
    return ok ||
           fail(vm, position, rt_list(vm, 1, name), "%s: bad syntax: not a library name:", who);
}

static Library *registered(VM *vm, Value key) {
    IdentifierEntry *entry = vm_table_find(&vm->language->libraries, key);
    return entry ? entry->item : NULL;
}

static Library *library_new(VM *vm, Value name, Value key) {
    Library *library = rt_raw_new(vm, sizeof *library);
    library->name = name;
    library->key = key;
    library->environment = vm_environment_new(vm, ENVIRONMENT_LIBRARY);
    library->environment->library = library;
    library->import_declarations = library->export_specs = library->body = VALUE_NULL;
    vm_table_add(vm, &vm->language->libraries, key)->item = library;
    return library;
}

// After a failure: a file may be corrected and imported again.
static void forget(VM *vm, Library *library) {
    if (library->text) {
        library->state = LIBRARY_FAILED;
        library->failure = vm->condition;
    } else if (registered(vm, library->key) == library) {
        vm_table_find(&vm->language->libraries, library->key)->item = NULL;
    }
}

// ---- declarations

// What the declarations of one library say, in order.
typedef struct Declarations {
    Library *library;
    Expander x;
    ListBuilder
        imports; // import declarations, each with its position: (declaration . position value)
    ListBuilder exports; // (internal name, external name, position value)
    ListBuilder body;    // (form-list . position value) of begin, include and include-ci
    unsigned depth;      // of include-library-declarations
} Declarations;

enum { INCLUDE_DEPTH_MAX = 100 };

static bool declare_all(Declarations *d, Value list);

static bool include_declarations(Declarations *d, const Form *form) {
    if (d->depth == INCLUDE_DEPTH_MAX) {
        vm_form_error(&d->x, form, form->position, VALUE_NULL,
                      "files include one another without end");
        return false;
    }
    Value forms = vm_include_forms(&d->x, form);
    if (forms == VALUE_FAILURE)
        return false;
    d->depth++;
    bool ok = declare_all(d, forms);
    d->depth--;
    return ok;
}

static bool bad_declaration(VM *vm, Position position, Value declaration) {
    return fail(vm, position, rt_list(vm, 1, declaration),
                "define-library: bad syntax: not a declaration:");
}

// (export spec ...): name or (rename name name) each.
static bool declare_exports(Declarations *d, Value specs) {
    VM *vm = d->x.vm;
    for (Value rest = specs; rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value spec = value_car(rest), from = spec, to = spec;
        Position position = vm_position_car(&d->x, rest);
        if (rt_list_length(spec) == 3 && value_car(spec) == rt_intern(vm, "rename")) {
            from = value_car(value_cdr(spec));
            to = value_car(value_cdr(value_cdr(spec)));
        }
        if (!value_is_symbol(from) || !value_is_symbol(to))
            return fail(vm, position, rt_list(vm, 1, spec),
                        "export: bad syntax: expected name or (rename name name), got");
        rt_list_builder_add(&d->exports, rt_list(vm, 3, from, to, rt_position_value(vm, position)));
    }
    return true;
}

static bool declare(Declarations *d, Value pair) {
    VM *vm = d->x.vm;
    Value declaration = value_car(pair);
    static const CoreForm usage = {
        .usage = "(export …), (import …), (begin …), (include …), (cond-expand …) "
                 "or (include-library-declarations …)"};
    Form form = {.core = &usage, .datum = declaration, .position = vm_position_car(&d->x, pair)};
    d->x.position = form.position;
    Value name = vm_form_name(&form);
    if (name == VALUE_FALSE || rt_list_length(declaration) < 0) {
        return bad_declaration(vm, form.position, declaration);
    }
    Value text = value_symbol(name)->name;
    if (rt_string_is(text, "export"))
        return declare_exports(d, value_cdr(declaration));
    if (rt_string_is(text, "import")) {
        rt_list_builder_add(&d->imports,
                            rt_cons(vm, declaration, rt_position_value(vm, form.position)));
        return true;
    }
    if (rt_string_is(text, "begin") || rt_string_is(text, "include") ||
        rt_string_is(text, "include-ci")) {
        rt_list_builder_add(&d->body,
                            rt_cons(vm, declaration, rt_position_value(vm, form.position)));
        return true;
    }
    if (rt_string_is(text, "include-library-declarations"))
        return include_declarations(d, &form);
    if (rt_string_is(text, "cond-expand")) {
        Value forms = vm_cond_expand_forms(&d->x, &form);
        return forms != VALUE_FAILURE && declare_all(d, forms);
    }
    return bad_declaration(vm, form.position, declaration);
}

static bool declare_all(Declarations *d, Value list) {
    for (; value_is_pair(list); list = value_cdr(list))
        if (!declare(d, list))
            return false;
    return true;
}

static Declarations declarations_new(VM *vm, Library *library) {
    Declarations d = {.library = library,
                      .x = {.vm = vm,
                            .language = vm->language,
                            .map = library->map,
                            .environment = library->environment,
                            .position = library->position}};
    rt_list_builder_init(&d.imports, vm);
    rt_list_builder_init(&d.exports, vm);
    rt_list_builder_init(&d.body, vm);
    return d;
}

// ---- text of built-in libraries

// Where the body of a built-in library begins: they are written with `(begin` as the last
// declaration, on a line of its own.
static const char *body_start(const char *text) {
    for (const char *line = text; *line;) {
        const char *p = line;
        while (*p == ' ')
            p++;
        if (strncmp(p, "(begin", 6) == 0)
            return p;
        const char *end = strchr(line, '\n');
        if (!end)
            break;
        line = end + 1;
    }
    const char *close = strrchr(text, ')');
    return close ? close : text + strlen(text);
}

static const char *after_head(const char *text) {
    static const char head[] = "(define-library";
    const char *p = strstr(text, head);
    return p ? p + sizeof head - 1 : text;
}

static Value read_text(VM *vm, const char *text, size_t size, const Library *library,
                       SourceMap *map) {
    Value port = rt_port_from_utf8(vm, text, size);
    if (port == VALUE_FAILURE)
        return VALUE_FAILURE;
    Reader reader;
    rt_reader_init(vm, &reader, port, library->environment->sx ? READ_SX : READ_SCHEME);
    reader.literals = true;
    if (map) {
        const char *path = "?";
        for (int i = 0; i < BUILTIN_COUNT; i++)
            if ((const char *)builtin_libraries[i].text == library->text)
                path = builtin_libraries[i].path;
        const GuestText *guest =
            vm_guest_library(rt_string_to_utf8(vm, value_symbol(library->key)->name, NULL));
        if (guest)
            path = guest->path;
        reader.source = rt_source_add(vm, path, rt_string_from_c(vm, library->text));
        reader.map = map;
    }
    return rt_read_all(vm, &reader);
}

static Value header_declarations(VM *vm, const Library *library) {
    const char *start = after_head(library->text), *end = body_start(library->text);
    Value data = read_text(vm, start, (size_t)(end - start), library, NULL);
    return data == VALUE_FAILURE || data == VALUE_NULL ? data : value_cdr(data);
}

static bool read_builtin_body(VM *vm, Library *library, Declarations *d) {
    library->map = d->x.map = rt_source_map_new(vm);
    Value data = read_text(vm, library->text, strlen(library->text), library, library->map);
    if (data == VALUE_FAILURE)
        return false;
    Value form = value_car(data);
    library->position = d->x.position = rt_source_map_pair(library->map, form);
    return declare_all(d, value_cdr(value_cdr(form)));
}

// ---- finding

static char *join_path(VM *vm, const char *folder, Value name, const char *suffix) {
    StringBuilder b;
    rt_builder_init(&b, vm);
    rt_builder_c(&b, folder);
    if (*folder && folder[strlen(folder) - 1] != '/')
        rt_builder_char(&b, '/');
    for (Value rest = name; rest != VALUE_NULL; rest = value_cdr(rest)) {
        if (rest != name)
            rt_builder_char(&b, '/');
        Value part = value_car(rest);
        if (value_is_fixnum(part)) {
            rt_builder_format(&b, "%lld", (long long)value_fixnum(part));
            continue;
        }
        Value text = value_symbol(part)->name;
        // A name is not to lead out of its folder.
        if (rt_string_is(text, "..") || rt_string_is(text, ".") || rt_string_is(text, ""))
            return NULL;
        for (size_t i = 0; i < string_length(text); i++)
            if (string_char(text, i) == '/' || string_char(text, i) == 0)
                return NULL;
        rt_builder_string(&b, text);
    }
    rt_builder_c(&b, suffix);
    Value path = rt_builder_finish(&b);
    return path == VALUE_FAILURE ? NULL : rt_string_to_utf8(vm, path, NULL);
}

static char *find_in_folder(VM *vm, const char *folder, Value name) {
    static const char *const suffixes[] = {".sld", ".sx"};
    for (int i = 0; i < 2; i++) {
        char *path = join_path(vm, folder, name, suffixes[i]);
        if (path && access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

static char *find_file(VM *vm, Value name) {
    Language *l = vm->language;
    const char *folder = "";
    if (l->folder != VALUE_FALSE)
        folder = rt_string_to_utf8(vm, l->folder, NULL);
    char *path = folder ? find_in_folder(vm, folder, name) : NULL;
    const char *list = rt_setting(SETTING_PATH);
    while (!path && list && *list) {
        const char *end = strchrnul(list, ':');
        size_t length = (size_t)(end - list);
        char *part = rt_raw_new_atomic(vm, length + 1);
        memcpy(part, list, length);
        part[length] = 0;
        if (length)
            path = find_in_folder(vm, part, name);
        list = *end ? end + 1 : end;
    }
    return path;
}

// Read a library file; its define-library forms register what they define.
static bool load_file(VM *vm, const char *path) {
    SourceMap *map = rt_source_map_new(vm);
    bool sx = vm_path_is_sx(path, false);
    vm_cache_file(vm, path);
    Value data = vm_read_file(vm, path, sx, false, map);
    vm_cache_file(vm, path);
    if (data == VALUE_FAILURE)
        return false;
    for (; value_is_pair(data); data = value_cdr(data)) {
        Value form = value_car(data);
        Position position = rt_source_map_car(map, data);
        if (!value_is_pair(form) || value_car(form) != rt_intern(vm, "define-library"))
            return fail(vm, position, rt_list(vm, 1, form),
                        "a library file holds define-library forms alone, got");
        if (!vm_define_library(vm, form, map, rt_source_map_pair(map, form)))
            return false;
        if (sx)
            registered(vm, key_of_name(vm, value_car(value_cdr(form))))->environment->sx = true;
    }
    return true;
}

static Library *find_builtin(VM *vm, Value name, Value key) {
    for (int i = 0; i < BUILTIN_COUNT; i++) {
        const BuiltinLibrary *b = &builtin_libraries[i];
        if (!rt_string_is(value_symbol(key)->name, b->name))
            continue;
        Library *library = library_new(vm, name, key);
        library->text = (const char *)b->text;
        library->environment->sx = b->sx;
        return library;
    }
    const char *text = rt_string_to_utf8(vm, value_symbol(key)->name, NULL);
    const GuestText *guest = text ? vm_guest_library(text) : NULL;
    if (!guest)
        return NULL;
    Library *library = library_new(vm, name, key);
    library->text = (const char *)guest->text;
    library->environment->sx = true;
    return library;
}

Library *vm_library_known(VM *vm, Value name) {
    Value key = key_of_name(vm, name);
    if (key == VALUE_FAILURE)
        return NULL;
    Library *library = registered(vm, key);
    return library ? library : find_builtin(vm, name, key);
}

bool vm_library_exists(VM *vm, Value name) {
    for (Value rest = name; rest != VALUE_NULL; rest = value_cdr(rest))
        if (!value_is_pair(rest) ||
            !(value_is_symbol(value_car(rest)) || value_is_fixnum(value_car(rest))))
            return false;
    if (!value_is_pair(name))
        return false;
    Value key = key_of_name(vm, name);
    if (key == VALUE_FAILURE)
        return false;
    return registered(vm, key) || find_builtin(vm, name, key) || find_file(vm, name);
}

// ---- opening

static bool export_all(VM *vm, Library *library, Value exports) {
    Environment *environment = library->environment;
    for (Value list = exports; list != VALUE_NULL; list = value_cdr(list)) {
        Value item = value_car(list), from = value_car(item), to = value_car(value_cdr(item));
        Position position = rt_position_from_value(value_car(value_cdr(value_cdr(item))));
        Binding *binding = vm_scope_find(environment->scope, from, NULL);
        if (!binding) { // its own: what it is shows when the body is expanded
            binding = vm_scope_bind(vm, environment->scope, from, position);
            binding->kind = BINDING_LAZY;
            binding->home = environment;
        }
        IdentifierEntry *exported = vm_table_add(vm, &library->exports, to);
        if (exported->item && exported->item != binding)
            return fail(vm, position, rt_list(vm, 1, to),
                        "export: exported already with another meaning:");
        exported->item = binding;
        exported->position = position;
    }
    return true;
}

static bool import_declaration(VM *vm, Environment *into, Value form, SourceMap *map,
                               Position position, bool run);

// Take over what the declarations say.
static void keep(Library *library, const Declarations *d) {
    library->import_declarations = d->imports.first;
    library->export_specs = d->exports.first;
    library->body = d->body.first;
    library->map = d->x.map;
}

static bool open_now(VM *vm, Library *library) {
    if (library->text) {
        Declarations d = declarations_new(vm, library);
        Value declarations = header_declarations(vm, library);
        if (declarations == VALUE_FAILURE || !declare_all(&d, declarations))
            return false;
        keep(library, &d);
    }
    for (Value list = library->import_declarations; list != VALUE_NULL; list = value_cdr(list)) {
        Value import = value_car(list);
        if (!import_declaration(vm, library->environment, value_car(import), library->map,
                                rt_position_from_value(value_cdr(import)), false))
            return false;
    }
    return export_all(vm, library, library->export_specs);
}

// The chain of libraries being opened, from the one that is met again to itself.
static bool cycle(VM *vm, Library *library, Position position) {
    StringBuilder b;
    rt_builder_init(&b, vm);
    rt_builder_c(&b, vm_name_text(vm, library->name));
    Value chain = VALUE_NULL;
    for (Value rest = vm->language->loading; rest != VALUE_NULL; rest = value_cdr(rest)) {
        chain = rt_cons(vm, value_car(rest), chain);
        if (value_car(rest) == library->name)
            break;
    }
    if (chain != VALUE_NULL)
        for (chain = value_cdr(chain); chain != VALUE_NULL; chain = value_cdr(chain))
            rt_builder_format(&b, " imports %s", vm_name_text(vm, value_car(chain)));
    rt_builder_format(&b, " imports %s", vm_name_text(vm, library->name));
    char *text = rt_string_to_utf8(vm, rt_builder_finish(&b), NULL);
    return fail(vm, position, VALUE_NULL, "import: circular: %s", text ? text : "?");
}

static bool open_library(VM *vm, Library *library, Position position) {
    switch (library->state) {
    case LIBRARY_NEW:
        break;
    case LIBRARY_OPENING:
        return cycle(vm, library, position);
    case LIBRARY_FAILED:
        vm->condition = library->failure;
        return false;
    default:
        return true;
    }
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return false;
    }
    library->state = LIBRARY_OPENING;
    vm->language->loading = rt_cons(vm, library->name, vm->language->loading);
    bool ok = open_now(vm, library);
    vm->language->loading = value_cdr(vm->language->loading);
    library->state = LIBRARY_OPEN;
    if (ok) { // what they say is known now
        library->import_declarations = library->export_specs = VALUE_NULL;
    } else {
        library->state = LIBRARY_NEW;
        forget(vm, library);
    }
    return ok;
}

Library *vm_library_open(VM *vm, Value name, Position position) {
    if (!check_name(vm, "import", name, position))
        return NULL;
    Value key = key_of_name(vm, name);
    if (key == VALUE_FAILURE)
        return NULL;
    Library *library = registered(vm, key);
    if (!library)
        library = find_builtin(vm, name, key);
    if (!library) {
        const char *path = find_file(vm, name);
        if (!path) {
            fail(vm, position, VALUE_NULL, "import: library %s not found", vm_name_text(vm, name));
            return NULL;
        }
        if (!load_file(vm, path))
            return NULL;
        library = registered(vm, key);
        if (!library) {
            fail(vm, position, rt_list(vm, 1, name), "import: %s does not define the library",
                 path);
            return NULL;
        }
    }
    return open_library(vm, library, position) ? library : NULL;
}

Node *vm_library_variable(VM *vm, Value library, const char *name, Position position) {
    Library *l = vm_library_open(vm, library, position);
    if (!l)
        return NULL;
    IdentifierEntry *entry = vm_table_find(&l->exports, rt_intern(vm, name));
    ASSERT(entry, "library does not export %s", name);
    Binding *binding = entry->item;
    return vm_library_force(vm, binding) ? vm_node_global(vm, binding->cell, position) : NULL;
}

bool vm_define_library(VM *vm, Value form, SourceMap *map, Position position) {
    static const CoreForm row = {.name = "define-library",
                                 .usage = "(define-library name declaration ...)"};
    Expander x = {.vm = vm, .language = vm->language, .map = map, .position = position};
    Form f = {.core = &row, .datum = form, .position = position};
    if (rt_list_length(form) < 2)
        return vm_bad_syntax(&x, &f) != NULL;
    Value name = vm_strip(vm, value_car(value_cdr(form)));
    if (!check_name(vm, "define-library", name, vm_position_car(&x, value_cdr(form))))
        return false;
    Value key = key_of_name(vm, name);
    if (key == VALUE_FAILURE)
        return false;
    Library *library = registered(vm, key);
    if (!library)
        library = find_builtin(vm, name, key);
    if (library && (library->text || library == vm->language->core_library ||
                    library == vm->language->primitives))
        return fail(vm, position, rt_list(vm, 1, name),
                    "define-library: a built-in library has that name:");
    if (library && library->state == LIBRARY_OPENING)
        return cycle(vm, library, position);
    library = library_new(vm, name, key);
    library->map = map;
    library->position = position;
    Declarations d = declarations_new(vm, library);
    if (!declare_all(&d, value_cdr(value_cdr(form)))) {
        forget(vm, library);
        return false;
    }
    keep(library, &d);
    return true;
}

// ---- running the body

// Variables that nothing assigns are constants from their definition on. What a macro of the
// library inserts may be assigned by its uses; a built-in library's macros do no such thing.
static bool can_seal(const Library *library, const Binding *b) {
    if (b->kind != BINDING_GLOBAL || b->assigned || !b->defined)
        return false;
    return !vm_table_find(&library->template_symbols, value_cell(b->cell)->name);
}

static void seal(const Library *library, const Binding *b) {
    if (!can_seal(library, b))
        return;
    void *cell = value_object(b->cell);
    object_set_flags(cell, object_flags(cell) | CELL_SEALED);
}

static void seal_defined(Expander *x) {
    PendingForms *p = x->pending;
    for (; p->sealed < p->defined_count; p->sealed++) {
        const Binding *b = p->defined[p->sealed];
        if (b->kind == BINDING_GLOBAL && value_cell(b->cell)->value == VALUE_UNBOUND)
            return;
        seal(x->environment->library, b);
    }
}

static bool check_exports(VM *vm, const Library *library) {
    for (uint32_t i = 0; i < library->exports.count; i++) {
        const IdentifierEntry *e = &library->exports.entry[i];
        const Binding *b = e->item;
        if (b->kind != BINDING_LAZY && !(b->kind == BINDING_GLOBAL && !b->defined))
            continue;
        if (b->home != library->environment)
            continue;
        return fail(vm, e->position, VALUE_NULL, "%s exports %s, which it does not define",
                    vm_name_text(vm, library->name), vm_name_text(vm, e->key));
    }
    return true;
}

static bool run_body(VM *vm, Library *library) {
    Declarations d = declarations_new(vm, library);
    if (library->text) {
        if (!read_builtin_body(vm, library, &d))
            return false;
        library->body = d.body.first;
    }
    PendingForms pending = {.runnable = true};
    Expander *x = &d.x;
    x->pending = &pending;
    for (Value list = library->body; list != VALUE_NULL; list = value_cdr(list)) {
        Value declaration = value_car(value_car(list));
        Form form = {.datum = declaration,
                     .position = rt_position_from_value(value_cdr(value_car(list)))};
        if (!form.position)
            form.position = library->position;
        x->position = form.position;
        bool begin = rt_string_is(value_symbol(vm_form_name(&form))->name, "begin");
        Value forms = begin ? value_cdr(declaration) : vm_include_forms(x, &form);
        if (forms == VALUE_FAILURE || !vm_process_forms(x, forms))
            return false;
    }
    pending.seal = seal_defined;
    if (!vm_pending_run(x))
        return false;
    // What was not defined in order, and so stopped seal_defined.
    for (uint32_t i = 0; i < pending.defined_count; i++)
        if (pending.defined[i]->kind == BINDING_GLOBAL &&
            value_cell(pending.defined[i]->cell)->value != VALUE_UNBOUND)
            seal(library, pending.defined[i]);
    return check_exports(vm, library);
}

bool vm_library_instantiate(VM *vm, Library *library) {
    switch (library->state) {
    case LIBRARY_RUNNING:
    case LIBRARY_READY:
        return true;
    case LIBRARY_FAILED:
        vm->condition = library->failure;
        return false;
    default:
        break;
    }
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return false;
    }
    library->state = LIBRARY_RUNNING;
    bool ok = true;
    for (struct ImportedLibrary *i = library->imports; ok && i; i = i->next)
        if (!i->library->text)
            ok = vm_library_instantiate(vm, i->library);
    Value dynamic = vm->dynamic;
    ok = ok && run_body(vm, library);
    vm->dynamic = dynamic;
    library->state = ok ? LIBRARY_READY : LIBRARY_OPEN;
    library->body = VALUE_NULL;
    if (ok)
        library->map = NULL; // positions live on in the code
    else
        forget(vm, library);
    return ok;
}

bool vm_library_force(VM *vm, Binding *binding) {
    Library *library = binding->home->library;
    if (!vm_library_instantiate(vm, library))
        return false;
    if (binding->kind != BINDING_LAZY)
        return true;
    // Its own body runs and refers to it before its definition: a variable, as far as anyone can
    // know.
    Value name = VALUE_FALSE;
    const IdentifierTable *table = &library->environment->scope->table;
    for (uint32_t i = 0; i < table->count; i++)
        if (table->entry[i].item == binding)
            name = table->entry[i].key;
    binding->kind = BINDING_GLOBAL;
    binding->cell = vm_cell_new(vm, name, library->environment);
    return true;
}

Value vm_library(VM *vm, Value name) {
    Library *library = vm_library_open(vm, name, 0);
    if (!library || !vm_library_instantiate(vm, library))
        return VALUE_FAILURE;
    return value_from_pointer(library->environment);
}

// ---- import sets

typedef struct ImportSet {
    IdentifierTable
        table; // name -> Binding *; shared with the library's exports unless it was narrowed
    Library *library;
} ImportSet;

static void note_missing(VM *vm, const ImportSet *set, Value name, Position position) {
    fail(vm, position, VALUE_NULL, "import: %s does not export %s",
         vm_name_text(vm, set->library->name), vm_name_text(vm, name));
}

static void put(VM *vm, IdentifierTable *table, Value name, void *binding) {
    vm_table_add(vm, table, name)->item = binding;
}

typedef struct ImportContext {
    Expander x; // for positions
} ImportContext;

static bool bad_import(ImportContext *c, Value pair) {
    return fail(c->x.vm, vm_position_car(&c->x, pair), rt_list(c->x.vm, 1, value_car(pair)),
                "import: bad syntax: not an import set:");
}

static bool narrow(ImportContext *c, Value pair, const char *how, ImportSet *set);

static bool import_set(ImportContext *c, Value pair, ImportSet *out) {
    VM *vm = c->x.vm;
    Value spec = value_car(pair);
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return false;
    }
    if (rt_list_length(spec) < 1)
        return bad_import(c, pair);
    if (value_is_symbol(value_car(spec)) && value_is_pair(value_cdr(spec)) &&
        value_is_pair(value_car(value_cdr(spec)))) {
        static const char *const modifiers[] = {"only", "except", "prefix", "rename"};
        for (int i = 0; i < 4; i++)
            if (rt_string_is(value_symbol(value_car(spec))->name, modifiers[i]))
                return import_set(c, value_cdr(spec), out) && narrow(c, pair, modifiers[i], out);
    }
    out->library = vm_library_open(vm, spec, vm_position_car(&c->x, pair));
    if (!out->library)
        return false;
    out->table = out->library->exports;
    return true;
}

static Value with_prefix(VM *vm, Value prefix, Value name) {
    Value text = rt_string_append2(vm, value_symbol(prefix)->name, value_symbol(name)->name);
    return text == VALUE_FAILURE ? VALUE_FAILURE : rt_intern_string(vm, text);
}

static bool narrow(ImportContext *c, Value pair, const char *how, ImportSet *set) {
    VM *vm = c->x.vm;
    Value list = value_cdr(value_cdr(value_car(pair)));
    const IdentifierTable from = set->table;
    IdentifierTable to = {0};
    if (strcmp(how, "prefix") == 0) {
        if (rt_list_length(list) != 1 || !value_is_symbol(value_car(list)))
            return bad_import(c, pair);
        vm_table_reserve(vm, &to, from.count);
        for (uint32_t i = 0; i < from.count; i++) {
            Value name = with_prefix(vm, value_car(list), from.entry[i].key);
            if (name == VALUE_FAILURE)
                return false;
            put(vm, &to, name, from.entry[i].item);
        }
        set->table = to;
        return true;
    }
    bool only = strcmp(how, "only") == 0, rename = strcmp(how, "rename") == 0;
    IdentifierTable named = {0}; // names the list mentions -> the pair that holds the spec
    for (Value rest = list; rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value item = value_car(rest), name = item;
        if (rename) {
            if (rt_list_length(item) != 2 || !value_is_symbol(value_car(value_cdr(item))))
                return bad_import(c, rest);
            name = value_car(item);
        }
        if (!value_is_symbol(name))
            return bad_import(c, rest);
        const IdentifierEntry *entry = vm_table_find(&from, name);
        if (!entry) {
            note_missing(vm, set, name, vm_position_car(&c->x, rest));
            return false;
        }
        if (only)
            put(vm, &to, name, entry->item);
        put(vm, &named, name, value_object(rest));
    }
    for (uint32_t i = 0; !only && i < from.count; i++) {
        const IdentifierEntry *mentioned = vm_table_find(&named, from.entry[i].key);
        if (mentioned && !rename)
            continue;
        Value name = from.entry[i].key;
        if (mentioned)
            name = value_car(value_cdr(value_car(value_from_pointer(mentioned->item))));
        IdentifierEntry *entry = vm_table_add(vm, &to, name);
        if (entry->item && entry->item != from.entry[i].item)
            return fail(vm, vm_position_car(&c->x, pair), rt_list(vm, 1, name),
                        "import: two meanings of");
        entry->item = from.entry[i].item;
    }
    set->table = to;
    return true;
}

static const char *home_text(VM *vm, const Binding *b) {
    return b->home && b->home->library ? vm_name_text(vm, b->home->library->name) : "the program";
}

static bool import_one(VM *vm, Environment *into, Value name, Binding *binding, Position position) {
    Position imported = 0;
    Binding *old = vm_scope_find(into->scope, name, &imported);
    if (old == binding || (old && old->original == binding))
        return true;
    if (old && into->kind == ENVIRONMENT_INTERACTIVE) {
        if (old->home == into && old->kind == BINDING_GLOBAL) {
            // Code that refers to the variable is to see the import.
            if (binding->kind == BINDING_LAZY && !vm_library_force(vm, binding))
                return false;
            if (binding->kind == BINDING_GLOBAL) {
                Node *value = vm_node_const(vm, value_cell(binding->cell)->value, position);
                if (vm_run_node(vm, vm_node_define(vm, old->cell, value, position)) ==
                    VALUE_FAILURE)
                    return false;
                old->original = binding;
                old->defined = true;
                old->record_fields = binding->record_fields;
                return true;
            }
        }
    } else if (old && !(old->home == into && old->kind == BINDING_GLOBAL && !old->defined)) {
        if (old->home == into)
            return fail(vm, position, VALUE_NULL,
                        "import: %s of %s conflicts with the definition at %s",
                        vm_name_text(vm, name), home_text(vm, binding),
                        vm_position_text(vm, old->position));
        return fail(vm, position, VALUE_NULL,
                    "import: %s of %s conflicts with %s of %s, imported at %s",
                    vm_name_text(vm, name), home_text(vm, binding), vm_name_text(vm, name),
                    home_text(vm, old), vm_position_text(vm, imported));
    }
    IdentifierEntry *entry = vm_table_add(vm, &into->scope->table, name);
    entry->item = binding;
    entry->position = position;
    return true;
}

static void note_import(VM *vm, Environment *into, Library *library) {
    if (!into->library)
        return;
    struct ImportedLibrary **end = &into->library->imports;
    while (*end)
        end = &(*end)->next;
    *end = rt_raw_new(vm, sizeof **end);
    (*end)->library = library;
}

// Built-in libraries stay, and what they export never changes.
static bool is_permanent(const VM *vm, const Library *library) {
    return library->text || library == vm->language->core_library ||
           library == vm->language->primitives;
}

// A built-in library does not import one name with two meanings.
static void check_meanings(VM *vm, const Scope *scope, const IdentifierTable *names) {
#ifdef KILN_DEBUG
    for (uint32_t i = 0; i < names->count; i++) {
        const Binding *old = vm_scope_find(scope, names->entry[i].key, NULL);
        ASSERT(!old || old == names->entry[i].item, "%s is imported with two meanings",
               vm_name_text(vm, names->entry[i].key));
    }
#else
    (void)vm, (void)scope, (void)names;
#endif
}

// Import all that the set has.
static bool import_all(VM *vm, Environment *into, const ImportSet *set, Position position) {
    const IdentifierTable *names = &set->table;
    Scope *scope = into->scope;
    if (into->library && into->library->text && is_permanent(vm, set->library) &&
        names->entry == set->library->exports.entry) {
        check_meanings(vm, scope, names);
        WholeImport *import = rt_raw_new(vm, sizeof *import), **end = &scope->whole;
        *import = (WholeImport){.library = set->library, .position = position};
        while (*end)
            end = &(*end)->next;
        *end = import;
        return true;
    }
    vm_table_reserve(vm, &scope->table, scope->table.count + names->count);
    for (uint32_t i = 0; i < names->count; i++)
        if (!import_one(vm, into, names->entry[i].key, names->entry[i].item, position))
            return false;
    return true;
}

static bool import_declaration(VM *vm, Environment *into, Value form, SourceMap *map,
                               Position position, bool run) {
    ImportContext c = {.x = {.vm = vm, .language = vm->language, .map = map, .position = position}};
    if (rt_list_length(form) < 1)
        return fail(vm, position, VALUE_NULL,
                    "import: bad syntax: expected (import import-set ...)");
    for (Value rest = value_cdr(form); rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value pair = rest;
        Value clean = vm_strip(vm, value_car(rest)); // a macro may have made it
        if (clean != value_car(rest))
            pair = rt_cons(vm, clean, VALUE_NULL);
        ImportSet set;
        if (!import_set(&c, pair, &set))
            return false;
        if (run && !set.library->text && !vm_library_instantiate(vm, set.library))
            return false;
        note_import(vm, into, set.library);
        Position at = vm_position_car(&c.x, rest);
        if (!import_all(vm, into, &set, at))
            return false;
        if (rt_string_is(value_symbol(set.library->key)->name, "(kiln sx)"))
            into->sx = true;
    }
    return true;
}

bool vm_import(VM *vm, Environment *into, Value form, SourceMap *map, Position position) {
    return import_declaration(vm, into, form, map, position, true);
}

// ---- libraries made in C

static Library *library_in_c(VM *vm, const char *part) {
    Value name = rt_list(vm, 2, rt_intern(vm, "kiln"), rt_intern(vm, part));
    Library *library = library_new(vm, name, key_of_name(vm, name));
    library->state = LIBRARY_READY;
    return library;
}

static void define_constant(VM *vm, Library *library, const char *name, Value value) {
    Scope *scope = library->environment->scope;
    Value symbol = rt_intern(vm, name);
    Binding *b = vm_scope_bind(vm, scope, symbol, 0);
    b->kind = BINDING_GLOBAL;
    b->defined = true;
    b->home = library->environment;
    b->cell = vm_cell_new(vm, symbol, library->environment);
    value_cell(b->cell)->value = value;
    object_set_flags(value_object(b->cell), CELL_SEALED);
}

void vm_libraries_init(VM *vm) {
    Language *l = vm->language;
    l->core_library = library_in_c(vm, "core");
    l->core = l->core_library->environment;
    for (int i = 0; i < vm_core_form_count; i++) {
        Binding *b = vm_scope_bind(vm, l->core->scope, rt_intern(vm, vm_core_forms[i].name), 0);
        b->kind = BINDING_FORM;
        b->defined = true;
        b->home = l->core;
        b->form = &vm_core_forms[i];
    }
    define_constant(vm, l->core_library, "nil", VALUE_NIL);
    define_constant(vm, l->core_library, "true", VALUE_TRUE);
    define_constant(vm, l->core_library, "false", VALUE_FALSE);
    l->core_library->exports = l->core->scope->table;
    l->primitives = library_in_c(vm, "primitives");
    vm_table_reserve(vm, &l->primitives->environment->scope->table, (uint32_t)rt_primitive_count);
    for (int i = 0; i < rt_primitive_count; i++)
        define_constant(vm, l->primitives, rt_primitives[i].name,
                        rt_primitive_object(vm, &rt_primitives[i]));
    // Parameter objects of the runtime, which the table of primitives cannot hold.
    define_constant(vm, l->primitives, "current-input-port", vm->ports->input);
    define_constant(vm, l->primitives, "current-output-port", vm->ports->output);
    define_constant(vm, l->primitives, "current-error-port", vm->ports->error);
    l->primitives->exports = l->primitives->environment->scope->table;
}
