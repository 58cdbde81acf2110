// The cache of compiled programs: recording and running forms. See cache.h; files are in
// cache_file.c, what a form's steps are made of in image.h.
//
// A file is a Header, then words:
//
//   forms    FileForm each
//   names    symbols and keywords: offset in the text area, length << 1 | keyword
//   blobs    the steps of the forms
//   text     of names
//
// All numbers are those of this machine; another one has another build.
#include "vm/cache.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/settings.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/cache_file.h"
#include "vm/expand_int.h"
#include "vm/image.h"
#include "vm/kiln_int.h"
#include "vm/passes.h"
#include "vm/report.h"
#include "vm/tier.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <unistr.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    TEXT_LEAST = 3000,    // bytes: smaller programs are expanded in the time that an entry takes
    TEXT_MOST = 64 << 20, // larger ones are not worth the memory
    REWRITES_MOST = 16,   // an entry that changes with every run is left as it is
    LIMIT_DEFAULT = 64 << 20, // KILN_CACHE_SIZE
    NAME_SIZE = 32,           // of an entry's file, without suffix
};

// ---- the file

static const char magic[8] = "KilnC01";

typedef struct Header {
    char magic[8];
    uint64_t size;          // of the whole file
    XXH128_hash_t check;    // of all that follows
    XXH128_hash_t identity; // of path, build, mode, settings
    XXH128_hash_t text;     // of the program
    uint64_t text_size;
    uint32_t program; // the environment is a program's: vm_file_environment
    uint32_t rewrites;
    uint32_t form_count, name_count, blob_words;
    uint32_t characters; // bytes of the text area
} Header;
static_assert(sizeof(Header) % 8 == 0);

typedef enum FormState {
    FORM_UNSEEN, // not run so far
    FORM_TEXT,   // always expanded
    FORM_STEPS,
} FormState;

typedef struct FileForm {
    XXH128_hash_t inputs; // all that had been read, asked for and found before it was expanded
    uint64_t start, end;  // bytes of the text, after what comes before
    Position position;    // without source
    uint32_t line, column, port_flags; // where reading begins
    uint32_t state;
    uint32_t blob, blob_size; // words
} FileForm;

// ---- the cache

typedef struct ProgramForm {
    FileForm file;
    Value datum; // VALUE_NONE: not read yet
    SourceMap *map;
    const uint32_t *steps; // file.blob_size words
} ProgramForm;

struct Cache {
    VM *vm;
    const char *path;
    bool scheme;
    char *folder; // malloc'ed
    char name[NAME_SIZE + 8];
    XXH128_hash_t identity, text_hash;
    char *text; // malloc'ed
    size_t text_size, text_start;
    uint32_t source;
    uint64_t limit;

    Header *entry; // malloc'ed; NULL: there is none
    const FileForm *entry_forms;
    const uint32_t *entry_names, *entry_blobs;
    const char *entry_characters;

    Value environment;
    bool program;
    ProgramForm *form; // scanned memory
    uint32_t form_count, form_room;
    Value *entry_name;    // names of the entry that were needed
    XXH128_hash_t inputs; // see FileForm
    uint32_t rewrites;
    bool changed;                // there is something new to write
    uint32_t replayed, expanded; // forms, for KILN_TRACE=cache
    const char *written;
    uint64_t meanings; // Language.meanings at the start
    ImageReader reader;

    // The form being run.
    uint32_t at;
    bool recording, doubt, procedural, whole;
    uint32_t skip; // steps of it that have run already
    uint32_t step_count;
    uint32_t first_entry; // of the environment's table that was made for it
    ImageTable privates;  // cells of aliases that it defines: numbers
    Value *private_cell;  // the same when it runs from its steps
    uint32_t private_count, private_room;
    struct {
        Value name;
        Position position;
    } *defined;
    uint32_t defined_count, defined_room;
    ImageWriter writer;
    ImageWords blob;
    XXH128_hash_t inputs_before;
    uint32_t objects_before; // of the form's earlier steps
    uint32_t cell_room;
};

static bool open_to_program(const Cache *c) { return c->vm->language->meanings == c->meanings; }

// ---- opening

