/* An order learned from answered questions. */
#include "knowledge/ranker_int.h"

#include "base/alloc.h"
#include "tb_test.h"

enum { CANDIDATES = 12, ROOM = 600 };

/* Questions whose answer is told by one feature; the rest is noise, the plain order too. */
struct lesson {
    struct rank_hit hit[ROOM][CANDIDATES];
    uint8_t right[ROOM][CANDIDATES];
    struct ranker_question q[ROOM];
    uint64_t dice;
};

static float roll(struct lesson *l)
{
    l->dice = l->dice * 6364136223846793005U + 1442695040888963407U;
    return (float)(l->dice >> 40) / 16777216.0F;
}

/* tells(noise, right): the value of the telling feature. */
static void ask(struct lesson *l, size_t i, float (*tells)(float, bool))
{
    size_t answer = (size_t)(roll(l) * (CANDIDATES - 0.01F));

    memset(l->right[i], 0, sizeof l->right[i]);
    l->right[i][answer] = 1;
    for (size_t k = 0; k < CANDIDATES; k++) {
        struct rank_hit *h = l->hit[i] + k;

        *h = (struct rank_hit){ .doc = (uint32_t)k, .score = (float)(CANDIDATES - k) };
        for (int j = 0; j < RANK_FEATURES; j++)
            h->f[j] = roll(l);
        h->f[RANK_TITLE_COVER] = tells(roll(l), k == answer);
    }
    l->q[i] = (struct ranker_question){ { l->hit[i], CANDIDATES }, l->right[i] };
}

static float higher_when_right(float noise, bool right)
{
    return right ? 0.8F + 0.2F * noise : 0.9F * noise;
}

/* Nothing linear tells it: the right one lies in the middle. */
static float in_the_middle_when_right(float noise, bool right)
{
    return right ? 0.45F + 0.1F * noise : noise < 0.5F ? 0.8F * noise : 1.0F - 0.8F * (1 - noise);
}

static struct lesson *lesson(size_t n, uint64_t dice, float (*tells)(float, bool))
{
    struct lesson *l = tb_zalloc(sizeof *l);

    l->dice = dice;
    for (size_t i = 0; i < n; i++)
        ask(l, i, tells);
    return l;
}

/* Share of fresh questions whose answer comes first. */
static double first(const struct ranker *r, float (*tells)(float, bool))
{
    struct lesson *fresh = lesson(200, 99, tells);
    double hits = 0;

    for (size_t i = 0; i < 200; i++) {
        ranker_apply(r, &fresh->q[i].list);
        hits += fresh->right[i][fresh->q[i].list.v[0].doc];
    }
    tb_free(fresh);
    return hits / 200;
}

static bool same_order(const struct ranker *a, const struct ranker *b)
{
    struct lesson *x = lesson(50, 7, higher_when_right), *y = lesson(50, 7, higher_when_right);
    bool same = true;

    for (size_t i = 0; i < 50; i++) {
        ranker_apply(a, &x->q[i].list);
        ranker_apply(b, &y->q[i].list);
        for (size_t k = 0; k < CANDIDATES; k++)
            same &=
                x->hit[i][k].doc == y->hit[i][k].doc && x->hit[i][k].score == y->hit[i][k].score;
    }
    tb_free(x);
    tb_free(y);
    return same;
}

static void what_tells_the_answer_is_learned(void)
{
    struct lesson *l = lesson(60, 1, higher_when_right);
    struct ranker *r = ranker_fit(l->q, 60);

    CHECK(first(r, higher_when_right) > 0.4); /* by chance: one in twelve */
    ranker_free(r);
    tb_free(l);
}

static void there_are_trees_only_from_two_hundred_answerable_questions(void)
{
    struct lesson *l = lesson(260, 2, higher_when_right);
    struct ranker *r = ranker_fit(l->q, 199);

    CHECK_INT(r->forest.n, 0);
    ranker_free(r);
    r = ranker_fit(l->q, 200);
    CHECK(r->forest.n > 0);
    ranker_free(r);
    for (size_t i = 0; i < 61; i++) /* without an answer among their candidates */
        memset(l->right[i], 0, sizeof l->right[i]);
    r = ranker_fit(l->q, 260);
    CHECK_INT(r->forest.n, 0);
    ranker_free(r);
    tb_free(l);
}

static void trees_learn_what_no_line_can(void)
{
    struct lesson *l = lesson(ROOM, 3, in_the_middle_when_right);
    struct ranker *line = ranker_fit(l->q, 199), *trees = ranker_fit(l->q, ROOM);

    CHECK(first(trees, in_the_middle_when_right) > first(line, in_the_middle_when_right) + 0.2);
    ranker_free(line);
    ranker_free(trees);
    tb_free(l);
}

