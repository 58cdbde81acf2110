// Files of source text, as the expander and the library loader read them.
#ifndef KILN_VM_INCLUDE_INT_H
#define KILN_VM_INCLUDE_INT_H

#include "vm/expand_int.h"

// Folder of a source's file, with its final slash; "" for texts that are no file.
const char *vm_source_folder(VM *vm, uint32_t source);
// Is a file SX by its name? `otherwise`: when the name does not tell.
bool vm_path_is_sx(const char *path, bool otherwise);
// Read all data of a file with positions: a list, or VALUE_FAILURE.
Value vm_read_file(VM *vm, const char *path, bool sx, bool fold_case, SourceMap *map);

#endif
