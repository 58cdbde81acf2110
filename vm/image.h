// Images: what compilation made of a form, as words that a file can hold.
//
// Duty: writing and reading of the parts every tier's code is made of: names, constants, references
// to variables. The tier writes its own structures in between (Tier.image); cache.h says what is
// kept where and when it may be used.
//
// A form is one or several steps: pieces of code that run one after the other. A step is
//
//   cells     the variables that its code, or what was known when it was compiled, depends on
//   objects   constants with identity, in the order in which they were met
//   code      the tier's
//
// Constants keep their identity within a form; also what is shared or circular comes back so. A
// constant is one word:
//
//   0                    VALUE_NONE
//   low nibble 2, or at  a value without identity, as it is: value.h
//   least 2^48
//   else                 number << 4 | IMAGE_*: see there
//
// What cannot be kept (a procedure that stands in the text, say) makes the writer doubt: it goes
// on, but what it wrote is worth nothing. A reader that meets anything unexpected fails likewise,
// and the form is expanded from its text. Neither leaves a condition.
#ifndef KILN_VM_IMAGE_H
#define KILN_VM_IMAGE_H

#include "runtime/source.h"
#include "runtime/state.h"
#include "vm/core.h"

enum {                   // low nibble of a constant's word
    IMAGE_OBJECT = 1,    // number of an object of the form
    IMAGE_NAME = 3,      // number of a symbol or keyword of the file
    IMAGE_PRIMITIVE = 4, // row of primitives.def
    IMAGE_CELL = 5,      // number of a cell of the step
    IMAGE_HELD = 6,      // the value of such a cell, which is a constant
    IMAGE_CODE = 7,      // from here on: the tier's own, numbers mean what it says
    IMAGE_CLOSURE = 8,
    IMAGE_SITE = 9,
    IMAGE_TYPE = 10,
};
static inline uint64_t image_reference(unsigned kind, uint32_t number) {
    return (uint64_t)number << 4 | kind;
}

// ---- numbers of things by their address

typedef struct ImageTable {
    uint64_t *key; // [room], scanned memory: what is in it stays alive; 0: free
    uint32_t *number;
    uint32_t count, room;
} ImageTable;
enum { IMAGE_ABSENT = UINT32_MAX };
uint32_t vm_image_find(const ImageTable *table, uint64_t key);
// Not there yet.
void vm_image_put(VM *vm, ImageTable *table, uint64_t key, uint32_t number);

// ---- words

typedef struct ImageWords {
    uint32_t *word; // atomic memory
    size_t count, room;
} ImageWords;
void vm_image_words(VM *vm, ImageWords *to, const void *words, size_t count);
static inline void image_put32(VM *vm, ImageWords *to, uint32_t word) {
    if (to->count < to->room)
        to->word[to->count++] = word;
    else
        vm_image_words(vm, to, &word, 1);
}
static inline void image_put64(VM *vm, ImageWords *to, uint64_t word) {
    image_put32(vm, to, (uint32_t)word);
    image_put32(vm, to, (uint32_t)(word >> 32));
}

// ---- writing

typedef struct ImageCell {
    Value cell;
    bool assigned; // the step's code assigns it
    uint64_t fact; // what its value told the compiler: vm_image_fact
    uint32_t same; // the first cell that is known to hold the same constant; its own number: none
} ImageCell;

typedef struct ImageWriter {
    VM *vm;
    bool doubt;
    uint32_t source; // positions in other texts are not kept
    // Of the file.
    ImageTable names;
    Value *name; // [names.count], in the order of their numbers
    uint32_t name_room;
    // Of the form.
    ImageTable objects;
    Value *object;
    uint32_t object_count, object_room, objects_written;
    // Of the step.
    ImageTable cells, held; // cells; values of cells that are constants
    ImageCell *cell;
    uint32_t cell_count, cell_room;
    ImageWords object_words, code;
} ImageWriter;

void vm_image_writer_init(VM *vm, ImageWriter *w, uint32_t source);
void vm_image_begin_form(ImageWriter *w);
// `node`: expanded, not yet touched by a pass. Notes the variables it refers to and what is known
// of them.
void vm_image_begin_step(ImageWriter *w, Node *node);
// The objects' words are complete once the code is.
void vm_image_end_step(ImageWriter *w);

static inline void image_write32(ImageWriter *w, uint32_t word) {
    image_put32(w->vm, &w->code, word);
}
static inline void image_write64(ImageWriter *w, uint64_t word) {
    image_put64(w->vm, &w->code, word);
}
void vm_image_write_value(ImageWriter *w, Value v);
// The word of a constant.
uint64_t vm_image_value(ImageWriter *w, Value v);
uint32_t vm_image_cell(ImageWriter *w, Value cell);
void vm_image_write_position(ImageWriter *w, Position position);
// Number of a symbol or keyword.
uint32_t vm_image_name(ImageWriter *w, Value name);

// What the compiler may have read from a cell: its flags, whether it has a value, the primitive or
// the kind of procedure it holds, its value if that is a constant. 0: it cannot be told.
uint64_t vm_image_fact(VM *vm, Value cell);

// ---- reading

typedef struct ImageReader {
    VM *vm;
    bool failed;
    uint32_t source; // of the positions
    const uint32_t *at, *end;
    Value (*name)(void *context, uint32_t number); // VALUE_NONE: there is none
    void *context;
    // Of the form.
    Value *object;
    uint32_t object_count, object_room;
    // Of the step.
    Value *cell;
    uint32_t cell_count;
} ImageReader;

static inline uint32_t image_read32(ImageReader *r) {
    if (__builtin_expect(r->at < r->end, 1))
        return *r->at++;
    r->failed = true;
    return 0;
}
static inline uint64_t image_read64(ImageReader *r) {
    uint64_t low = image_read32(r);
    return low | (uint64_t)image_read32(r) << 32;
}
// That many words, or NULL.
const uint32_t *vm_image_take(ImageReader *r, size_t count);
void vm_image_read_objects(ImageReader *r);
// The value of a constant's word; the tier's own are none: VALUE_NONE and failure.
Value vm_image_constant(ImageReader *r, uint64_t word);
static inline Value image_read_value(ImageReader *r) {
    return vm_image_constant(r, image_read64(r));
}
Value vm_image_read_cell(ImageReader *r);
static inline Position image_position(const ImageReader *r, uint64_t kept) {
    return kept ? kept | (uint64_t)r->source << 40 : 0;
}
static inline Position image_read_position(ImageReader *r) {
    return image_position(r, image_read64(r));
}

// ---- what a tier adds

typedef struct TierImage {
    // Compile a lowered top-level lambda, which `run` then finds compiled. False: condition set.
    bool (*compile)(VM *vm, Lambda *top);
    // Write its code, which has not run.
    void (*save)(ImageWriter *w, Lambda *top);
    // The top-level lambda, ready for `run`; NULL: the reader failed.
    Lambda *(*load)(ImageReader *r);
    // All that code which calls the closure may rest on, but not the closure itself. Below 2^32.
    uint32_t (*fact)(Value closure);
} TierImage;

#endif
