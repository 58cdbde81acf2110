// Primitives on files and folders by name (primitives/io.def).
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/primitive.h"
#include "runtime/string.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The path argument as the system wants it; NULL with the condition set.
static const char *path_argument(VM *vm, int argument, Value v, const char *what) {
    if (!value_is_string(v)) {
        rt_fail_type(vm, argument, "string", v);
        return NULL;
    }
    size_t length;
    const char *path = rt_string_to_utf8(vm, v, &length);
    if (path && memchr(path, 0, length)) {
        rt_fail_errno(vm, what, v, EINVAL);
        return NULL;
    }
    return path;
}

Value rt_prim_file_exists(VM *vm, Value path) {
    const char *name = path_argument(vm, 1, path, "cannot look for");
    if (!name)
        return VALUE_FAILURE;
    return value_from_bool(access(name, F_OK) == 0);
}

// Do something to a path that answers 0 or sets errno.
static Value on_path(VM *vm, Value path, int (*operation)(const char *), const char *what) {
    const char *name = path_argument(vm, 1, path, what);
    if (!name)
        return VALUE_FAILURE;
    return operation(name) == 0 ? VALUE_UNSPECIFIED : rt_fail_errno(vm, what, path, errno);
}

static int make_directory(const char *name) { return mkdir(name, 0777); }

Value rt_prim_delete_file(VM *vm, Value path) { return on_path(vm, path, unlink, "cannot delete"); }
Value rt_prim_create_directory(VM *vm, Value path) {
    return on_path(vm, path, make_directory, "cannot make folder");
}
Value rt_prim_delete_directory(VM *vm, Value path) {
    return on_path(vm, path, rmdir, "cannot delete folder");
}
Value rt_prim_set_current_directory(VM *vm, Value path) {
    return on_path(vm, path, chdir, "cannot enter folder");
}

Value rt_prim_rename_file(VM *vm, Value from, Value to) {
    const char *what = "cannot rename";
    const char *old = path_argument(vm, 1, from, what);
    const char *new = old ? path_argument(vm, 2, to, what) : NULL;
    if (!new)
        return VALUE_FAILURE;
    return rename(old, new) == 0 ? VALUE_UNSPECIFIED : rt_fail_errno(vm, what, from, errno);
}

static bool status_of(VM *vm, Value path, struct stat *about) {
    const char *what = "cannot look at";
    const char *name = path_argument(vm, 1, path, what);
    if (!name)
        return false;
    if (stat(name, about) == 0)
        return true;
    rt_fail_errno(vm, what, path, errno);
    return false;
}

Value rt_prim_is_directory(VM *vm, Value path) {
    const char *name = path_argument(vm, 1, path, "cannot look for");
    if (!name)
        return VALUE_FAILURE;
    struct stat about;
    return value_from_bool(stat(name, &about) == 0 && S_ISDIR(about.st_mode));
}

Value rt_prim_file_size(VM *vm, Value path) {
    struct stat about;
    return status_of(vm, path, &about) ? rt_int(vm, about.st_size) : VALUE_FAILURE;
}

Value rt_prim_file_modified(VM *vm, Value path) {
    struct stat about;
    if (!status_of(vm, path, &about))
        return VALUE_FAILURE;
    return value_from_double((double)about.st_mtim.tv_sec + 1e-9 * (double)about.st_mtim.tv_nsec);
}

static int compare_names(const void *a, const void *b) {
    return rt_string_compare(*(const Value *)a, *(const Value *)b);
}

Value rt_prim_directory_list(VM *vm, int argc, const Value *argv) {
    const char *what = "cannot list folder";
    bool given = argc > 0 && argv[0] != VALUE_DEFAULT;
    const char *name = given ? path_argument(vm, 1, argv[0], what) : ".";
    if (!name)
        return VALUE_FAILURE;
    Value path = given ? argv[0] : rt_string_from_c(vm, ".");
    DIR *directory = opendir(name);
    if (!directory)
        return rt_fail_errno(vm, what, path, errno);
    size_t count = 0, capacity = 64;
    Value *names = rt_raw_new(vm, capacity * sizeof *names);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry)
            break;
        const char *text = entry->d_name;
        if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
            continue;
        if (count == capacity) {
            Value *more = rt_raw_new(vm, 2 * capacity * sizeof *names);
            memcpy(more, names, count * sizeof *names);
            names = more;
            capacity *= 2;
        }
        // A name that is no UTF-8 could not be opened by the name given here.
        names[count] = rt_string_from_utf8_checked(vm, text, strlen(text));
        if (names[count++] == VALUE_FAILURE) {
            closedir(directory);
            return VALUE_FAILURE;
        }
    }
    int error = errno;
    closedir(directory);
    if (error)
        return rt_fail_errno(vm, what, path, error);
    qsort(names, count, sizeof *names, compare_names);
    return rt_list_from_array(vm, names, count);
}

Value rt_prim_current_directory(VM *vm) {
    char *name = getcwd(NULL, 0);
    if (!name)
        return rt_fail_errno(vm, "cannot name folder", rt_string_from_c(vm, "."), errno);
    Value v = rt_string_from_utf8_checked(vm, name, strlen(name));
    free(name);
    return v;
}

static const char *temporary_directory(void) {
    const char *name = getenv("TMPDIR");
    return name && *name ? name : "/tmp";
}

Value rt_prim_temporary_directory(VM *vm) {
    const char *name = temporary_directory();
    return rt_string_from_utf8_checked(vm, name, strlen(name));
}

Value rt_prim_create_temporary_file(VM *vm, int argc, const Value *argv) {
    const char *what = "cannot make file", *prefix = "kiln-";
    if (argc > 0 && argv[0] != VALUE_DEFAULT && !(prefix = path_argument(vm, 1, argv[0], what)))
        return VALUE_FAILURE;
    const char *directory = temporary_directory();
    size_t size = strlen(directory) + strlen(prefix) + sizeof "/XXXXXX";
    char *path = rt_raw_new_atomic(vm, size);
    snprintf(path, size, "%s/%sXXXXXX", directory, prefix);
    int fd = mkostemp(path, O_CLOEXEC);
    Value name = rt_string_from_utf8_checked(vm, path, size - 1);
    if (fd < 0)
        return name == VALUE_FAILURE ? VALUE_FAILURE : rt_fail_errno(vm, what, name, errno);
    close(fd);
    return name;
}
