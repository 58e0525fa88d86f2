/* What earlier questions say of a candidate. */
#include "knowledge/memory.h"

#include "tb_test.h"

#include <math.h>

static struct arena a = ARENA_INIT; /* for as long as the test runs */

static struct memory_question asked(const char *text)
{
    return (struct memory_question){ .u = normal_units(&a, str_z(text)) };
}

static struct rank_hit place(uint64_t policy, uint64_t chapter, uint64_t clause)
{
    return (struct rank_hit){ .policy = policy, .chapter = chapter, .clause = clause };
}

static void add(struct memory *m, const char *text, uint64_t matter, struct rank_hit gold)
{
    struct memory_question q = asked(text);

    q.matter = matter;
    memory_add(m, &q, &gold, 1);
}

/* The marks of the candidate h when text is asked. */
static struct rank_hit mark(const struct memory *m, const char *text, size_t skip,
                            struct rank_hit h)
{
    struct memory_question q = asked(text);
    struct rank_list l = { &h, 1 };

    memory_mark(m, &q, skip, &l);
    return h;
}

static bool same_marks(const struct rank_hit *x, const struct rank_hit *y)
{
    for (int j = RANK_SEEN_POLICY; j < RANK_FEATURES; j++)
        if (fabsf(x->f[j] - y->f[j]) > 1e-6F)
            return false;
    return true;
}

static void what_answered_a_like_question_stands_out(void)
{
    struct memory *m = memory_new();
    struct rank_hit right, wrong;

    add(m, "高龄津贴一个月多少钱", 0, place(1, 11, 111));
    add(m, "公积金贷款额度", 0, place(2, 22, 222));
    CHECK_INT(memory_count(m), 2);
    right = mark(m, "高龄津贴一个月给多少", SIZE_MAX, place(1, 11, 111));
    wrong = mark(m, "高龄津贴一个月给多少", SIZE_MAX, place(2, 22, 222));
    CHECK(right.f[RANK_NEAR_CLAUSE] > wrong.f[RANK_NEAR_CLAUSE]);
    CHECK(right.f[RANK_NEAR_POLICY] > wrong.f[RANK_NEAR_POLICY]);
    CHECK(right.f[RANK_NEAR_CHAPTER] > wrong.f[RANK_NEAR_CHAPTER]);
    CHECK(right.f[RANK_NEAR_CLAUSE] > 0.5F && right.f[RANK_NEAR_CLAUSE] <= 1);
    memory_free(m);
}

static void the_same_policy_helps_where_the_clause_is_another(void)
{
    struct memory *m = memory_new();
    struct rank_hit beside, stranger;

    add(m, "高龄津贴一个月多少钱", 0, place(1, 11, 111));
    beside = mark(m, "高龄津贴一个月给多少", SIZE_MAX, place(1, 12, 112));
    stranger = mark(m, "高龄津贴一个月给多少", SIZE_MAX, place(3, 33, 333));
    CHECK(beside.f[RANK_NEAR_CLAUSE] == 0);
    CHECK(beside.f[RANK_NEAR_POLICY] > stranger.f[RANK_NEAR_POLICY]);
    CHECK(beside.f[RANK_NEAR_CHAPTER] == stranger.f[RANK_NEAR_CHAPTER]);
    CHECK(beside.f[RANK_SEEN_POLICY] > stranger.f[RANK_SEEN_POLICY]);
    memory_free(m);
}

static void a_question_counts_once_for_a_policy(void)
{
    struct memory *m = memory_new();
    struct memory_question q = asked("要什么材料");
    struct rank_hit two[] = { place(1, 11, 111), place(1, 11, 112) }, h;

    memory_add(m, &q, two, 2);
    add(m, "在哪里办", 0, place(2, 22, 222));
    h = mark(m, "别的", SIZE_MAX, place(1, 11, 111));
    CHECK(fabsf(h.f[RANK_SEEN_POLICY] - logf(1.3F / 2)) < 1e-6F);
    CHECK(fabsf(h.f[RANK_SEEN_CHAPTER] - logf(1.05F / 2)) < 1e-6F);
    CHECK(fabsf(h.f[RANK_SEEN_CLAUSE] - logf(2)) < 1e-6F);
    memory_free(m);
}

