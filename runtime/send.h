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
// Invariants: an entry of a site or of the common cache holds only while its epoch is that of
// vm->sends; whoever changes a method table, a superclass or a behaviour calls %methods-changed!,
// which begins the next epoch.
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

// ---- for compilers

// The key of a receiver: a RecordType, or a fixnum for what is no record.
Value rt_send_key(Value receiver);
// Does an entry of a site still hold?
bool rt_send_site_is_current(const VM *vm, const SendSite *site);
// What code takes for granted when it calls an entry's procedure without looking it up is a watched
// fact. The hook is called when a new epoch begins: the methods of one selector changed, or
// (VALUE_FALSE) any. NULL: nobody watches.
extern void (*rt_sends_changed_hook)(VM *vm, Value selector);

#endif