static void the_same_questions_teach_the_same(void)
{
    struct lesson *l = lesson(220, 4, higher_when_right);
    struct ranker *a = ranker_fit(l->q, 220), *b = ranker_fit(l->q, 220);

    CHECK(same_order(a, b));
    ranker_free(a);
    ranker_free(b);
    tb_free(l);
}

static void one_that_has_learned_nothing_changes_nothing(void)
{
    struct lesson *l = lesson(1, 5, higher_when_right);
    struct ranker *r = ranker_fit(NULL, 0);

    ranker_apply(r, &l->q[0].list);
    for (size_t k = 0; k < CANDIDATES; k++) {
        CHECK(l->hit[0][k].score == 0);
        CHECK_INT(l->hit[0][k].doc, k);
    }
    l->q[0].list.n = 0;
    ranker_apply(r, &l->q[0].list);
    ranker_free(r);
    ranker_free(NULL);
    tb_free(l);
}

/* -- as JSON -- */

static struct str written(struct arena *a, const struct ranker *r)
{
    struct buf b = BUF_INIT(64 << 20);
    struct json j = JSON_INIT(&b);

    ranker_write(r, &j);
    return arena_buf(a, &b);
}

static struct ranker *read_back(struct arena *a, struct str text)
{
    const struct json_value *v = NULL;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(json_read(a, text, &v, &e), TB_OK);
    return v ? ranker_read(v) : NULL;
}

static void it_comes_back_from_json_to_the_last_bit(void)
{
    static const size_t sizes[] = { 0, 60, 220 };
    struct lesson *l = lesson(220, 6, higher_when_right);

    for (size_t i = 0; i < 3; i++) {
        struct arena a = ARENA_INIT;
        struct ranker *r = ranker_fit(l->q, sizes[i]), *back = read_back(&a, written(&a, r));

        CHECK(back != NULL);
        if (back) {
            CHECK_INT(back->forest.n, r->forest.n);
            CHECK(same_order(r, back));
            CHECK(str_eq(written(&a, r), written(&a, back)));
        }
        ranker_free(r);
        ranker_free(back);
        arena_release(&a);
    }
    tb_free(l);
}

/* text with the first `from` after `after` replaced. */
static struct str changed(struct arena *a, struct str text, const char *after, const char *from,
                          const char *to)
{
    size_t at = str_find_from(text, str_z(from), str_find(text, str_z(after)));

    CHECK(at != SIZE_MAX);
    return arena_printf(a, "%.*s%s%.*s", (int)at, text.p, to,
                        STR_FMT(str_from(text, at + strlen(from))));
}

static void what_is_no_ranker_of_today_is_refused(void)
{
    static const char *const no_ranker[] = { "{}", "[]", "null", "7", "{\"scale\":1}" };
    struct lesson *l = lesson(220, 8, higher_when_right);
    struct ranker *r = ranker_fit(l->q, 220);
    struct arena a = ARENA_INIT;
    struct str text = written(&a, r);
    const char *const root = "\"trees\":[[";

    for (size_t i = 0; i < sizeof no_ranker / sizeof no_ranker[0]; i++)
        CHECK(read_back(&a, str_z(no_ranker[i])) == NULL);
    CHECK(read_back(&a, changed(&a, text, "scale", "1", "2")) == NULL);
    CHECK(read_back(&a, changed(&a, text, "mean", "[", "[0.5,")) == NULL);
    CHECK(read_back(&a, changed(&a, text, "mean", "[", "[null,")) == NULL);
    CHECK(read_back(&a, changed(&a, text, root, "[[", "[[0,0,0.5,")) == NULL); /* a circle */
    CHECK(read_back(&a, changed(&a, text, root, "[[", "[[0,28,0.5,")) == NULL);
    CHECK(read_back(&a, changed(&a, text, root, "[[", "[[26,1,0.5,")) == NULL);
    CHECK(read_back(&a, changed(&a, text, root, "[[", "[[],[")) == NULL);
    ranker_free(r);
    arena_release(&a);
    tb_free(l);
}

static const struct tb_test tests[] = {
    TEST(what_tells_the_answer_is_learned),
    TEST(there_are_trees_only_from_two_hundred_answerable_questions),
    TEST(trees_learn_what_no_line_can),
    TEST(the_same_questions_teach_the_same),
    TEST(one_that_has_learned_nothing_changes_nothing),
    TEST(it_comes_back_from_json_to_the_last_bit),
    TEST(what_is_no_ranker_of_today_is_refused),
};
TEST_MAIN(tests)