static XXH128_hash_t identity_of(const char *path, const char *mode, bool scheme) {
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    const uint8_t *build;
    size_t size;
    (void)vm_cache_build(&build, &size);
    XXH3_128bits_update(&state, build, size);
    XXH3_128bits_update(&state, path, strlen(path) + 1);
    XXH3_128bits_update(&state, mode, strlen(mode) + 1);
    const char *passes = rt_setting(SETTING_IR_PASSES);
    if (passes)
        XXH3_128bits_update(&state, passes, strlen(passes));
    XXH3_128bits_update(&state, scheme ? "\1" : "\2", 1);
    return XXH3_128bits_digest(&state);
}

// The path from the root, malloc'ed. Its folder is what it really is, its last part as given: where
// includes and libraries are looked for depends on both.
static char *whole_path(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? strdup("/")
                   : slash       ? strndup(path, (size_t)(slash - path))
                                 : strdup(".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    char *whole = real ? vm_cache_path(real, slash ? slash + 1 : path) : NULL;
    free(folder);
    free(real);
    return whole;
}

// All parts within the file, and nothing that was changed.
static bool entry_valid(const Cache *c, const Header *h, size_t size) {
    if (size < sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0 || h->size != size)
        return false;
    size_t checked = offsetof(Header, identity);
    if (!XXH128_isEqual(h->check, XXH3_128bits((const char *)h + checked, size - checked)))
        return false;
    uint64_t need = sizeof *h + h->form_count * (uint64_t)sizeof(FileForm) +
                    h->name_count * UINT64_C(8) + h->blob_words * UINT64_C(4) + h->characters;
    return need == size && XXH128_isEqual(h->identity, c->identity) &&
           XXH128_isEqual(h->text, c->text_hash) && h->text_size == c->text_size;
}

static ProgramForm *add_form(Cache *c) {
    if (c->form_count == c->form_room) {
        c->form_room = c->form_room ? 2 * c->form_room : 64;
        ProgramForm *grown = rt_raw_new(c->vm, c->form_room * sizeof *grown);
        if (c->form_count)
            memcpy(grown, c->form, c->form_count * sizeof *grown);
        c->form = grown;
    }
    return &c->form[c->form_count++];
}

static void use_entry(Cache *c) {
    const Header *h = c->entry;
    c->entry_forms = (const FileForm *)(h + 1);
    c->entry_names = (const uint32_t *)(c->entry_forms + h->form_count);
    c->entry_blobs = c->entry_names + 2 * (size_t)h->name_count;
    c->entry_characters = (const char *)(c->entry_blobs + h->blob_words);
    c->entry_name = rt_raw_new(c->vm, ((size_t)h->name_count + 1) * sizeof(Value));
    c->program = h->program;
    c->rewrites = h->rewrites;
    c->form_room = h->form_count + 1;
    c->form = rt_raw_new(c->vm, c->form_room * sizeof *c->form);
    for (uint32_t i = 0; i < h->form_count; i++) {
        ProgramForm *f = add_form(c);
        f->file = c->entry_forms[i];
        f->steps = c->entry_blobs + f->file.blob;
    }
}

Cache *vm_cache_open(VM *vm, const char *path, bool scheme) {
    const uint8_t *build;
    size_t size;
    // That trace shows what the passes do.
    if (!vm->tier->image || rt_setting_has(SETTING_TRACE, "ir") || !vm_cache_build(&build, &size))
        return NULL;
    char *folder = vm_cache_folder();
    if (!folder)
        return NULL;
    char *text = (char *)vm_cache_read(path, false, &size), *whole = NULL;
    if (!text || size < TEXT_LEAST || size > TEXT_MOST || !(whole = whole_path(path)) ||
        u8_check((const uint8_t *)text, size)) {
        free(text);
        free(whole);
        free(folder);
        return NULL;
    }
    Cache *c = rt_raw_new(vm, sizeof *c);
    c->vm = vm;
    c->path = path;
    c->scheme = scheme;
    c->folder = folder;
    c->text = text;
    c->text_size = size;
    c->text_hash = XXH3_128bits(text, size);
    c->identity = identity_of(whole, vm->tier->name, scheme);
    c->limit = rt_setting_number(SETTING_CACHE_SIZE, LIMIT_DEFAULT);
    free(whole);
    snprintf(c->name, sizeof c->name, "%016llx%016llx.kiln", (unsigned long long)c->identity.high64,
             (unsigned long long)c->identity.low64);
    char *file = vm_cache_path(folder, c->name);
    size_t entry_size = 0;
    c->entry = file ? (Header *)vm_cache_read(file, true, &entry_size) : NULL;
    if (c->entry && !entry_valid(c, c->entry, entry_size)) {
        free(c->entry);
        c->entry = NULL;
    }
    if (c->entry) {
        use_entry(c);
        vm_cache_touch(file);
    }
    free(file);
    return c;
}

static void close_cache(Cache *c) {
    free(c->folder);
    free(c->text);
    free(c->entry);
    c->folder = c->text = NULL;
    c->entry = NULL;
}

// ---- names

static Value name_at(void *context, uint32_t number) {
    Cache *c = context;
    if (number >= c->entry->name_count)
        return VALUE_NONE;
    Value name = c->entry_name[number];
    if (name != VALUE_NONE)
        return name;
    uint32_t offset = c->entry_names[2 * (size_t)number],
             length = c->entry_names[2 * (size_t)number + 1];
    Value text = rt_string_from_utf8(c->vm, c->entry_characters + offset, length >> 1);
    if (text == VALUE_FAILURE)
        return VALUE_NONE;
    name = length & 1 ? rt_keyword_string(c->vm, text) : rt_intern_string(c->vm, text);
    return c->entry_name[number] = name;
}

// The writer gives the names of the entry the numbers they have there, so that what is kept of it
// stays as it is.
static bool take_names(Cache *c) {
    if (c->writer.names.count || !c->entry)
        return true;
    for (uint32_t i = 0; i < c->entry->name_count; i++) {
        Value name = name_at(c, i);
        if (name == VALUE_NONE || vm_image_name(&c->writer, name) != i)
            return false;
    }
    return true;
}

// ---- variables

typedef enum CellKind {
    CELL_PROGRAM, // of the program's environment, by name
    CELL_LIBRARY, // of a library, by the name it has in there
    CELL_PRIVATE, // that a macro's expansion defined in this very form
} CellKind;

static const Binding *binding_named(const Scope *scope, Value name, Value cell) {
    const IdentifierEntry *entry = vm_table_find(&scope->table, name);
    const Binding *b = entry ? entry->item : NULL;
    return b && b->kind == BINDING_GLOBAL && b->cell == cell ? b : NULL;
}

static bool is_private(const Cache *c, Value cell) {
    const IdentifierTable *table = &value_environment(c->environment)->scope->table;
    for (uint32_t i = c->first_entry; i < table->count; i++) {
        const Binding *b = table->entry[i].item;
        if (b && value_is_alias(table->entry[i].key) && b->kind == BINDING_GLOBAL &&
            b->cell == cell)
            return true;
    }
    return false;
}

// kind | assigned << 8, name, library or number, first that holds the same, fact.
static void write_cell(Cache *c, const ImageCell *cell) {
    VM *vm = c->vm;
    ImageWriter *w = &c->writer;
    Value name = value_cell(cell->cell)->name, home = value_cell(cell->cell)->home;
    CellKind kind = CELL_PROGRAM;
    uint32_t where = 0;
    if (!value_is_symbol(name)) {
        w->doubt = true;
        return;
    }
    if (home == c->environment) {
        const Scope *scope = value_environment(c->environment)->scope;
        if (!binding_named(scope, name, cell->cell)) {
            kind = CELL_PRIVATE;
            where = vm_image_find(&c->privates, cell->cell);
            if (where == IMAGE_ABSENT) {
                w->doubt |= !is_private(c, cell->cell);
                where = c->privates.count;
                vm_image_put(vm, &c->privates, cell->cell, where);
            }
        }
    } else {
        Library *library = value_is_pair(home) ? vm_library_known(vm, home) : NULL;
        kind = CELL_LIBRARY;
        if (library && binding_named(library->environment->scope, name, cell->cell))
            where = vm_image_name(w, library->key);
        else
            w->doubt = true;
    }
    image_put32(vm, &c->blob, kind | (uint32_t)cell->assigned << 8);
    image_put32(vm, &c->blob, vm_image_name(w, name));
    image_put32(vm, &c->blob, where);
    image_put32(vm, &c->blob, cell->same);
    image_put64(vm, &c->blob, cell->fact);
}

static Library *library_of(Cache *c, Value key) {
    IdentifierEntry *entry = vm_table_find(&c->vm->language->libraries, key);
    Library *library = entry ? entry->item : NULL;
    if (!library) {
        // A built-in one that nothing has asked for yet.
        Value port = rt_port_from_string(c->vm, value_symbol(key)->name);
        if (port == VALUE_FAILURE)
            return NULL;
        Reader reader;
        rt_reader_init(c->vm, &reader, port, READ_SCHEME);
        Value name = rt_read(c->vm, &reader);
        library = value_is_pair(name) ? vm_library_known(c->vm, name) : NULL;
    }
    return library && vm_library_open(c->vm, library->name, 0) == library ? library : NULL;
}

static Value private_cell(Cache *c, Value name, uint32_t number) {
    if (number > c->private_count)
        return VALUE_NONE;
    if (number == c->private_count) {
        if (number == c->private_room) {
            c->private_room = number ? 2 * number : 8;
            Value *grown = rt_raw_new(c->vm, c->private_room * sizeof *grown);
            if (number)
                memcpy(grown, c->private_cell, number * sizeof *grown);
            c->private_cell = grown;
        }
        c->private_cell[c->private_count++] =
            vm_cell_new(c->vm, name, value_environment(c->environment));
    }
    return c->private_cell[number];
}

// What a reference makes of a variable when it is expanded.
static Value referred_cell(VM *vm, Environment *environment, Value name) {
    Denotation d;
    if (!vm_resolve(vm, environment->scope, name, &d) ||
        (d.binding && d.binding->kind != BINDING_GLOBAL))
        return VALUE_NONE;
    return vm_variable_reference(vm, d)->cell;
}

// What set! makes of a variable of the program when it is expanded (core_forms.c).
static Value assigned_cell(VM *vm, Value environment, Value name) {
    Environment *e = value_environment(environment);
    Denotation d;
    if (!vm_resolve(vm, e->scope, name, &d))
        return VALUE_NONE;
    Binding *b = d.binding;
    if (!b)
        b = vm_variable_reference(vm, d);
    else if (b->kind != BINDING_GLOBAL)
        return VALUE_NONE;
    else if (b->home != e && e->kind != ENVIRONMENT_INTERACTIVE)
        return VALUE_NONE;
    else if (b->home != e)
        b = vm_environment_copy_import(vm, e, name, b);
    if (object_flags(value_object(b->cell)) & CELL_SEALED)
        return VALUE_NONE;
    b->assigned = true;
    b->record_fields = VALUE_NONE;
    b->original = NULL;
    return b->cell;
}

static Value find_cell(Cache *c, uint32_t kind, Value name, uint32_t where) {
    VM *vm = c->vm;
    switch (kind & 0xFF) {
    case CELL_PROGRAM:
        if (kind >> 8)
            return assigned_cell(vm, c->environment, name);
        return referred_cell(vm, value_environment(c->environment), name);
    case CELL_LIBRARY: {
        Value key = name_at(c, where);
        Library *library = key == VALUE_NONE ? NULL : library_of(c, key);
        if (!library)
            return VALUE_NONE;
        // What a built-in library does not export is known when its body has run, as it had when
        // one of its macros led to the variable.
        if (library->text && !vm_table_find(&library->environment->scope->table, name) &&
            !vm_library_instantiate(vm, library))
            return VALUE_NONE;
        return referred_cell(vm, library->environment, name);
    }
    case CELL_PRIVATE:
        return private_cell(c, name, where);
    }
    return VALUE_NONE;
}

// ---- recording

void vm_cache_doubt(Expander *x) {
    if (x->cache)
        x->cache->doubt = true;
}

void vm_cache_procedural(Expander *x) {
    if (x->cache)
        x->cache->doubt = x->cache->procedural = true;
}

// In the order of the text the same happens in every run. What a procedure makes happen may be
// something else next time.
void vm_cache_meaning(Expander *x) {
    if (x->environment && x->environment->kind == ENVIRONMENT_LIBRARY)
        return;
    if (!x->cache || x->cache->procedural)
        x->language->meanings++;
}

void vm_cache_define(Expander *x, Value identifier, Position position) {
    Cache *c = x->cache;
    if (!c || !c->recording || value_is_alias(identifier))
        return;
    if (c->defined_count == c->defined_room) {
        c->defined_room = c->defined_room ? 2 * c->defined_room : 8;
        void *grown = rt_raw_new(c->vm, c->defined_room * sizeof *c->defined);
        if (c->defined_count)
            memcpy(grown, c->defined, c->defined_count * sizeof *c->defined);
        c->defined = grown;
    }
    c->defined[c->defined_count].name = identifier;
    c->defined[c->defined_count++].position = position;
}

// One more thing that expansion depends on. Programs that meet the same things in the same order
// arrive at the same hash.
static void note_input(Cache *c, const char *what, size_t length, XXH128_hash_t answer) {
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, &c->inputs, sizeof c->inputs);
    XXH3_128bits_update(&state, what, length);
    XXH3_128bits_update(&state, &answer, sizeof answer);
    c->inputs = XXH3_128bits_digest(&state);
}

