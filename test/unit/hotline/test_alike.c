#include "../../../src/scenario/hotline/alike.c"

#include "base/fs.h"
#include "base/share.h"
#include "scenario/hotline/sample.h"
#include "tb_temp.h"
#include "tb_test.h"

enum { HITS = 50, N = 3000 };

static struct arena mem;

static struct alike_text text_of(const struct sample_message *m)
{
    return (struct alike_text){ m->title, m->text, m->place->name };
}

static struct alike *city(struct sample_message **all, size_t *n)
{
    struct sample_wish wish = { .today = 20779, .seed = 3, .count = N };
    struct alike *x = alike_new();
    struct places *p;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(sample_make(&mem, fs_join(&mem, share_dir(&mem), "demo"), &wish, &p, all, n, &e),
              TB_OK);
    for (size_t i = 0; i < *n; i++) {
        struct alike_text m = text_of(&(*all)[i]);

        alike_add(x, (int64_t)i + 1, &m);
    }
    return x;
}

static bool one_matter(const struct sample_message *a, const struct sample_message *b)
{
    return a->place == b->place && str_eq(a->matter, b->matter);
}

static void one_matter_by_many_is_found_and_little_else(void)
{
    struct sample_message *all;
    size_t n, gold = 0, said = 0, right = 0;
    struct alike *x = city(&all, &n);

    for (size_t q = 0; q < n; q += 7) {
        struct alike_text m = text_of(&all[q]);
        struct alike_hit h[HITS];
        size_t k = alike_find(x, &m, (int64_t)q + 1, h, HITS), others = 0;

        for (size_t i = 0; i < n; i++)
            others += i != q && one_matter(&all[i], &all[q]);
        gold += others < HITS ? others : HITS;
        for (size_t i = 0; i < k; i++) {
            const struct sample_message *o = &all[h[i].id - 1];
            struct alike_text t = text_of(o);
            struct alike_verdict v;

            CHECK(h[i].id != (int64_t)q + 1);
            CHECK(i == 0 || h[i - 1].near >= h[i].near);
            alike_compare(x, &m, &t, &v);
            /* another side of one event is neither right nor wrong */
            if (v.is < ALIKE_MATTER || (o->case_no == all[q].case_no && !one_matter(o, &all[q])))
                continue;
            said++;
            right += one_matter(o, &all[q]);
        }
    }
    printf("# recall %.3f, precision %.3f\n", (double)right / (double)gold,
           (double)right / (double)said);
    CHECK(right * 100 >= gold * 78);
    CHECK(right * 100 >= said * 95);
    alike_free(x);
    arena_release(&mem);
}

#define LIT(z)                                                                                     \
    {                                                                                              \
        z, sizeof(z) - 1                                                                           \
    }
static const struct alike_text lamp = {
    LIT("路灯不亮"), LIT("翠竹园小区门口的路灯坏了半个月，晚上一片漆黑，请尽快修好"),
    LIT("翠竹园小区")
};

static void the_same_text_again_is_a_copy_and_elsewhere_it_is_not(void)
{
    struct alike *x = alike_new();
    struct alike_text again = lamp, away = lamp, unplaced = lamp, other = lamp;
    struct alike_verdict v;

    alike_add(x, 1, &lamp);
    alike_compare(x, &lamp, &again, &v);
    CHECK_INT(v.is, ALIKE_COPY);
    away.place = STR("松林雅居");
    alike_compare(x, &lamp, &away, &v);
    CHECK_INT(v.is, ALIKE_KIND);
    unplaced.place = STR("");
    alike_compare(x, &lamp, &unplaced, &v);
    CHECK_INT(v.is, ALIKE_COPY);
    other.title = STR("食堂涨价");
    other.text = STR("孩子学校的午餐费一个月涨了两百元，没有说明理由");
    alike_compare(x, &lamp, &other, &v);
    CHECK_INT(v.is, ALIKE_OTHER);
    alike_free(x);
}

