// What the command line and the REPL need of the embedding beyond kiln.h.
#ifndef KILN_VM_KILN_INT_H
#define KILN_VM_KILN_INT_H

#include "runtime/state.h"
#include "vm/kiln.h"

VM *vm_of_kiln(Kiln *k);
Value vm_ref_value(const KilnRef *v);
// KILN_OK, or what VALUE_FAILURE means; remembers the failure for kiln_error_*.
KilnStatus vm_kiln_status(Kiln *k, Value result);
// The environment of kiln_eval, made at the first call; VALUE_FAILURE when it cannot be made.
Value vm_kiln_top(Kiln *k);
// kiln_eval goes on in a new environment, as if nothing had been evaluated before (tests).
void vm_kiln_renew_top(Kiln *k);
// kiln_run_file, with what the cache keeps of the file (cache.h).
KilnStatus vm_kiln_run_cached(Kiln *k, const char *path);
// Is that path, by its name, R7RS-small to the letter?
bool vm_is_scheme_file(const char *path);
// The environment for the text of a file whose first datum is `first`.
Value vm_file_environment(VM *vm, bool scheme, Value first);
// Read all data of a textual port, then run them in an environment of their own. `text` is a string
// for error messages, or #f. Value of the last form, or VALUE_FAILURE.
Value vm_run_port(VM *vm, Value port, const char *name, Value text, bool scheme);

#endif