void vm_cache_file(VM *vm, const char *path) {
    Cache *c = vm->language->cache;
    if (!c)
        return;
    size_t size;
    uint8_t *text = vm_cache_read(path, false, &size);
    char *whole = whole_path(path);
    if (whole && text)
        note_input(c, whole, strlen(whole), XXH3_128bits(text, size));
    else
        vm->language->meanings++; // it cannot be told whether it stays the same
    free(text);
    free(whole);
}

void vm_cache_library(VM *vm, Value name, bool exists) {
    Cache *c = vm->language->cache;
    if (!c)
        return;
    size_t length;
    Value text = rt_write_to_string(vm, name, WRITE_WRITE);
    char *utf8 = text == VALUE_FAILURE ? NULL : rt_string_to_utf8(vm, text, &length);
    if (!utf8) {
        vm->language->meanings++;
        return;
    }
    char *what = rt_raw_new_atomic(vm, length + 2);
    what[0] = '?';
    memcpy(what + 1, utf8, length + 1);
    note_input(c, what, length + 1, (XXH128_hash_t){.low64 = exists});
}

static void write_step(Cache *c) {
    VM *vm = c->vm;
    ImageWriter *w = &c->writer;
    vm_image_end_step(w);
    size_t start = c->blob.count;
    image_put32(vm, &c->blob, 0);
    image_put32(vm, &c->blob, c->defined_count);
    for (uint32_t i = 0; i < c->defined_count; i++) {
        Position position = c->defined[i].position;
        if (position && position_source(position) != c->source)
            w->doubt = true;
        image_put32(vm, &c->blob, vm_image_name(w, c->defined[i].name));
        image_put64(vm, &c->blob, position & ((UINT64_C(1) << 40) - 1));
    }
    image_put32(vm, &c->blob, w->cell_count);
    for (uint32_t i = 0; i < w->cell_count && !w->doubt; i++)
        write_cell(c, &w->cell[i]);
    image_put32(vm, &c->blob, w->object_count - c->objects_before);
    c->objects_before = w->object_count;
    vm_image_words(vm, &c->blob, w->object_words.word, w->object_words.count);
    vm_image_words(vm, &c->blob, w->code.word, w->code.count);
    c->blob.word[start] = (uint32_t)(c->blob.count - start - 1);
    if (c->blob.count > UINT32_MAX / 8)
        w->doubt = true;
}