static void an_id_is_added_once_and_never_found_as_itself(void)
{
    struct alike *x = alike_new();
    struct alike_hit h[4];

    CHECK_INT(alike_find(x, &lamp, 0, h, 4), 0);
    CHECK_INT(alike_last(x), 0);
    alike_add(x, 5, &lamp);
    alike_add(x, 5, &lamp);
    alike_add(x, 4, &lamp);
    CHECK_INT(alike_count(x), 1);
    CHECK_INT(alike_last(x), 5);
    CHECK_INT(alike_find(x, &lamp, 5, h, 4), 0);
    CHECK_INT(alike_find(x, &lamp, 0, h, 4), 1);
    CHECK_INT(h[0].id, 5);
    CHECK(h[0].near > 0.9);
    CHECK_INT(alike_find(x, &lamp, 0, h, 0), 0);
    alike_free(x);
}

static void odd_texts_do_no_harm(void)
{
    static const char *const odd[] = { "",         " ",   "？！。", "1234567890",
                                       "\xff\xfe", "😀😀😀", "啊",     "abcabcabc" };
    struct alike *x = alike_new();
    struct buf b = BUF_INIT(1 << 20);
    struct alike_hit h[4];

    for (int i = 0; i < 20000; i++)
        buf_addz(&b, "水");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct alike_text m = { str_z(odd[i]), str_z(odd[i]), str_z(odd[i]) };

        alike_add(x, (int64_t)i + 1, &m);
        (void)alike_find(x, &m, 0, h, 4);
    }
    {
        struct alike_text m = { buf_str(&b), buf_str(&b), STR("") };
        struct alike_verdict v;

        alike_add(x, 100, &m);
        alike_compare(x, &m, &lamp, &v);
        CHECK_INT(v.is, ALIKE_OTHER);
    }
    buf_release(&b);
    alike_free(x);
}

static void the_memory_is_what_is_stated(void)
{
    struct sample_message *all;
    size_t n;
    struct alike *x = city(&all, &n);

    /* arrays grow by a quarter ahead */
    CHECK(alike_bytes(x) <= ALIKE_BYTES_FIXED + ALIKE_BYTES_EACH * n + (1 << 20));
    alike_free(x);
    arena_release(&mem);
}

static void a_kept_index_finds_the_same_and_a_bent_one_is_refused(void)
{
    struct sample_message *all;
    struct tb_err e = TB_ERR_INIT;
    size_t n, same = 0;
    struct alike *x = city(&all, &n), *y = NULL;
    char *file = fs_join(&mem, tb_temp_dir(&mem), "alike");
    struct str bytes;

    CHECK_INT(alike_save(x, file, &e), TB_OK);
    CHECK_INT(alike_load(file, &y, &e), TB_OK);
    CHECK_INT(alike_last(y), (int64_t)n);
    for (size_t q = 0; q < n; q += 101) {
        struct alike_text m = text_of(&all[q]);
        struct alike_hit h[HITS], k[HITS];
        size_t hn = alike_find(x, &m, 0, h, HITS), kn = alike_find(y, &m, 0, k, HITS);

        CHECK(hn == kn && memcmp(h, k, hn * sizeof(*h)) == 0);
        same += hn;
    }
    CHECK(same > 100);
    alike_add(y, (int64_t)n + 1, &lamp);
    CHECK_INT(alike_count(y), n + 1);
    alike_free(y);
    CHECK_INT(fs_read(&mem, file, SIZE_MAX / 2, &bytes, &e), TB_OK);
    for (size_t i = 0; i < 5; i++) {
        char *p = arena_z(&mem, bytes);
        size_t cut = i == 4 ? bytes.n / 2 : bytes.n;

        p[(bytes.n - 1) * i / 4] ^= 4;
        CHECK_INT(fs_write(file, str_of(p, cut), 0600, &e), TB_OK);
        CHECK_INT(alike_load(file, &y, &e), TB_CORRUPT);
        CHECK(!y);
        tb_err_clear(&e);
    }
    CHECK_INT(alike_load("/nowhere/alike", &y, &e), e.code);
    CHECK(e.code && e.code != TB_CORRUPT);
    alike_free(x);
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(one_matter_by_many_is_found_and_little_else),
    TEST(the_same_text_again_is_a_copy_and_elsewhere_it_is_not),
    TEST(an_id_is_added_once_and_never_found_as_itself),
    TEST(odd_texts_do_no_harm),
    TEST(the_memory_is_what_is_stated),
    TEST(a_kept_index_finds_the_same_and_a_bent_one_is_refused),
};
TEST_MAIN(tests)
