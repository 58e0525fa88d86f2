/* The index: what pruning may never change, and what foreign bytes may never do. */
#include "base/alloc.h"
#include "base/fs.h"
#include "knowledge/index_int.h"
#include "knowledge/query.h"

#include "tb_test.h"

#include <stdlib.h>

static uint64_t dice = 1;

static uint32_t roll(uint32_t n)
{
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(dice >> 33) % n;
}

/* Text of a small alphabet with a long tail, so that terms are frequent and rare. */
static size_t babble(char *out, size_t chars)
{
    size_t n = 0;

    for (size_t i = 0; i < chars; i++) {
        uint32_t c = 0x4E00 + roll(1 + roll(1 + roll(300)));

        out[n++] = (char)(0xE0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    }
    return n;
}

static struct str build(uint32_t docs)
{
    struct index_builder *b = index_builder_new();
    struct tb_err e = TB_ERR_INIT;
    struct str out = STR_NONE;
    char text[1200], title[64];

    for (uint32_t i = 0; i < docs; i++) {
        if (i % 17 == 0)
            index_builder_group(b, i, i, i, str_of(title, babble(title, 1 + roll(12))));
        index_builder_add(b, 1000 + i, i % 5 ? STR("第一章 总则") : STR("附则"),
                          str_of(text, babble(text, 1 + roll(300))));
    }
    CHECK_INT(index_builder_end(b, &out, &e), TB_OK);
    return out;
}

static struct index view(struct str bytes)
{
    struct tb_err e = TB_ERR_INIT;
    struct index x = { 0 };

    CHECK_INT(index_view(bytes, &x, &e), TB_OK);
    return x;
}

static void free_bytes(struct str s)
{
    tb_free((void *)(uintptr_t)s.p);
}

static int by_rank(const void *a, const void *b)
{
    const struct index_hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

/* Every document scored by itself, sorted. */
static size_t exhaustive(const struct index *x, const struct query *q, const struct index_filter *f,
                         struct index_hit *out)
{
    size_t n = 0;

    for (uint32_t d = 0; d < x->head->docs; d++) {
        uint32_t s = index_score(x, d, q->want, q->n);

        if (s && index_allowed(f, d))
            out[n++] = (struct index_hit){ s, 0, d };
    }
    qsort(out, n, sizeof *out, by_rank);
    return n;
}

static bool same_hits(const struct index *x, const struct query *q, const struct index_filter *f,
                      size_t k)
{
    struct index_hit *all = tb_alloc((x->head->docs + 1) * sizeof *all), best[64];
    struct index_top top = { .v = best, .k = k };
    size_t n = exhaustive(x, q, f, all);
    bool same;

    index_search(x, 0, q->want, q->n, f, &top);
    index_top_sort(&top);
    same = top.n == (n < k ? n : k);
    for (size_t i = 0; same && i < top.n; i++)
        same = best[i].doc == all[i].doc && best[i].score == all[i].score;
    tb_free(all);
    return same;
}

static void pruned_equals_exhaustive_to_the_last_place(void)
{
    static const uint32_t sizes[] = { 0, 1, 3, 200, 4096, 4097, 6000 };
    static const bool every[INDEX_OWNERS] = { [2] = true };
    struct index_state *state = tb_zalloc(6000 * sizeof *state);

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct str bytes = build(sizes[s]);
        struct index x = view(bytes);
        const struct index *parts[] = { &x };

        for (uint32_t d = 0; d < sizes[s]; d++)
            state[d] = (struct index_state){ 0, (int32_t)roll(3), roll(8) > 0,
                                             (uint8_t)(roll(9) == 0 ? 1 + roll(3) : 0) };
        for (int round = 0; round < 10; round++) {
            struct arena a = ARENA_INIT;
            struct index_filter f = { round % 2 ? state : NULL, 1, (enum index_mode)(round % 3),
                                      round % 5 == 0, round % 7 == 0 ? every : NULL };
            struct query q;
            char text[400];

            query_make(&a, str_of(text, babble(text, 2 + roll(60))), parts, 1, &q);
            CHECK(same_hits(&x, &q, &f, 1 + roll(50)));
            arena_release(&a);
        }
        free_bytes(bytes);
    }
    tb_free(state);
}

static void several_parts_rank_as_one(void)
{
    struct str a_bytes = build(300), b_bytes = build(500);
    struct index a = view(a_bytes), b = view(b_bytes);
    const struct index *parts[] = { &a, &b };
    struct arena mem = ARENA_INIT;
    struct index_hit best[20], alone[20];
    struct index_top top = { .v = best, .k = 20 }, one = { .v = alone, .k = 20 };
    struct index_filter f = { 0 };
    struct query q;
    char text[200];

    query_make(&mem, str_of(text, babble(text, 30)), parts, 2, &q);
    index_search(&a, 0, q.want, q.n, &f, &top);
    index_search(&b, 1, q.want, q.n, &f, &top);
    index_top_sort(&top);
    index_search(&b, 1, q.want, q.n, &f, &one);
    index_top_sort(&one);
    for (size_t i = 1; i < top.n; i++)
        CHECK(best[i - 1].score >= best[i].score);
    for (size_t i = 0, k = 0; i < top.n; i++)
        if (best[i].part == 1) {
            CHECK(best[i].doc == alone[k].doc && best[i].score == alone[k].score);
            k++;
        }
    arena_release(&mem);
    free_bytes(a_bytes);
    free_bytes(b_bytes);
}

static void blocks_come_back_as_they_went_in(void)
{
    struct index_head head = { .docs = UINT32_MAX };
    uint32_t doc[INDEX_BLOCK], tf[INDEX_BLOCK], doc2[INDEX_BLOCK], tf2[INDEX_BLOCK];
    uint8_t data[1200] = { 0 };

    for (int round = 0; round < 500; round++) {
        uint32_t n = 1 + roll(INDEX_BLOCK), last = roll(2) ? UINT32_MAX : roll(1000);
        uint32_t before = last, most = 1U << roll(24);
        struct index_block b = { 0 };
        struct index x = { .head = &head, .blocks = &b, .data = data };

        for (uint32_t i = 0; i < n; i++) {
            last += 1 + roll(most);
            doc[i] = last;
            tf[i] = 1 + roll(1 + roll(300));
        }
        head.data = block_pack(doc, tf, n, before, &b, data);
        CHECK_INT(block_unpack(&x, 0, before, doc2, tf2), n);
        CHECK(memcmp(doc, doc2, n * sizeof *doc) == 0 && memcmp(tf, tf2, n * sizeof *tf) == 0);
        CHECK_INT(b.last, last);
    }
}

static void the_texts_can_be_read_back(void)
{
    struct index_builder *b = index_builder_new();
    struct tb_err e = TB_ERR_INIT;
    struct arena a = ARENA_INIT;
    struct str bytes;
    struct index x;

    index_builder_group(b, 7, 3, 11, STR("明川市高龄津贴办法"));
    index_builder_add(b, 70, STR("第二章 标准"), STR("年满８０周岁，每月50元。"));
    CHECK_INT(index_builder_end(b, &bytes, &e), TB_OK);
    x = view(bytes);
    CHECK_STR(normal_utf8(&a, index_text(&x, 0)), "年满80周岁,每月50元。");
    CHECK_STR(normal_utf8(&a, index_heading(&x, 0)), "第二章 标准");
    CHECK_STR(normal_utf8(&a, index_title(&x, 0)), "明川市高龄津贴办法");
    CHECK_INT(x.docs[0].id, 70);
    CHECK_INT(index_df(&x, index_pair(0x9AD8, 0x9F84)), 1); /* 高龄, from the title */
    CHECK_INT(index_single_df(&x, 0x9F84), 1);
    CHECK_INT(index_single_df(&x, 0x4E00 + 999), 0);
    arena_release(&a);
    free_bytes(bytes);
}

static void harmed_bytes_are_refused_or_at_least_harmless(void)
{
    struct str bytes = build(60);
    struct index x;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(index_view(str_of(bytes.p, 40), &x, &e), TB_CORRUPT);
    CHECK_INT(index_view(str_of(bytes.p, bytes.n - 8), &x, &e), TB_CORRUPT);
    for (int round = 0; round < 1500; round++) {
        char *copy = tb_dup(bytes.p, bytes.n);

        copy[sizeof(struct index_head) + roll((uint32_t)(bytes.n - sizeof(struct index_head)))] ^=
            (char)(1 + roll(255));
        if (!index_view(str_of(copy, bytes.n), &x, &e)) {
            const struct index *parts[] = { &x };
            struct arena a = ARENA_INIT;
            struct index_hit best[10];
            struct index_top top = { .v = best, .k = 10 };
            struct index_filter f = { 0 };
            struct query q;
            char text[100];

            query_make(&a, str_of(text, babble(text, 20)), parts, 1, &q);
            index_search(&x, 0, q.want, q.n, &f, &top);
            for (size_t i = 0; i < top.n; i++)
                CHECK(best[i].doc < x.head->docs && index_text(&x, best[i].doc).n < bytes.n);
            arena_release(&a);
        }
        tb_free(copy);
    }
    free_bytes(bytes);
}

static const struct tb_test tests[] = {
    TEST(pruned_equals_exhaustive_to_the_last_place),
    TEST(several_parts_rank_as_one),
    TEST(blocks_come_back_as_they_went_in),
    TEST(the_texts_can_be_read_back),
    TEST(harmed_bytes_are_refused_or_at_least_harmless),
};
TEST_MAIN(tests)