static void keep_form(Cache *c);
static void write_entry(Cache *c);

Value vm_cache_step(Cache *c, Node *node, bool whole) {
    VM *vm = c->vm;
    if (c->skip > 0) {
        c->skip--;
        return VALUE_UNSPECIFIED;
    }
    if (!c->recording || c->doubt)
        return vm_run_node(vm, node);
    // To expand it something was looked at that running it from its steps would not look at.
    if (c->step_count == 0 && !XXH128_isEqual(c->inputs, c->inputs_before)) {
        c->doubt = true;
        return vm_run_node(vm, node);
    }
    ImageWriter *w = &c->writer;
    vm_image_begin_step(w, node);
    Lambda *top = vm_passes_run(vm, node);
    if (!top || !vm->tier->image->compile(vm, top)) {
        c->doubt = true;
        return VALUE_FAILURE;
    }
    if (!w->doubt)
        vm->tier->image->save(w, top);
    if (!w->doubt)
        write_step(c);
    c->doubt |= w->doubt;
    c->defined_count = 0;
    c->step_count++;
    c->whole = whole;
    // The last form may be the one that runs for days.
    if (whole && c->at + 1 == c->form_count && open_to_program(c)) {
        keep_form(c);
        write_entry(c);
    }
    return vm->tier->run(vm, top);
}

