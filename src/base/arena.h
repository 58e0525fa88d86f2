/* Memory of one request: everything is freed at once by arena_release, which first runs the
 * deferred closers, last deferred first. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/buf.h"
#include "base/str.h"

struct arena_block;
struct arena_later;
struct arena {
    struct arena_block *top;
    struct arena_later *later;
};

#define ARENA_INIT                                                                                 \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

void *arena_alloc(struct arena *a, size_t n);        /* aligned to 16, never NULL */
void *arena_zalloc(struct arena *a, size_t n);       /* zeroed */
struct str arena_str(struct arena *a, struct str s); /* copy, NUL-terminated */
char *arena_z(struct arena *a, struct str s);        /* copy as a C string */
struct str arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct str arena_buf(struct arena *a, struct buf *b); /* copies b's text, releases b */
/* Grows an arena array: returns p when cap > n, else a doubled copy and updates *cap (elements). */
void *arena_grow(struct arena *a, void *p, size_t n, size_t *cap, size_t size);
void arena_defer(struct arena *a, void (*close)(void *), void *what);
void arena_release(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zalloc((a), sizeof(type) * (n)))

#endif
