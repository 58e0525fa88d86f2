/* Any bytes as an archive: a stream of members that ends whole, or an error with a sentence. */
#include "extract/unpack.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tape {
    const uint8_t *data;
    size_t n, at, out;
};

static bool take(void *self, char *to, size_t n, size_t *got)
{
    struct tape *t = self;

    *got = t->n - t->at < n ? t->n - t->at : n;
    memcpy(to, t->data + t->at, *got);
    t->at += *got;
    return true;
}

static bool give(void *self, struct str bytes)
{
    struct tape *t = self;

    t->out += bytes.n;
    return t->out < (64 << 20); /* the reader went away */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size, 0, 0 };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct unpack_io io = { &t, take, give };

    if (unpack_run(&a, &io, &e))
        assert(e.say[0] != 0);
    arena_release(&a);
    return 0;
}
