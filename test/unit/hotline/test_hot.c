#include "scenario/hotline/hot.h"

#include "base/fs.h"
#include "base/share.h"
#include "scenario/hotline/sample.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;
static struct hot_rules *rules;
static const int32_t today = 20779; /* 2026-11-22 */

static void load_rules(void)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(
        hot_rules_load(&mem, fs_join(&mem, share_dir(&mem), "rules/hotline_hot.yaml"), &rules, &e),
        TB_OK);
}

/* The sample city, with or without telling where. */
static struct hot_message *city(size_t count, bool places, size_t *n)
{
    struct sample_wish wish = { .today = today, .seed = 1, .count = count };
    struct sample_message *all;
    struct places *p;
    struct tb_err e = TB_ERR_INIT;
    struct hot_message *m;

    CHECK_INT(sample_make(&mem, fs_join(&mem, share_dir(&mem), "demo"), &wish, &p, &all, n, &e),
              TB_OK);
    m = ARENA_ARRAY(&mem, struct hot_message, *n);
    for (size_t i = 0; i < *n; i++)
        m[i] = (struct hot_message){ .id = (int64_t)i + 1,
                                     .user = all[i].phone,
                                     .title = all[i].title,
                                     .text = all[i].text,
                                     .at = all[i].at,
                                     .up = all[i].votes,
                                     .place = places ? all[i].place->name : STR("") };
    return m;
}

static void shuffle(struct hot_message *m, size_t n, unsigned seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t k;
        struct hot_message t = m[i - 1];

        seed = seed * 1103515245u + 12345u;
        k = (seed >> 8) % i;
        m[i - 1] = m[k];
        m[k] = t;
    }
}

static void same_issue(const struct hot_issue *a, const struct hot_issue *b)
{
    CHECK(str_eq(a->name, b->name) && str_eq(a->why, b->why));
    CHECK(a->heat - b->heat < 1e-12 && b->heat - a->heat < 1e-12);
    CHECK_INT(a->n, b->n);
    for (size_t i = 0; i < a->n && i < b->n; i++)
        CHECK_INT(a->member[i]->id, b->member[i]->id);
}

static void the_order_of_the_messages_changes_nothing(void)
{
    struct hot_issue *a, *b;
    size_t n, an, bn;
    struct hot_message *m;

    load_rules();
    for (int places = 0; places < 2; places++) {
        m = city(1500, places, &n);
        hot_find(&mem, rules, m, n, &(struct hot_wish){ .top = 12 }, &a, &an);
        for (unsigned seed = 1; seed <= 3; seed++) {
            struct hot_message *other = ARENA_ARRAY(&mem, struct hot_message, n);

            memcpy(other, m, n * sizeof(*m));
            shuffle(other, n, seed);
            CHECK(other[0].id != m[0].id || other[1].id != m[1].id);
            hot_find(&mem, rules, other, n, &(struct hot_wish){ .top = 12 }, &b, &bn);
            CHECK_INT(an, bn);
            for (size_t i = 0; i < an && i < bn; i++)
                same_issue(&a[i], &b[i]);
        }
    }
    arena_release(&mem);
}

static bool mentions(const struct hot_issue *x, const char *word)
{
    return str_has(x->name, str_z(word));
}

static void what_happened_in_the_city_is_found_and_named(void)
{
    struct hot_issue *x;
    size_t n, k, heating = 9, flood = 9, rumour = 9;

    load_rules();
    for (int places = 0; places < 2; places++) {
        struct hot_message *m = city(0, places, &n);

        hot_find(&mem, rules, m, n, &(struct hot_wish){ .top = 5 }, &x, &k);
        CHECK_INT(k, 5);
        for (size_t i = 0; i < k; i++) {
            heating = mentions(&x[i], "暖") && heating > 5 ? i : heating;
            flood = mentions(&x[i], "积水") || mentions(&x[i], "淹") ? i : flood;
            rumour = mentions(&x[i], "青溪第二小学") ? i : rumour;
            CHECK(x[i].why.n > 60 && x[i].phrase_n >= 1);
        }
        CHECK(heating < 5 && flood < 5 && rumour < 5);
        CHECK(x[rumour < 5 ? rumour : 0].people >= 120);
    }
    arena_release(&mem);
}

static struct hot_message said(int64_t id, const char *user, const char *title, int64_t hours)
{
    return (struct hot_message){ .id = id,
                                 .user = str_z(user),
                                 .title = str_z(title),
                                 .text = str_z(title),
                                 .at = hours * 3600000,
                                 .place = STR("") };
}

static void one_person_alone_makes_no_issue(void)
{
    struct hot_message m[40];
    struct hot_issue *x;
    size_t n;

    load_rules();
    for (int i = 0; i < 40; i++)
        m[i] = said(i, i < 30 ? "甲" : "乙", "幸福路菜市场门口的下水道又堵了", i);
    hot_find(&mem, rules, m, 40, &(struct hot_wish){ 0 }, &x, &n);
    CHECK_INT(n, 0);
    m[0].user = STR("丙");
    hot_find(&mem, rules, m, 40, &(struct hot_wish){ 0 }, &x, &n);
    CHECK_INT(n, 1);
    CHECK_INT(x[0].people, 3);
    CHECK_INT(x[0].n, 40);
    CHECK_STR(x[0].name, "幸福路菜市场门口的下水道又堵了");
    arena_release(&mem);
}

