/* The index in a file, for a start in a second: a head, the arrays as they are in memory, and a
 * check sum of all before it. Of this machine only: another byte order is another file. */
#include "base/alloc.h"
#include "base/fs.h"
#include "scenario/hotline/alike_int.h"

#include <string.h>

static const size_t file_max = (size_t)40 << 30;

struct head {
    char magic[8];
    uint32_t version, order; /* order: 0x01020304 as this machine writes it */
    uint64_t lists, pool_n, n;
};

static struct head head_of(const struct alike_index *i)
{
    return (struct head){ .magic = "tbalike",
                          .version = 1,
                          .order = 0x01020304,
                          .lists = ALIKE_LISTS,
                          .pool_n = i->pool_n,
                          .n = i->n };
}

static struct str bytes(const void *p, size_t n)
{
    return str_of(p, n);
}

enum tb_code alike_save(const struct alike *x, const char *path, struct tb_err *e)
{
    struct alike *own = (struct alike *)(uintptr_t)x;
    struct buf b = BUF_INIT(SIZE_MAX / 2);
    const struct alike_index *i = &x->i;
    uint64_t sum;
    enum tb_code c;

    pthread_rwlock_rdlock(&own->lock);
    {
        struct head h = head_of(i);

        buf_add(&b, bytes(&h, sizeof(h)));
        buf_add(&b, bytes(i->list, ALIKE_LISTS * sizeof(*i->list)));
        buf_add(&b, bytes(i->seen, ALIKE_LISTS * sizeof(*i->seen)));
        buf_add(&b, bytes(i->pool, i->pool_n * sizeof(*i->pool)));
        buf_add(&b, bytes(i->id, i->n * sizeof(*i->id)));
    }
    pthread_rwlock_unlock(&own->lock);
    sum = str_hash(buf_str(&b));
    buf_add(&b, bytes(&sum, sizeof(sum)));
    c = fs_write(path, buf_str(&b), 0600, e);
    buf_release(&b);
    return c;
}

static bool take(struct str *rest, void *to, size_t n)
{
    if (rest->n < n)
        return false;
    if (n)
        memcpy(to, rest->p, n);
    *rest = str_from(*rest, n);
    return true;
}

/* What the arrays say must make sense even if the sum does: a list never points outside. */
static bool sound(const struct alike_index *i)
{
    for (size_t k = 0; k < ALIKE_LISTS; k++)
        if (i->list[k].n && i->list[k].last >= i->pool_n)
            return false;
    for (size_t k = 1; k < i->n; k++)
        if (i->id[k] <= i->id[k - 1])
            return false;
    return true;
}

static bool fill(struct alike_index *i, struct str all)
{
    struct head h, want;
    struct str rest = all;
    uint64_t sum;

    if (!take(&rest, &h, sizeof(h)))
        return false;
    i->n = (size_t)h.n;
    i->pool_n = (size_t)h.pool_n;
    want = head_of(i);
    if (memcmp(&h, &want, sizeof(h)) != 0 || h.n > ALIKE_MESSAGES_MAX || h.pool_n > UINT32_MAX ||
        rest.n < sizeof(sum))
        return false;
    i->cap = i->n;
    i->pool_cap = i->pool_n;
    i->id = tb_alloc(i->n * sizeof(*i->id));
    i->pool = tb_alloc(i->pool_n * sizeof(*i->pool));
    return take(&rest, i->list, ALIKE_LISTS * sizeof(*i->list)) &&
           take(&rest, i->seen, ALIKE_LISTS * sizeof(*i->seen)) &&
           take(&rest, i->pool, i->pool_n * sizeof(*i->pool)) &&
           take(&rest, i->id, i->n * sizeof(*i->id)) && rest.n == sizeof(sum) &&
           take(&rest, &sum, sizeof(sum)) &&
           sum == str_hash(str_sub(all, 0, all.n - sizeof(sum))) && sound(i);
}

enum tb_code alike_load(const char *path, struct alike **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct alike *x = alike_new();
    struct str all;

    *out = NULL;
    if (!fs_read(&a, path, file_max, &all, e) && !fill(&x->i, all))
        (void)tb_fail(e, TB_CORRUPT, "相似工单的索引文件已损坏，将重新建立", "path=%s", path);
    arena_release(&a);
    if (e->code) {
        alike_free(x);
        return e->code;
    }
    *out = x;
    return TB_OK;
}
