/* The snapshot of the index as somebody else may have left it: whatever the bytes say, no read
 * leaves them. The header's own check is put right first, so that the fuzzer gets past it. */
#include "base/alloc.h"
#include "knowledge/authority.h"
#include "knowledge/index_int.h"
#include "knowledge/rank.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(const struct index *x, const char *question)
{
    const struct index *parts[] = { x };
    struct rank_source source = { .x = x };
    struct arena a = ARENA_INIT;
    struct query q;
    struct rank_ask ask = {
        .query = &q, .mode = INDEX_ANY, .weights = &rank_weights_laws, .pool = 20
    };
    struct rank_list l;

    query_make(&a, str_z(question), parts, 1, &q);
    l = rank_run(&a, &source, 1, &ask);
    rank_one_version(&l, &source, 10);
    for (size_t i = 0; i < l.n && i < 3; i++)
        index_score(x, l.v[i].doc, q.want, q.n);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_err e = TB_ERR_INIT;
    char *bytes = tb_dup(data, size);
    struct index_head *h = (struct index_head *)(void *)bytes;
    struct index x;

    if (size >= sizeof *h) {
        memcpy(h->magic, INDEX_MAGIC, sizeof h->magic);
        h->version = INDEX_VERSION;
        h->total = size;
        h->check = index_head_check(h);
    }
    if (!index_view(str_of(bytes, size), &x, &e)) {
        const struct index *parts[] = { &x };
        float *authority = tb_zalloc((x.head->groups + 1) * sizeof *authority);

        search(&x, "高龄津贴每月80元怎么申请");
        search(&x, "公积金 2025年");
        authority_measure(parts, 1, &authority);
        tb_free(authority);
    }
    tb_free(bytes);
    return 0;
}
