#include "learn/measure.h"
#include "learn/model.h"
#include "learn/train.h"

#include "base/fs.h"
#include "tb_temp.h"
#include "tb_test.h"

enum { EACH = 12, MESSAGES = 3 * EACH };
static const struct str labels[3] = { { "路灯", 6 }, { "噪声", 6 }, { "工资", 6 } };
static const char *const about[3][4] = {
    { "路灯不亮了", "街上的灯坏了很黑", "灯杆歪了没人修", "晚上没有灯光" },
    { "半夜施工吵得睡不着", "噪音太大了", "广场舞音响很吵", "机器轰鸣声扰民" },
    { "老板拖欠工资", "三个月没发钱", "讨薪无门血汗钱", "欠薪不给" },
};
static const char *const where[3] = { "在幸福路", "我们小区门口", "向阳街十二号" };

/* Messages put together from the pieces above, label by label in turn. */
static size_t messages(struct arena *a, struct learn_example *v)
{
    size_t n = 0;

    for (int i = 0; i < MESSAGES; i++) {
        int k = i % 3, j = i / 3;

        v[n++] = (struct learn_example){
            .title = arena_printf(a, "%s%s", where[j % 3], about[k][j % 4]),
            .text = arena_printf(a, "您好，%s，%s，请尽快处理。", about[k][j % 4],
                                 about[k][(j + j / 4) % 4]),
            .label = (uint32_t)k,
            .weight = 1,
        };
    }
    return n;
}

static struct learn_model *trained(struct arena *a, struct learn_held *held)
{
    struct learn_example *v = ARENA_ARRAY(a, struct learn_example, MESSAGES);
    struct learn_options o = LEARN_OPTIONS;
    struct tb_err e = TB_ERR_INIT;
    struct learn_model *m = NULL;
    size_t n = messages(a, v);

    o.version = 7;
    CHECK_INT(learn_train(v, n, labels, 3, &o, held, &m, &e), TB_OK);
    return m;
}

static void what_was_never_seen_is_told_apart_by_its_words(void)
{
    struct arena a = ARENA_INIT;
    struct learn_model *m = trained(&a, NULL);
    struct learn_verdict v;

    learn_judge(m, STR("解放路的路燈壞了"), STR("天一黑就看不見路，希望修好路燈。"), &a, &v);
    CHECK_INT(v.best, 0); /* 繁体 is the same */
    CHECK(v.sure > 0.5 && v.sure <= 1);
    learn_judge(m, STR(""), STR("工地夜里施工，噪音吵死人"), &a, &v);
    CHECK_INT(v.best, 1);
    CHECK(v.p[0] + v.p[1] + v.p[2] > 0.999F && v.p[0] + v.p[1] + v.p[2] < 1.001F);
    CHECK_STR(learn_label(m, 2), "工资");
    CHECK_INT(learn_version(m), 7);
    learn_free(m);
    arena_release(&a);
}

static void of_what_it_never_met_it_is_not_sure(void)
{
    struct arena a = ARENA_INIT;
    struct learn_model *m = trained(&a, NULL);
    struct learn_verdict v;

    learn_judge(m, STR(""), STR(""), &a, &v);
    CHECK_INT(v.known, 0);
    CHECK(v.sure == 0);
    learn_judge(m, STR("😀😀"), STR("qwxz"), &a, &v);
    CHECK(v.sure == 0);
    learn_free(m);
    arena_release(&a);
}

static void the_words_that_decided_are_named(void)
{
    struct arena a = ARENA_INIT;
    struct learn_model *m = trained(&a, NULL);
    struct str w[3];
    size_t n =
        learn_words(m, STR("老板拖欠工资"), STR("我们在幸福路上班，讨薪无门"), 2, 0, &a, w, 3);
    bool wage = false;

    CHECK(n > 0);
    for (size_t i = 0; i < n; i++)
        wage = wage || str_has(w[i], STR("工资")) || str_has(w[i], STR("欠")) ||
               str_has(w[i], STR("薪"));
    CHECK(wage);
    CHECK_INT(learn_words(m, STR(""), STR(""), 2, 0, &a, w, 3), 0);
    learn_free(m);
    arena_release(&a);
}