static void the_heat_is_the_sum_of_its_parts(void)
{
    struct hot_issue *x;
    size_t n, k;
    struct hot_message *m;

    load_rules();
    m = city(800, true, &n);
    hot_find(&mem, rules, m, n, &(struct hot_wish){ 0 }, &x, &k);
    for (size_t i = 0; i < k; i++) {
        double sum = 0;

        for (size_t p = 0; p < HOT_PARTS; p++) {
            CHECK(x[i].points[p] >= 0 && x[i].points[p] <= rules->part[p].weight);
            sum += x[i].points[p];
        }
        CHECK(sum - x[i].heat < 1e-9 && x[i].heat - sum < 1e-9);
        CHECK(i == 0 || x[i - 1].heat >= x[i].heat);
    }
    arena_release(&mem);
}

static void growth_is_counted_only_against_days_that_were_looked_at(void)
{
    struct hot_message m[12];
    struct hot_issue *x;
    size_t n;

    load_rules();
    for (int i = 0; i < 12; i++)
        m[i] = said(i, "", "幸福路菜市场门口的下水道又堵了", (i < 4 ? 24 : 24 * 20) + i);
    hot_find(&mem, rules, m, 12, &(struct hot_wish){ .now = 24 * 21 * 3600000LL, .since = 1 }, &x,
             &n);
    CHECK_INT(n, 1);
    CHECK_INT(x[0].recent, 8);
    CHECK_INT(x[0].spans, 0); /* 21 days hold no whole span of 14 before the last */
    CHECK(x[0].growth <= 0 && !str_has(x[0].why, STR("此前")));
    hot_find(&mem, rules, m, 12,
             &(struct hot_wish){ .now = 24 * 21 * 3600000LL, .since = -24 * 21 * 3600000LL }, &x,
             &n);
    CHECK_INT(x[0].spans, 2);
    CHECK_INT(x[0].before, 4);
    CHECK(x[0].growth > 1.99 && x[0].growth < 2.01); /* 9 / 3 - 1 */
    CHECK(str_has(x[0].why, STR("此前平均每 14 天 2.0 人")));
    arena_release(&mem);
}

static void odd_messages_do_no_harm(void)
{
    struct hot_message m[9];
    struct hot_issue *x;
    size_t n;

    load_rules();
    hot_find(&mem, rules, m, 0, &(struct hot_wish){ 0 }, &x, &n);
    CHECK_INT(n, 0);
    for (int i = 0; i < 9; i++)
        m[i] = said(i, i % 2 ? "甲" : "", i % 3 ? "" : "😀😀😀？？？", 0);
    m[3].title = STR("\xff\xfe\x80 123456789");
    m[4].text = STR("请关于反映投诉");
    hot_find(&mem, rules, m, 9, &(struct hot_wish){ 0 }, &x, &n);
    CHECK(n <= 3);
    arena_release(&mem);
}

static void a_file_of_messages_is_read_line_by_line(void)
{
    struct hot_message *m;
    struct tb_err e = TB_ERR_INIT;
    size_t n, skipped;
    char *file = fs_join(&mem, tb_temp_dir(&mem), "m.jsonl");

    CHECK_INT(fs_write(file,
                       STR("{\"id\":7,\"user\":\"A1\",\"time\":\"2019/2/28 "
                           "11:25:05\",\"title\":\"路灯坏了\",\"text\":\"一直不亮\",\"up\":3}\n"
                           "not json\n\n{\"time\":\"2019-11-13 11:20:21\",\"title\":\"停水\"}\r\n"
                           "{\"time\":\"2026-09-21T19:42:10.329+08:00\",\"text\":\"噪音\"}\n"
                           "{\"time\":\"2019-13-40\",\"title\":\"x\"}\n[]\n{\"id\":1}\n"),
                       0600, &e),
              TB_OK);
    CHECK_INT(hot_read(&mem, file, &m, &n, &skipped, &e), TB_OK);
    CHECK_INT(n, 4);
    CHECK_INT(skipped, 3);
    CHECK_INT(m[0].at, 1551324305000);
    CHECK_INT(m[0].up, 3);
    CHECK_INT(m[1].at, 1573615221000);
    CHECK_INT(m[2].at, 1789990930000);
    CHECK_INT(m[3].at, 0);
    CHECK_INT(fs_write(file, STR("nothing\n"), 0600, &e), TB_OK);
    CHECK_INT(hot_read(&mem, file, &m, &n, &skipped, &e), TB_INVALID);
    arena_release(&mem);
}

static void a_table_that_makes_no_sense_is_refused_with_its_line(void)
{
    static const char *const bad[] = { "join: 2\n", "join: 0.2\nleast_people: x\n",
                                       "join: 0.2\nleast_people: 3\nrecent_days: 7\n",
                                       "join: 0.2\nleast_people: 3\nrecent_days: 7\nheat: {}\n" };
    char *file = fs_join(&mem, tb_temp_dir(&mem), "r.yaml");

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(fs_write(file, str_z(bad[i]), 0600, &e), TB_OK);
        CHECK_INT(hot_rules_load(&mem, file, &rules, &e), TB_INVALID);
        CHECK(str_has(str_z(e.say), STR("r.yaml")));
    }
    arena_release(&mem);
}

static const struct tb_test tests[] = {
    TEST(the_order_of_the_messages_changes_nothing),
    TEST(what_happened_in_the_city_is_found_and_named),
    TEST(one_person_alone_makes_no_issue),
    TEST(the_heat_is_the_sum_of_its_parts),
    TEST(growth_is_counted_only_against_days_that_were_looked_at),
    TEST(odd_messages_do_no_harm),
    TEST(a_file_of_messages_is_read_line_by_line),
    TEST(a_table_that_makes_no_sense_is_refused_with_its_line),
};
TEST_MAIN(tests)