static void begin_form(Cache *c, bool recording) {
    c->recording = recording && take_names(c);
    c->doubt = c->procedural = c->whole = false;
    c->skip = c->step_count = c->defined_count = c->private_count = c->objects_before = 0;
    c->privates = (ImageTable){0};
    c->inputs_before = c->inputs;
    c->first_entry = value_environment(c->environment)->scope->table.count;
    c->blob = (ImageWords){0};
    vm_image_begin_form(&c->writer);
}

// What was recorded of the form just run, or about to be run.
static void keep_form(Cache *c) {
    if (!c->recording)
        return;
    c->recording = false;
    FileForm *f = &c->form[c->at].file;
    // An alias means something new when the rest of a form is expanded once more.
    if (c->privates.count && c->step_count > 1)
        c->doubt = true;
    f->state = c->doubt ? FORM_TEXT : FORM_STEPS;
    f->inputs = c->inputs_before;
    f->blob_size = c->doubt ? 0 : (uint32_t)c->blob.count;
    c->form[c->at].steps = c->doubt ? NULL : c->blob.word;
    c->changed = true;
}

// ---- writing the entry

static void *put(uint8_t **to, const void *from, size_t size) {
    void *start = *to;
    if (size)
        memcpy(start, from, size);
    *to += size;
    return start;
}

