/* A request's head, target, query, cookies, and a chunked body, as bytes from anybody. */
#include "base/chunk.h"
#include "base/utf8.h"
#include "http/head.h"
#include "http/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_target(struct str target)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct target_pairs pairs;
    struct str path, query;

    if (target_split(&a, target, &path, &query, &e) == TB_OK) {
        if (path.p[0] != '/' || !utf8_valid(path) || str_has(path, STR("/../")))
            abort();
        if (target_query(&a, query, &pairs, &e) == TB_OK && pairs.n > TARGET_PAIRS_MAX)
            abort();
    }
    arena_release(&a);
}

static void read_chunks(struct str in)
{
    struct chunk c = { 0 };
    struct str data;
    size_t sum = 0, all = in.n;

    while (chunk_next(&c, &in, &data) == CHUNK_DATA)
        sum += data.n;
    if (sum > all)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct head h;
    size_t scanned = 0;
    int n = head_end(in, &scanned);

    read_chunks(in);
    read_target(in);
    if (n <= 0 || head_parse(str_sub(in, 0, (size_t)n), &h) != 0)
        return 0;
    for (size_t i = 0; i < h.n; i++)
        if (memchr(h.fields[i].value.p, '\n', h.fields[i].value.n) ||
            memchr(h.fields[i].value.p, 0, h.fields[i].value.n))
            abort();
    read_target(h.target);
    target_cookie(head_value(&h, "cookie"), STR("tb_session"));
    read_chunks(str_from(in, (size_t)n));
    return 0;
}
