// Files of the cache. See cache_file.h.
#include "vm/cache_file.h"
#include "runtime/settings.h"
#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char suffix[] = ".kiln", temporary[] = ".tmp";
enum {
    TEMPORARY_SECONDS = 600, // a temporary file that is older was left behind
    TOUCH_SECONDS = 3600,    // how exactly the time of the last use is known
};

char *vm_cache_path(const char *folder, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

char *vm_cache_folder(void) {
    const char *set = rt_setting(SETTING_CACHE);
    if (set && strcmp(set, "off") == 0)
        return NULL;
    if (set)
        return strdup(set);
    const char *base = getenv("XDG_CACHE_HOME");
    if (base && base[0] == '/')
        return vm_cache_path(base, "kiln");
    base = getenv("HOME");
    return base && base[0] == '/' ? vm_cache_path(base, ".cache/kiln") : NULL;
}

uint8_t *vm_cache_read(const char *path, bool own, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct stat s;
    uint8_t *bytes = NULL;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size >= 0 &&
        (!own || s.st_uid == geteuid()))
        bytes = malloc((size_t)s.st_size + 1);
    size_t got = 0, room = bytes ? (size_t)s.st_size + 1 : 0;
    // One byte more than there should be, so that a file that grows is noticed.
    while (bytes && got < room) {
        ssize_t n = read(fd, bytes + got, room - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    close(fd);
    if (bytes && got == room - 1) {
        *size = got;
        return bytes;
    }
    free(bytes);
    return NULL;
}

// All folders of a path.
static void make_folders(const char *path) {
    char *part = strdup(path);
    if (!part)
        return;
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        (void)mkdir(part, 0700);
        *p = '/';
    }
    (void)mkdir(part, 0700);
    free(part);
}

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

// ---- the limit

typedef struct Kept {
    char *name;
    struct timespec used;
    uint64_t size;
} Kept;

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const Kept *)a)->used, *y = &((const Kept *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static bool ends_in(const char *name, const char *end) {
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcmp(name + n - k, end) == 0;
}

static void prune(const char *folder, uint64_t limit) {
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    Kept *kept = NULL;
    size_t count = 0, room = 0;
    uint64_t total = 0;
    time_t now = time(NULL);
    for (const struct dirent *d; (d = readdir(dir));) {
        bool ours = ends_in(d->d_name, suffix), begun = ends_in(d->d_name, temporary);
        struct stat s;
        if ((!ours && !begun) || fstatat(dirfd(dir), d->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(s.st_mode))
            continue;
        if (begun) {
            if (now - s.st_mtim.tv_sec > TEMPORARY_SECONDS)
                (void)unlinkat(dirfd(dir), d->d_name, 0);
            continue;
        }
        if (count == room) {
            Kept *grown = reallocarray(kept, room ? 2 * room : 64, sizeof *kept);
            if (!grown)
                break;
            kept = grown;
            room = room ? 2 * room : 64;
        }
        char *name = strdup(d->d_name);
        if (!name)
            break;
        kept[count++] =
            (Kept){.name = name, .used = s.st_mtim, .size = (uint64_t)s.st_blocks * 512};
        total += (uint64_t)s.st_blocks * 512;
    }
    if (total > limit && count > 0)
        qsort(kept, count, sizeof *kept, by_use);
    for (size_t i = 0; i < count; i++) {
        if (total > limit && unlinkat(dirfd(dir), kept[i].name, 0) == 0)
            total -= kept[i].size;
        free(kept[i].name);
    }
    free(kept);
    closedir(dir);
}

void vm_cache_write(const char *folder, const char *name, const void *bytes, size_t size,
                    uint64_t limit) {
    if (size > limit)
        return;
    make_folders(folder);
    char *path = vm_cache_path(folder, name), *begun = NULL;
    if (path && asprintf(&begun, "%s/%s.XXXXXX%s", folder, name, temporary) >= 0) {
        int fd = mkostemps(begun, (int)strlen(temporary), O_CLOEXEC);
        if (fd >= 0) {
            bool ok = write_all(fd, bytes, size);
            ok = close(fd) == 0 && ok;
            if (!ok || rename(begun, path) != 0)
                (void)unlink(begun);
            prune(folder, limit);
        }
        free(begun);
    }
    free(path);
}

void vm_cache_touch(const char *path) {
    struct stat s;
    if (stat(path, &s) == 0 && time(NULL) - s.st_mtim.tv_sec > TOUCH_SECONDS)
        (void)utimensat(AT_FDCWD, path, NULL, 0);
}

// ---- the executable

typedef struct BuildId {
    const uint8_t *bytes;
    size_t size;
} BuildId;

static int find_note(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    BuildId *id = data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        const uint8_t *at = (const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        const uint8_t *end = at + info->dlpi_phdr[i].p_memsz;
        while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) note;
            memcpy(&note, at, sizeof note);
            const uint8_t *name = at + sizeof note, *content = name + (note.n_namesz + 3) / 4 * 4;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
                *id = (BuildId){.bytes = content, .size = note.n_descsz};
            at = content + (note.n_descsz + 3) / 4 * 4;
        }
    }
    return 1; // the first one is the executable
}

bool vm_cache_build(const uint8_t **id, size_t *size) {
    BuildId found = {0};
    dl_iterate_phdr(find_note, &found);
    *id = found.bytes;
    *size = found.size;
    return found.size > 0;
}
