// Files of the cache of compiled programs: where they are, reading, replacing, throwing out.
//
// Duty: the folder and what it holds as named pieces of bytes. cache.c knows what is in them.
// Whatever goes wrong here (no folder, no space, no permission) means that nothing is found or
// kept; nobody is told.
//
// Several processes may use a folder at the same time: a file is written under a name of its own
// and then renamed, so whoever opens one sees all of it, as it was at that time.
#ifndef KILN_VM_CACHE_FILE_H
#define KILN_VM_CACHE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The folder that the settings ask for, malloc'ed; NULL: nothing is to be kept.
char *vm_cache_folder(void);
// All of a file, malloc'ed; NULL: it cannot be had. `own`: only if it belongs to this user and is a
// regular file.
uint8_t *vm_cache_read(const char *path, bool own, size_t *size);
// FOLDER/NAME, malloc'ed.
char *vm_cache_path(const char *folder, const char *name);
// Make the file `name` in the folder of these bytes, then throw out what has not been used for the
// longest time until at most `limit` bytes are left.
void vm_cache_write(const char *folder, const char *name, const void *bytes, size_t size,
                    uint64_t limit);
// It was used now.
void vm_cache_touch(const char *path);
// Identity of the running executable, as its linker noted it. False: it has none.
bool vm_cache_build(const uint8_t **id, size_t *size);

#endif
