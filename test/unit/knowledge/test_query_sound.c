/* Characters written for others that sound alike. */
#include "knowledge/query_sound.h"

#include "base/alloc.h"
#include "tb_test.h"

/* Texts as a city has them; each is said often enough to be known. */
static const char *const said[] = {
    "住房公积金提取和贷款办法",
    "高龄津贴每月发放到人",
    "申请低保的家庭",
    "工伤认定应当在三十日内申请",
    "参加社会保险的职工缴纳社保",
    "结婚登记需要的材料",
    "个体工商户年报时间",
    "上小学的孩子",
    "公司注册登记",
    "残疾人护理补贴",
};
enum { SAID = sizeof said / sizeof said[0], TIMES = 6 };

static struct arena mem = ARENA_INIT;
static struct str bytes;
static struct index texts;
static const struct index *const parts[] = { &texts };

static void prepare(void)
{
    struct index_builder *b = index_builder_new();
    struct tb_err e = TB_ERR_INIT;

    if (bytes.p) {
        index_builder_free(b);
        return;
    }
    for (int64_t i = 0; i < SAID * TIMES; i++) {
        index_builder_group(b, i + 1, i + 1, 0, STR("办法"));
        index_builder_add(b, i + 1, STR(""), str_z(said[i % SAID]));
    }
    CHECK_INT(index_builder_end(b, &bytes, &e), TB_OK);
    CHECK_INT(index_view(bytes, &texts, &e), TB_OK);
}

static struct query ask(const char *question)
{
    struct query q;

    prepare();
    query_make(&mem, str_z(question), parts, 1, &q);
    query_sound(&mem, parts, 1, &q);
    return q;
}

/* The weight of a pair in the question; 0: not looked for. */
static float weight(const struct query *q, const char *pair)
{
    struct units u = normal_units(&mem, str_z(pair));

    for (size_t i = 0; i < q->n; i++)
        if (q->want[i].key == index_pair(u.c[0], u.c[1]))
            return q->want[i].weight;
    return 0;
}

static void a_character_that_sounds_alike_finds_its_clause(void)
{
    static const char *const pairs[][3] = {
        { "公机金怎么提取", "公积", "积金" }, { "公积今怎么贷款", "积金", "贷款" },
        { "高龄金贴", "龄津", "津贴" },       { "高龄津帖", "津贴", "津贴" },
        { "底保怎么申请", "低保", "低保" },   { "社宝怎么交", "社保", "社保" },
        { "节婚登记", "结婚", "结婚" },       { "才料", "材料", "材料" },
        { "残急人", "残疾", "疾人" },         { "申请工商认定", "工伤", "伤认" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct query q = ask(pairs[i][0]);

        CHECK(weight(&q, pairs[i][1]) > 0);
        CHECK(weight(&q, pairs[i][2]) > 0);
    }
}

static void what_is_only_heard_counts_less_than_what_was_written(void)
{
    struct query heard = ask("才料"), written = ask("材料");

    CHECK(weight(&heard, "材料") > 0);
    CHECK(weight(&heard, "材料") < weight(&written, "材料"));
}

static void a_question_of_known_pairs_stays_as_it_is(void)
{
    static const char *const questions[] = { "公积金贷款", "高龄津贴", "工伤认定", "结婚登记" };

    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        struct units u = normal_units(&mem, str_z(questions[i]));
        struct query q = ask(questions[i]);

        CHECK_INT(q.n, u.n - 1);
        CHECK_INT(q.singles, u.n);
    }
}

/* 公司 stands in the texts: that 司刻 does not is no reason to read 公示, 公私 or 工司. */
static void a_word_that_is_known_is_not_doubted_for_its_neighbour(void)
{
    struct query q = ask("公司刻章");

    CHECK(weight(&q, "公司") > 0);
    for (size_t i = 0; i < q.n; i++)
        CHECK(q.want[i].key != index_pair(0x516C, 0x793A));
}

static void what_sounds_like_nothing_known_is_left_alone(void)
{
    struct query q = ask("蜥蜴火锅");

    CHECK_INT(q.n, 3);
    CHECK_INT(q.singles, 4);
    CHECK_INT(ask("").n, 0);
    CHECK_INT(ask("hello 123").singles, 0);
}

static void the_share_of_the_question_does_not_grow(void)
{
    struct query q = ask("公机金");
    float typed = weight(&q, "公机") + weight(&q, "机金");

    CHECK_INT(q.typed, 2);
    CHECK(q.n > q.typed);
    CHECK(typed > 0);
    CHECK(q.mass > typed - 1e-4F && q.mass < typed + 1e-4F);
}

static void however_much_is_misspelt_the_additions_are_bounded(void)
{
    struct buf b = BUF_INIT(4096);
    struct query q;

    for (int i = 0; i < 7; i++)
        buf_addz(&b, "公机金高龄金贴底保");
    q = ask(arena_buf(&mem, &b).p);
    CHECK(q.n <= 2 * q.u.n + QUERY_SOUND_WANTS);
    q = ask("公机金高龄金贴底保社宝节婚才料残急公机金高龄金贴底保社宝节婚才料残急");
    CHECK(weight(&q, "公积") > 0);
    CHECK(q.n <= q.u.n - 1 + QUERY_SOUND_WANTS);
}

static const struct tb_test tests[] = {
    TEST(a_character_that_sounds_alike_finds_its_clause),
    TEST(what_is_only_heard_counts_less_than_what_was_written),
    TEST(a_question_of_known_pairs_stays_as_it_is),
    TEST(a_word_that_is_known_is_not_doubted_for_its_neighbour),
    TEST(what_sounds_like_nothing_known_is_left_alone),
    TEST(the_share_of_the_question_does_not_grow),
    TEST(however_much_is_misspelt_the_additions_are_bounded),
};
TEST_MAIN(tests)
