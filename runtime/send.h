// Sending messages: how guest languages with classes find the procedure for a receiver.
//
// Duty: the behaviour of every value, send sites with their inline caches, looking methods up.
//
//   receiver ──key──> RecordType.behavior, or vm->sends->kind[…] for what is no record
//                          │ a behaviour: a record (guests make it a class)
//                          ├─ field 0: the behaviour it inherits from; anything else ends the
//                          search └─ field 1: eq table, selector -> method
//                                                               │ a method: a record
//                                     field 0: the procedure, called with receiver and arguments
//                                     field 1: true when it may be cached; #f for a stub that
//                                     replaces itself
//
// A send is ((%send-lookup 'site receiver) receiver argument …): a site is a constant of the code,
// so a compiler can read in it what it has seen. Its key is what decides: the receiver's
// RecordType, or a small number for other kinds.
//
// Invariants: an entry of a site or of the common cache holds only while its epoch is
// vm->send_epoch; whoever changes a method table, a superclass or a behaviour calls
// %methods-changed!, which begins the next epoch.
#ifndef KILN_RUNTIME_SEND_H
#define KILN_RUNTIME_SEND_H

#include "runtime/state.h"

enum {
    BEHAVIOR_PARENT = 0, // fields of a behaviour
    BEHAVIOR_METHODS = 1,
    METHOD_PROCEDURE = 0, // fields of a method
    METHOD_READY = 1,
    SEND_SITE_ENTRIES = 4, // receivers of more kinds than that go to the common cache
};

typedef struct SendEntry {
    Value key;    // VALUE_NONE: free
    Value method; // procedure
} SendEntry;

typedef struct SendSite { // TYPE_SEND_SITE
    Value selector;       // symbol
    Value miss;           // procedure for receivers that have no such method: same arguments
    uint64_t epoch;       // of all entries
    uint64_t misses; // lookups that the entries could not answer: many of them, a megamorphic site
    SendEntry entry[SEND_SITE_ENTRIES];
} SendSite;

static inline bool value_is_send_site(Value v) { return value_has_type(v, TYPE_SEND_SITE); }
static inline SendSite *value_send_site(Value v) { return (SendSite *)value_object(v); }

// ---- keys

typedef enum SendKind { // of what is no record; an object's: KIND_OBJECT + its type
    KIND_FIXNUM,
    KIND_FLONUM,
    KIND_PAIR,
    KIND_NULL,
    KIND_NIL,
    KIND_TRUE,
    KIND_FALSE,
    KIND_CHAR,
    KIND_SPECIAL,
    KIND_OBJECT,
    KIND_COUNT = KIND_OBJECT + TYPE_COUNT,
} SendKind;

// The kind of what is neither an object nor a fixnum.
SendKind rt_send_kind(Value v);
// The key of a receiver: a RecordType, or a fixnum for what is no record.
static inline Value rt_send_key(Value receiver) {
    if (value_is_object(receiver)) {
        unsigned type = object_type(value_object(receiver));
        return type == TYPE_RECORD ? value_record(receiver)->type
                                   : value_from_fixnum(KIND_OBJECT + (int)type);
    }
    return value_from_fixnum(value_is_fixnum(receiver) ? KIND_FIXNUM : rt_send_kind(receiver));
}

// The procedure that a site calls for receivers of a key, VALUE_NONE: its entries do not tell.
static inline Value rt_send_cached(const VM *of, const SendSite *site, Value key) {
    if (__builtin_expect(site->epoch == of->send_epoch, 1))
        for (int i = 0; i < SEND_SITE_ENTRIES; i++)
            if (site->entry[i].key == key)
                return site->entry[i].method;
    return VALUE_NONE;
}

// ---- for compilers

// What %send-lookup answers: never a failure.
Value rt_send_lookup(VM *vm, SendSite *site, Value receiver);
// What a site calls for receivers of a key, or (a behaviour in place of a key) for sends to super
// from there. VALUE_FALSE: there is no method; VALUE_NONE: there is one, but it must not be taken
// for granted yet.
Value rt_send_method(VM *vm, Value key, Value selector);
// What code takes for granted when it calls a method without looking it up is a watched fact. The
// hook is called when a new epoch begins: the methods of one selector changed, or (VALUE_FALSE)
// any. NULL: nobody watches.
extern void (*rt_sends_changed_hook)(VM *vm, Value selector);
// Objects became others, or records of other types: what is known of constants no longer holds.
extern void (*rt_objects_changed_hook)(VM *vm);

#endif