static void the_same_examples_make_the_same_file(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&a);
    char *one = fs_join(&a, dir, "one"), *two = fs_join(&a, dir, "two");
    struct learn_model *m = trained(&a, NULL), *n = trained(&a, NULL);
    struct str x, y;

    CHECK_INT(learn_save(m, one, &e), TB_OK);
    CHECK_INT(learn_save(n, two, &e), TB_OK);
    CHECK_INT(fs_read(&a, one, 1 << 24, &x, &e), TB_OK);
    CHECK_INT(fs_read(&a, two, 1 << 24, &y, &e), TB_OK);
    CHECK(str_eq(x, y));
    learn_free(m);
    learn_free(n);
    arena_release(&a);
}

static void what_was_saved_judges_as_before(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *path = fs_join(&a, tb_temp_dir(&a), "model");
    struct learn_model *m = trained(&a, NULL), *n = NULL;
    struct learn_verdict x, y;

    CHECK_INT(learn_save(m, path, &e), TB_OK);
    CHECK_INT(learn_open(path, &n, &e), TB_OK);
    learn_judge(m, STR("晚上很吵"), STR("音响"), &a, &x);
    learn_judge(n, STR("晚上很吵"), STR("音响"), &a, &y);
    CHECK(x.best == y.best && x.p[1] == y.p[1]);
    learn_free(m);
    learn_free(n);
    arena_release(&a);
}

static void a_bent_file_is_refused(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *path = fs_join(&a, tb_temp_dir(&a), "model"), *bent;
    struct learn_model *m = trained(&a, NULL), *n = NULL;
    struct str whole;

    CHECK_INT(learn_save(m, path, &e), TB_OK);
    learn_free(m);
    CHECK_INT(fs_read(&a, path, 1 << 24, &whole, &e), TB_OK);
    for (size_t at = 0; at < whole.n; at += 977) {
        bent = arena_z(&a, whole);
        memcpy(bent, whole.p, whole.n);
        bent[at] ^= 1;
        CHECK_INT(learn_read(str_of(bent, whole.n), &n, &e), TB_CORRUPT);
        CHECK_INT(learn_read(str_sub(whole, 0, at), &n, &e), TB_CORRUPT);
    }
    CHECK_INT(learn_open(fs_join(&a, tb_temp_dir(&a), "none"), &n, &e), TB_NOT_FOUND);
    arena_release(&a);
}

static void what_each_fold_had_not_seen_is_reported(void)
{
    struct arena a = ARENA_INIT;
    struct learn_held *held = ARENA_ARRAY(&a, struct learn_held, MESSAGES);
    struct learn_model *m = trained(&a, held);
    size_t right = 0;

    for (size_t i = 0; i < MESSAGES; i++) {
        CHECK(held[i].known && held[i].sure > 0 && held[i].best != held[i].second);
        right += held[i].best == i % 3;
    }
    CHECK(right > MESSAGES * 8 / 10);
    learn_free(m);
    arena_release(&a);
}

static void a_description_teaches_a_label_without_a_message(void)
{
    struct arena a = ARENA_INIT;
    struct learn_example v[MESSAGES + 1];
    struct str four[4] = { labels[0], labels[1], labels[2], STR("公交") };
    struct learn_options o = LEARN_OPTIONS;
    struct tb_err e = TB_ERR_INIT;
    struct learn_model *m = NULL;
    struct learn_verdict said;
    size_t n = messages(&a, v);

    for (int i = 0; i < 2; i++) /* so that its runs are known */
        v[i].label = LEARN_UNLABELLED;
    v[0].text = v[1].text = STR("公交车班次太少");
    v[n++] = (struct learn_example){ STR("公交"), STR("公交车、班次、站台"), 3, true, 1, 0 };
    CHECK_INT(learn_train(v, n, four, 4, &o, NULL, &m, &e), TB_OK);
    learn_judge(m, STR("公交车不来"), STR("公交班次"), &a, &said);
    CHECK_INT(said.best, 3);
    learn_free(m);
    arena_release(&a);
}