static void write_entry(Cache *c) {
    c->changed = false;
    if (c->rewrites == REWRITES_MOST || !take_names(c))
        return;
    VM *vm = c->vm;
    const ImageWriter *w = &c->writer;
    Header h = {.identity = c->identity,
                .text = c->text_hash,
                .text_size = c->text_size,
                .program = c->program,
                .rewrites = c->rewrites + 1,
                .form_count = c->form_count,
                .name_count = w->names.count};
    uint64_t blobs = 0, characters = 0;
    char **name = rt_raw_new(vm, ((size_t)h.name_count + 1) * sizeof *name);
    size_t *length = rt_raw_new_atomic(vm, ((size_t)h.name_count + 1) * sizeof *length);
    for (uint32_t i = 0; i < h.name_count; i++) {
        if (!(name[i] = rt_string_to_utf8(vm, value_symbol(w->name[i])->name, &length[i])))
            return;
        characters += length[i];
    }
    for (uint32_t i = 0; i < c->form_count; i++)
        blobs += c->form[i].file.blob_size;
    uint64_t size = sizeof h + h.form_count * (uint64_t)sizeof(FileForm) +
                    h.name_count * UINT64_C(8) + blobs * 4 + characters;
    uint8_t *bytes = blobs <= UINT32_MAX && characters <= UINT32_MAX / 2 && size <= c->limit
                         ? malloc(size)
                         : NULL;
    if (!bytes)
        return;
    h.blob_words = (uint32_t)blobs;
    h.characters = (uint32_t)characters;
    h.size = size;
    memcpy(h.magic, magic, sizeof magic);
    uint8_t *to = bytes;
    put(&to, &h, sizeof h);
    uint32_t blob = 0, text = 0;
    for (uint32_t i = 0; i < c->form_count; i++) {
        FileForm f = c->form[i].file;
        f.blob = blob;
        blob += f.blob_size;
        put(&to, &f, sizeof f);
    }
    for (uint32_t i = 0; i < h.name_count; i++) {
        uint32_t row[2] = {text, (uint32_t)length[i] << 1 | value_is_keyword(w->name[i])};
        put(&to, row, sizeof row);
        text += (uint32_t)length[i];
    }
    for (uint32_t i = 0; i < c->form_count; i++)
        put(&to, c->form[i].steps, 4 * (size_t)c->form[i].file.blob_size);
    for (uint32_t i = 0; i < h.name_count; i++)
        put(&to, name[i], length[i]);
    size_t checked = offsetof(Header, identity);
    h.check = XXH3_128bits(bytes + checked, size - checked);
    memcpy(bytes + offsetof(Header, check), &h.check, sizeof h.check);
    vm_cache_write(c->folder, c->name, bytes, size, c->limit);
    c->written = ", entry written";
    free(bytes);
}

