/* Which policies the others lean on. */
#include "knowledge/authority.h"

#include "base/alloc.h"
#include "tb_test.h"

#include <math.h>

struct part {
    struct str bytes;
    struct index x;
};
struct said { /* one version with one passage */
    int64_t document;
    const char *title, *text;
};

static struct part part_of(const struct said *v, size_t n)
{
    struct index_builder *b = index_builder_new();
    struct tb_err e = TB_ERR_INIT;
    struct part p;

    for (size_t i = 0; i < n; i++) {
        index_builder_group(b, (int64_t)i + 1, v[i].document, 0, str_z(v[i].title));
        index_builder_add(b, (int64_t)i + 1, STR(""), str_z(v[i].text));
    }
    CHECK_INT(index_builder_end(b, &p.bytes, &e), TB_OK);
    CHECK_INT(index_view(p.bytes, &p.x, &e), TB_OK);
    return p;
}

/* How many others name the first, by measuring one part. */
static double named(const struct said *v, size_t n)
{
    struct part p = part_of(v, n);
    const struct index *parts[] = { &p.x };
    float out[16] = { -1 }, *to[] = { out };

    authority_measure(parts, 1, to);
    tb_free((void *)(uintptr_t)p.bytes.p);
    return exp((double)out[0]) - 1;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-4;
}

#define NAMED(...)                                                                                 \
    named((const struct said[]){ __VA_ARGS__ },                                                    \
          sizeof((const struct said[]){ __VA_ARGS__ }) / sizeof(struct said))

static void every_other_policy_counts_once(void)
{
    CHECK(near(NAMED({ 1, "社会保险法", "第一条 为了规范。" }), 0));
    CHECK(near(
        NAMED({ 1, "社会保险法", "第一条 为了规范。" }, { 2, "甲办法", "根据《社会保险法》" }), 1));
    CHECK(near(NAMED({ 1, "社会保险法", "第一条 为了规范。" },
                     { 2, "甲办法", "根据《社会保险法》，照《社会保险法》办" },
                     { 3, "乙办法", "《社会保险法》另有规定的" }),
               2));
}

static void a_policy_that_names_itself_gains_nothing(void)
{
    CHECK(near(NAMED({ 1, "社会保险法", "《社会保险法》施行以前的，不适用《社会保险法》" },
                     { 2, "甲办法", "根据《社会保险法》" }),
               1));
}

static void two_versions_of_one_policy_are_one_voice(void)
{
    CHECK(near(NAMED({ 1, "社会保险法", "第一条" }, { 2, "甲办法", "根据《社会保险法》" },
                     { 3, "乙办法", "根据《社会保险法》" }, { 2, "甲办法", "依照《社会保险法》" }),
               2));
    CHECK(near(NAMED({ 1, "社会保险法", "第一条" }, { 1, "社会保险法", "代替《社会保险法》" }), 0));
}

static void a_title_is_known_without_country_and_brackets(void)
{
    CHECK(near(NAMED({ 1, "中华人民共和国社会保险法（2018修正）", "第一条" },
                     { 2, "甲办法", "根据《社会保险法》" },
                     { 3, "乙办法", "根据《中华人民共和国社会保险法》" }),
               2));
}

static void a_bracket_that_is_not_closed_names_nothing(void)
{
    CHECK(near(NAMED({ 1, "社会保险法", "第一条" }, { 2, "甲办法", "《社会保险法" },
                     { 3, "乙办法", "社会保险法》" }, { 4, "丙办法", "《》《" }),
               0));
}

static void parts_are_measured_together(void)
{
    struct part a = part_of((const struct said[]){ { 1, "社会保险法", "第一条" } }, 1);
    struct part b = part_of((const struct said[]){ { 2, "甲办法", "根据《社会保险法》" },
                                                   { 1, "社会保险法", "《社会保险法》" } },
                            2);
    const struct index *parts[] = { &a.x, &b.x };
    float first[2] = { -1 }, second[4] = { -1, -1 }, *to[] = { first, second };

    authority_measure(parts, 2, to);
    CHECK(near((double)first[0], log(2)));
    CHECK(near((double)second[0], 0));
    CHECK(near((double)second[1], log(2)));
    tb_free((void *)(uintptr_t)a.bytes.p);
    tb_free((void *)(uintptr_t)b.bytes.p);
}

static const struct tb_test tests[] = {
    TEST(every_other_policy_counts_once),
    TEST(a_policy_that_names_itself_gains_nothing),
    TEST(two_versions_of_one_policy_are_one_voice),
    TEST(a_title_is_known_without_country_and_brackets),
    TEST(a_bracket_that_is_not_closed_names_nothing),
    TEST(parts_are_measured_together),
};
TEST_MAIN(tests)
