/* Which questions are the same. The answer of the known one would be given word for word. */
#include "knowledge/likeness.h"

#include "base/alloc.h"
#include "base/fs.h"

#include "tb_test.h"

static const char *const known[] = {
    "八十岁以上老人一个月补贴多少钱",
    "高龄津贴是多少",
    "高龄津贴怎么申请",
    "低保一个月多少钱",
    "失业金一个月多少钱",
    "居民医保住院报销多少",
    "职工医保门诊报销多少",
    "结婚登记要带什么材料",
    "加装电梯要几户同意",
    "加装电梯政府补多少钱",
    "明年居民医保交多少钱",
    "居民养老保险每年交多少钱",
};
static struct likeness_weights weights;
static struct embedder *model;

static void prepare(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const char *cache = fs_cache_dir(&a);

    for (size_t i = 0; weights.questions < sizeof known / sizeof known[0]; i++)
        likeness_count(&weights, normal_units(&a, str_z(known[i])));
    if (!model && embed_available(cache))
        CHECK_INT(embed_open(cache, 1, &model, &e), TB_OK);
    arena_release(&a);
}

static double alike(const char *asked, const char *standard, bool vectors)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str text[] = { str_z(asked), str_z(standard) };
    struct embedding v[2];
    struct likeness_side x = { .u = normal_units(&a, text[0]) };
    struct likeness_side y = { .u = normal_units(&a, text[1]) };
    double score;

    prepare();
    if (vectors && model) {
        CHECK_INT(embed_run(model, text, 2, false, 0, v, &e), TB_OK);
        x.vector = v;
        y.vector = v + 1;
    }
    score = likeness_of(&weights, &x, &y);
    arena_release(&a);
    return score;
}

struct pair {
    const char *asked, *standard;
};

static void check(const struct pair *p, size_t n, bool same)
{
    for (size_t i = 0; i < n; i++) {
        for (int vectors = 0; vectors < 2; vectors++) {
            double s = alike(p[i].asked, p[i].standard, vectors);

            if (same ? s < 0.8 : s >= 0.75)
                printf("# %.3f %s | %s (vectors %d)\n", s, p[i].asked, p[i].standard, vectors);
            CHECK(same ? s >= 0.8 : s < 0.75);
        }
    }
}

static void the_same_question_in_nearly_the_same_words_is_the_same(void)
{
    static const struct pair p[] = {
        { "高龄津贴怎么申请", "高龄津贴怎么申请" },
        { "请问高龄津贴怎么申请呀？", "高龄津贴怎么申请" },
        { "高龄津贴如何申请", "高龄津贴怎么申请" },
        { "我想问一下，低保一个月有多少钱呢", "低保一个月多少钱" },
        { "80岁以上老人一个月补贴多少钱？", "八十岁以上老人一个月补贴多少钱" },
        { "居民醫保住院報銷多少", "居民医保住院报销多少" },
        { "结婚登记需要带什么材料", "结婚登记要带什么材料" },
    };

    check(p, sizeof p / sizeof p[0], true);
}

static void the_same_matter_asked_otherwise_is_not_the_same(void)
{
    static const struct pair p[] = {
        { "高龄津贴怎么申请", "高龄津贴是多少" },
        { "高龄津贴什么时候发", "高龄津贴是多少" },
        { "结婚登记要带多少钱", "结婚登记要带什么材料" },
        { "加装电梯政府补多少钱", "加装电梯要几户同意" },
        { "七十岁以上老人一个月补贴多少钱", "八十岁以上老人一个月补贴多少钱" },
    };

    check(p, sizeof p / sizeof p[0], false);
}

static void another_matter_in_like_words_is_not_the_same(void)
{
    static const struct pair p[] = {
        { "低保一个月多少钱", "失业金一个月多少钱" },
        { "居民医保住院报销多少", "职工医保门诊报销多少" },
        { "明年居民医保交多少钱", "居民养老保险每年交多少钱" },
        { "居民医保住院报销多少", "明年居民医保交多少钱" },
        { "离婚登记要带什么材料", "结婚登记要带什么材料" },
        { "咱这儿最低工资现在是几多一个月", "低保一个月多少钱" },
        { "", "低保一个月多少钱" },
    };

    check(p, sizeof p / sizeof p[0], false);
}

static const struct tb_test tests[] = {
    TEST(the_same_question_in_nearly_the_same_words_is_the_same),
    TEST(the_same_matter_asked_otherwise_is_not_the_same),
    TEST(another_matter_in_like_words_is_not_the_same),
};
TEST_MAIN(tests)