// ---- running a form from its steps

typedef enum Replay { REPLAY_DONE, REPLAY_DIFFERENT } Replay;

static bool replay_definitions(Cache *c, Expander *x) {
    ImageReader *r = &c->reader;
    for (uint32_t count = image_read32(r); count > 0 && !r->failed; count--) {
        Value name = name_at(c, image_read32(r));
        Position position = image_read_position(r);
        Form form = {.datum = VALUE_NULL, .position = position};
        if (name == VALUE_NONE || !vm_define_global(x, &form, name, position))
            return false;
    }
    return !r->failed;
}

// Find the variables and see whether they are as they were.
static bool replay_cells(Cache *c) {
    enum { CELL_WORDS = 6 };
    ImageReader *r = &c->reader;
    uint32_t count = image_read32(r);
    if (r->failed || count > (size_t)(r->end - r->at) / CELL_WORDS)
        return false;
    r->cell_count = 0;
    if (count > c->cell_room) {
        c->cell_room = 2 * count;
        r->cell = rt_raw_new(c->vm, c->cell_room * sizeof(Value));
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = image_read32(r), number = image_read32(r), where = image_read32(r),
                 same = image_read32(r);
        uint64_t fact = image_read64(r);
        Value name = name_at(c, number);
        Value cell = name == VALUE_NONE ? VALUE_NONE : find_cell(c, kind, name, where);
        if (cell == VALUE_NONE || vm_image_fact(c->vm, cell) != fact || same > i)
            return false;
        r->cell[i] = cell;
        if (same < i && value_cell(r->cell[same])->value != value_cell(cell)->value)
            return false;
    }
    r->cell_count = count;
    return true;
}

// DIFFERENT: *result is not set; c->skip steps have run.
static Replay replay(Cache *c, Value *result) {
    VM *vm = c->vm;
    ImageReader *r = &c->reader;
    const ProgramForm *f = &c->form[c->at];
    const uint32_t *end = f->steps + f->file.blob_size;
    Expander x = {.vm = vm,
                  .language = vm->language,
                  .environment = value_environment(c->environment),
                  .cache = c};
    r->object_count = 0;
    *result = VALUE_UNSPECIFIED;
    for (const uint32_t *at = f->steps; at < end; at += *at + 1) {
        r->failed = false;
        r->at = at + 1;
        r->end = at + 1 + *at;
        if (r->end > end || !open_to_program(c) || !replay_definitions(c, &x) || !replay_cells(c))
            return REPLAY_DIFFERENT;
        vm_image_read_objects(r);
        Lambda *top = r->failed ? NULL : vm->tier->image->load(r);
        if (!top)
            return REPLAY_DIFFERENT;
        c->skip++;
        *result = vm->tier->run(vm, top);
        if (*result == VALUE_FAILURE)
            return REPLAY_DONE;
    }
    return REPLAY_DONE;
}

// ---- reading

static bool read_datum(Cache *c, Value port, Reader *reader, ProgramForm *f) {
    reader->map = rt_source_map_new(c->vm);
    f->datum = rt_read(c->vm, reader);
    f->map = reader->map;
    f->file.position = reader->position & ((UINT64_C(1) << 40) - 1);
    return f->datum != VALUE_FAILURE;
}

static void reader_new(Cache *c, Reader *reader, Value port) {
    rt_reader_init(c->vm, reader, port, c->scheme ? READ_SCHEME : READ_SX);
    reader->source = c->source;
    reader->literals = true;
}

enum { PORT_STATE = PORT_FOLD_CASE | PORT_AFTER_RETURN }; // flags that reading one form leaves