/* Whether it was added and skipped, or never added, must not be told from the marks. */
static void a_skipped_question_leaves_no_trace(void)
{
    struct memory *with = memory_new(), *without = memory_new();
    struct rank_hit x, y;

    add(with, "失业金能领几个月", 0, place(3, 31, 311));
    add(with, "高龄津贴一个月多少钱", 0, place(1, 11, 111));
    add(with, "老人补贴去哪里办", 0, place(1, 12, 112));
    add(without, "失业金能领几个月", 0, place(3, 31, 311));
    add(without, "老人补贴去哪里办", 0, place(1, 12, 112));
    for (uint64_t clause = 111; clause < 113; clause++) {
        x = mark(with, "高龄津贴一个月多少钱", 1, place(1, clause - 100, clause));
        y = mark(without, "高龄津贴一个月多少钱", SIZE_MAX, place(1, clause - 100, clause));
        CHECK(same_marks(&x, &y));
    }
    memory_free(with);
    memory_free(without);
}

static void phrasings_of_one_matter_are_skipped_together(void)
{
    struct memory *with = memory_new(), *without = memory_new();
    struct rank_hit x, y;

    for (int i = 0; i < 20; i++) /* more than one would hold */
        add(with, i % 2 ? "高龄津贴一个月多少钱" : "高龄津贴是多少", 7, place(1, 11, 111));
    add(with, "老人补贴去哪里办", 8, place(1, 12, 112));
    add(without, "老人补贴去哪里办", 8, place(1, 12, 112));
    x = mark(with, "高龄津贴一个月多少钱", 3, place(1, 11, 111));
    y = mark(without, "高龄津贴一个月多少钱", SIZE_MAX, place(1, 11, 111));
    CHECK(same_marks(&x, &y));
    x = mark(with, "高龄津贴一个月多少钱", SIZE_MAX, place(1, 11, 111));
    CHECK(!same_marks(&x, &y));
    memory_free(with);
    memory_free(without);
}

static void an_empty_memory_says_the_same_of_all(void)
{
    struct memory *m = memory_new();
    struct rank_hit x = mark(m, "高龄津贴", SIZE_MAX, place(1, 11, 111));
    struct rank_hit y = mark(m, "高龄津贴", 0, place(2, 22, 222));

    CHECK_INT(memory_count(m), 0);
    CHECK(same_marks(&x, &y));
    CHECK(isfinite(x.f[RANK_SEEN_POLICY]) && isfinite(x.f[RANK_NEAR_POLICY]));
    memory_free(m);
    memory_free(NULL);
}

static void vectors_go_before_characters(void)
{
    struct memory *m = memory_new();
    struct embedding near = { .scale = 1.0F / 512 }, far = near;
    struct memory_question q = asked("甲乙丙丁");
    struct rank_hit gold = place(1, 11, 111), h = gold;
    struct rank_list l = { &h, 1 };

    for (int i = 0; i < EMBED_DIM; i++) {
        near.v[i] = 16;
        far.v[i] = i % 2 ? 16 : -16;
    }
    q.vector = &near;
    memory_add(m, &q, &gold, 1);
    q = asked("戊己庚辛"); /* no character in common */
    q.vector = &near;
    memory_mark(m, &q, SIZE_MAX, &l);
    CHECK(h.f[RANK_NEAR_CLAUSE] > 0.4F);
    q = asked("甲乙丙丁");
    q.vector = &far;
    memory_mark(m, &q, SIZE_MAX, &l);
    CHECK(h.f[RANK_NEAR_CLAUSE] == 0);
    memory_free(m);
}

static void thousands_of_places_are_kept_apart(void)
{
    struct memory *m = memory_new();

    for (uint64_t i = 1; i <= 3000; i++)
        for (uint64_t k = 0; k < 1 + i % 3; k++)
            add(m, "问", 0, place(i, 10000 + i, 20000 + i));
    for (uint64_t i = 1; i <= 3000; i += 7) {
        struct rank_hit h = mark(m, "问", SIZE_MAX, place(i, 10000 + i, 20000 + i));

        CHECK(fabsf(h.f[RANK_SEEN_CLAUSE] - log1pf((float)(1 + i % 3))) < 1e-6F);
    }
    memory_free(m);
}

static const struct tb_test tests[] = {
    TEST(what_answered_a_like_question_stands_out),
    TEST(the_same_policy_helps_where_the_clause_is_another),
    TEST(a_question_counts_once_for_a_policy),
    TEST(a_skipped_question_leaves_no_trace),
    TEST(phrasings_of_one_matter_are_skipped_together),
    TEST(an_empty_memory_says_the_same_of_all),
    TEST(vectors_go_before_characters),
    TEST(thousands_of_places_are_kept_apart),
};
TEST_MAIN(tests)