static void senseless_examples_are_refused(void)
{
    struct arena a = ARENA_INIT;
    struct learn_example v[MESSAGES];
    struct str twice[2] = { labels[0], labels[0] };
    struct learn_options o = LEARN_OPTIONS;
    struct tb_err e = TB_ERR_INIT;
    struct learn_model *m = NULL;
    size_t n = messages(&a, v);

    CHECK_INT(learn_train(v, n, labels, 1, &o, NULL, &m, &e), TB_INVALID);
    CHECK_INT(learn_train(v, n, labels, 2, &o, NULL, &m, &e), TB_INVALID); /* label 2 is used */
    CHECK_INT(learn_train(v, n, twice, 2, &o, NULL, &m, &e), TB_INVALID);
    CHECK_INT(learn_train(v, 0, labels, 3, &o, NULL, &m, &e), TB_INVALID);
    v[3].weight = 0;
    CHECK_INT(learn_train(v, n, labels, 3, &o, NULL, &m, &e), TB_INVALID);
    arena_release(&a);
}

static void examples_read_again_each_pass_give_the_same_model(void)
{
    struct arena a = ARENA_INIT;
    struct learn_example v[MESSAGES];
    struct learn_options o = LEARN_OPTIONS;
    struct tb_err e = TB_ERR_INIT;
    struct learn_model *kept = NULL, *again = NULL;
    struct learn_verdict x, y;
    size_t n = messages(&a, v);

    CHECK_INT(learn_train(v, n, labels, 3, &o, NULL, &kept, &e), TB_OK);
    o.memory = 0;
    CHECK_INT(learn_train(v, n, labels, 3, &o, NULL, &again, &e), TB_OK);
    learn_judge(kept, STR("没发工资"), STR(""), &a, &x);
    learn_judge(again, STR("没发工资"), STR(""), &a, &y);
    CHECK(x.p[2] == y.p[2]);
    learn_free(kept);
    learn_free(again);
    arena_release(&a);
}

static void a_measure_is_what_its_name_says(void)
{
    static const struct learn_answer v[4] = {
        { 0, 0, 0.95 }, { 0, 0, 0.85 }, { 1, 0, 0.55 }, { 1, 1, 0.65 }
    };
    struct learn_measure m;

    learn_measure(v, 4, 2, 0.8, &m);
    CHECK(m.accuracy == 0.75);
    CHECK(m.macro_f1 > 0.7333 && m.macro_f1 < 0.7334); /* 0.8 and 2/3 */
    CHECK(m.coverage == 0.5 && m.precision == 1 && m.best_coverage == 0.75);
    CHECK(m.calibration_error > 0.2749 && m.calibration_error < 0.2751);
    learn_measure(v, 0, 2, 0.8, &m);
    CHECK(m.accuracy == 0 && m.precision == 1);
}

static const struct tb_test tests[] = {
    TEST(what_was_never_seen_is_told_apart_by_its_words),
    TEST(of_what_it_never_met_it_is_not_sure),
    TEST(the_words_that_decided_are_named),
    TEST(the_same_examples_make_the_same_file),
    TEST(what_was_saved_judges_as_before),
    TEST(a_bent_file_is_refused),
    TEST(what_each_fold_had_not_seen_is_reported),
    TEST(a_description_teaches_a_label_without_a_message),
    TEST(senseless_examples_are_refused),
    TEST(examples_read_again_each_pass_give_the_same_model),
    TEST(a_measure_is_what_its_name_says),
};

TEST_MAIN(tests)