// All forms, and where each is.
static bool read_all(Cache *c) {
    VM *vm = c->vm;
    Value port = rt_port_from_utf8(vm, c->text, c->text_size);
    if (port == VALUE_FAILURE)
        return false;
    Port *p = value_port(port);
    // Without a byte order mark.
    size_t before = c->text_size - p->end;
    Reader reader;
    reader_new(c, &reader, port);
    for (;;) {
        ProgramForm f = {.file = {.start = before + p->start,
                                  .line = p->line,
                                  .column = p->column,
                                  .port_flags = port_flags(port) & PORT_STATE}};
        if (!read_datum(c, port, &reader, &f))
            return false;
        f.file.end = before + p->start;
        if (f.datum == VALUE_EOF)
            return true;
        *add_form(c) = f;
    }
}

static bool read_one(Cache *c, ProgramForm *f) {
    VM *vm = c->vm;
    if (f->datum != VALUE_NONE)
        return true;
    Value port = rt_port_from_utf8(vm, c->text + f->file.start, f->file.end - f->file.start);
    if (port == VALUE_FAILURE)
        return false;
    object_set_flags(value_object(port), port_flags(port) | f->file.port_flags);
    value_port(port)->line = f->file.line;
    value_port(port)->column = f->file.column;
    Reader reader;
    reader_new(c, &reader, port);
    return read_datum(c, port, &reader, f);
}

// ---- running

static Value run_form(Cache *c) {
    VM *vm = c->vm;
    ProgramForm *f = &c->form[c->at];
    bool same = XXH128_isEqual(f->file.inputs, c->inputs);
    bool recording = f->file.state == FORM_UNSEEN || !same;
    begin_form(c, false);
    uint32_t skip = 0;
    if (f->file.state == FORM_STEPS && same && open_to_program(c)) {
        Value result;
        if (replay(c, &result) == REPLAY_DONE) {
            c->replayed++;
            return result;
        }
        skip = c->skip;
        if (open_to_program(c)) {
            f->file.state = FORM_TEXT;
            f->file.blob_size = 0;
            c->changed = true;
        }
    }
    if (!read_one(c, f))
        return VALUE_FAILURE;
    begin_form(c, recording && open_to_program(c));
    c->skip = skip;
    c->expanded++;
    Position position = f->file.position ? f->file.position | (Position)c->source << 40 : 0;
    Value result = vm_eval_form_cached(vm, f->datum, c->environment, f->map, position, c);
    // Of a form that failed it is not known what else it would have done.
    if ((result != VALUE_FAILURE || c->whole) && open_to_program(c))
        keep_form(c);
    c->recording = false;
    f->datum = VALUE_NONE;
    f->map = NULL;
    return result;
}

static Value run_forms(Cache *c) {
    VM *vm = c->vm;
    Value result = VALUE_UNSPECIFIED, dynamic = vm->dynamic;
    for (c->at = 0; c->at < c->form_count; c->at++) {
        result = run_form(c);
        vm->dynamic = dynamic;
        if (result != VALUE_FAILURE)
            continue;
        Position position = c->form[c->at].file.position;
        if (vm->exit_status == VALUE_NONE && position)
            vm_report_note_form(vm, position | (Position)c->source << 40);
        break;
    }
    return result;
}

Value vm_cache_run(Cache *c) {
    VM *vm = c->vm;
    c->source = rt_source_add(vm, c->path, VALUE_FALSE);
    vm_image_writer_init(vm, &c->writer, c->source);
    c->reader = (ImageReader){.vm = vm, .source = c->source, .name = name_at, .context = c};
    Value result = VALUE_FAILURE;
    if (c->entry)
        c->environment = c->program ? vm_environment_new_program(vm)
                                    : vm_environment_new_interactive(vm, !c->scheme);
    else if (read_all(c))
        c->environment =
            vm_file_environment(vm, c->scheme, c->form_count ? c->form[0].datum : VALUE_FALSE);
    else
        c->environment = VALUE_FAILURE;
    if (c->environment != VALUE_FAILURE) {
        c->program = value_environment(c->environment)->kind == ENVIRONMENT_PROGRAM;
        c->meanings = vm->language->meanings;
        vm->language->cache = c;
        result = run_forms(c);
        vm->language->cache = NULL;
        Value condition = vm->condition;
        if (c->changed)
            write_entry(c);
        vm->condition = condition;
    }
    if (rt_setting_has(SETTING_TRACE, "cache"))
        fprintf(stderr, "cache: %u kept, %u expanded%s\n", c->replayed, c->expanded,
                c->written ? c->written : "");
    close_cache(c);
    return result;
}
