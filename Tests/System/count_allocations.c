// Loaded before the C library: counts how often threads called "engine-…" ask for memory.
//
// The count is the first eight bytes of the file that ALLOCATION_COUNT names: one can look at any time.
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t members, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic long *shared;

__attribute__((constructor)) static void open_count(void) {
    const char *path = getenv("ALLOCATION_COUNT");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) shared = memory;
}

static void note(void) {
    // A thread gives itself its name, soon after it has begun.
    static __thread int is_engine, looks;
    if (!is_engine && looks < 100) {
        looks++;
        char name[16] = "";
        prctl(PR_GET_NAME, name);
        is_engine = strncmp(name, "engine-", 7) == 0;
    }
    if (is_engine && shared) atomic_fetch_add(shared, 1);
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t members, size_t size) {
    note();
    return __libc_calloc(members, size);
}

void *realloc(void *old, size_t size) {
    note();
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size) {
    note();
    *to = __libc_memalign(alignment, size);
    return *to ? 0 : 12;
}
