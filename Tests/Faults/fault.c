/* A preloaded library that breaks the disk for everybody in a process: the journal, SQLite and librrd
 * alike. It counts the operations that change regular files below FAULT_FOLDER, and the reads of those that
 * have no name any more (the head's), and at the FAULT_AT-th does what FAULT_MODE says:
 *
 *   fail   the operation fails once with EIO (FAULT_ERRNO names another number)
 *   kill   the process ends before the operation, as by kill -9
 *   power  the same, and everything written since its file was last synced is taken back
 *
 * FAULT_COUNT names a file that gets the number of operations at exit. What it does not do: take back
 * renames and removals (a journaling file system orders them), or see writes through mmap.
 *
 *   clang -shared -fPIC -O1 -o fault.so fault.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* What a write replaced: kept until the file is synced. */
struct undo {
    struct undo *next;
    dev_t device;
    ino_t inode;
    off_t offset, old_size;
    size_t length;
    char path[PATH_MAX];
    char bytes[];
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct undo *undone;
static long count, at;
static int mode_fail, mode_power, number_of_error = EIO;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *mode = getenv("FAULT_MODE"), *text = getenv("FAULT_AT");
    folder = getenv("FAULT_FOLDER");
    at = text ? atol(text) : 0;
    mode_fail = mode && !strcmp(mode, "fail");
    mode_power = mode && !strcmp(mode, "power");
    if (getenv("FAULT_ERRNO")) number_of_error = atoi(getenv("FAULT_ERRNO"));
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", count);
    fclose(file);
}

static void take_back(void) {
    for (struct undo *one = undone; one; one = one->next) {
        int file = REAL(open)(one->path, O_WRONLY);
        struct stat facts;
        if (file < 0) continue;
        if (!fstat(file, &facts) && facts.st_ino == one->inode && facts.st_dev == one->device) {
            if (one->length) (void)!REAL(pwrite)(file, one->bytes, one->length, one->offset);
            if (one->old_size >= 0) (void)!REAL(ftruncate)(file, one->old_size);
        }
        close(file);
    }
}

/* Counts an operation; true when it is the one that is to fail. */
static int strike(void) {
    pthread_mutex_lock(&gate);
    int hit = ++count == at;
    if (hit && !mode_fail) {
        if (mode_power) take_back();
        kill(getpid(), SIGKILL);
        pause();
    }
    pthread_mutex_unlock(&gate);
    if (hit) errno = number_of_error;
    return hit;
}

static int is_ours(const char *path) {
    return folder && path && !strncmp(path, folder, strlen(folder));
}

/* The path of an open file below the folder; 0 for all others. */
static int place(int file, char *path) {
    char link[64];
    struct stat facts;
    if (!folder || fstat(file, &facts) || !S_ISREG(facts.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

/* Remembers what is about to be replaced. */
static void remember(int file, const char *path, off_t offset, size_t length, int resizes) {
    struct stat facts;
    if (!mode_power || fstat(file, &facts)) return;
    off_t kept = offset < facts.st_size ? facts.st_size - offset : 0;
    if (kept > (off_t)length) kept = length;
    struct undo *one = calloc(1, sizeof *one + kept);
    if (!one) return;
    one->device = facts.st_dev;
    one->inode = facts.st_ino;
    one->offset = offset;
    one->old_size = resizes ? facts.st_size : -1;
    strcpy(one->path, path);
    int copy = kept > 0 ? REAL(open)(path, O_RDONLY) : -1;
    if (copy >= 0) {
        ssize_t got = pread(copy, one->bytes, kept, offset);
        one->length = got > 0 ? got : 0;
        close(copy);
    }
    pthread_mutex_lock(&gate);
    one->next = undone;
    undone = one;
    pthread_mutex_unlock(&gate);
}

static void settle(int file) {
    struct stat facts;
    if (!mode_power || fstat(file, &facts)) return;
    pthread_mutex_lock(&gate);
    for (struct undo **place = &undone; *place;) {
        struct undo *one = *place;
        if (one->inode == facts.st_ino && one->device == facts.st_dev) {
            *place = one->next;
            free(one);
        } else {
            place = &one->next;
        }
    }
    pthread_mutex_unlock(&gate);
}

static off_t end_of(int file, off_t offset, size_t length, int *grows) {
    struct stat facts;
    if (fcntl(file, F_GETFL) & O_APPEND) offset = fstat(file, &facts) ? 0 : facts.st_size;
    *grows = fstat(file, &facts) || offset + (off_t)length > facts.st_size;
    return offset;
}

ssize_t write(int file, const void *bytes, size_t length) {
    char path[PATH_MAX];
    if (place(file, path)) {
        if (strike()) return -1;
        int grows;
        off_t offset = end_of(file, lseek(file, 0, SEEK_CUR), length, &grows);
        remember(file, path, offset, length, grows);
    }
    return REAL(write)(file, bytes, length);
}

#define PWRITE(name)                                                                     \
    ssize_t name(int file, const void *bytes, size_t length, off_t offset) {             \
        char path[PATH_MAX];                                                             \
        if (place(file, path)) {                                                         \
            if (strike()) return -1;                                                     \
            int grows;                                                                   \
            remember(file, path, end_of(file, offset, length, &grows), length, grows);   \
        }                                                                                \
        return ((ssize_t (*)(int, const void *, size_t, off_t))real(#name))(             \
            file, bytes, length, offset);                                                \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

/* Reads count where nobody else has the bytes under a name. */
#define PREAD(name)                                                                      \
    ssize_t name(int file, void *bytes, size_t length, off_t offset) {                   \
        char path[PATH_MAX];                                                             \
        if (place(file, path) && strstr(path, " (deleted)") && strike()) return -1;      \
        return ((ssize_t (*)(int, void *, size_t, off_t))real(#name))(                   \
            file, bytes, length, offset);                                                \
    }
PREAD(pread)
PREAD(pread64)

#define TRUNCATE(name)                                                                   \
    int name(int file, off_t size) {                                                     \
        char path[PATH_MAX];                                                             \
        if (place(file, path)) {                                                         \
            if (strike()) return -1;                                                     \
            struct stat facts;                                                           \
            off_t old = fstat(file, &facts) ? size : facts.st_size;                      \
            remember(file, path, size, old > size ? old - size : 0, 1);                  \
        }                                                                                \
        return ((int (*)(int, off_t))real(#name))(file, size);                           \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name)                                                                       \
    int name(int file) {                                                                 \
        char path[PATH_MAX];                                                             \
        if (place(file, path) && strike()) return -1;                                    \
        int status = ((int (*)(int))real(#name))(file);                                  \
        if (status == 0) settle(file);                                                   \
        return status;                                                                   \
    }
SYNC(fsync)
SYNC(fdatasync)

#define OPEN(name)                                                                       \
    int name(const char *path, int flags, ...) {                                         \
        va_list rest;                                                                    \
        va_start(rest, flags);                                                           \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                        \
        va_end(rest);                                                                    \
        if (is_ours(path) && flags & O_CREAT && access(path, F_OK) && strike()) return -1; \
        return ((int (*)(const char *, int, ...))real(#name))(path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)

int rename(const char *from, const char *to) {
    if (is_ours(to) && strike()) return -1;
    return REAL(rename)(from, to);
}

int unlink(const char *path) {
    if (is_ours(path) && strike()) return -1;
    return REAL(unlink)(path);
}
