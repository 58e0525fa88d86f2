#include "scenario/hotline/triage.h"

#include "base/fs.h"
#include "base/share.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct arena mem;
static struct triage *desk;
static char *dir;

static void before(void)
{
    struct tb_err e = TB_ERR_INIT;

    if (desk)
        return; /* the tables are read once: a test that changes anything opens its own */
    dir = tb_temp_dir(&mem);
    CHECK_INT(triage_load(fs_join(&mem, share_dir(&mem), "rules"), dir, &desk, &e), TB_OK);
    if (!desk)
        printf("# %s\n", e.say);
}

static struct triage_verdict *judge(const char *title, const char *text)
{
    struct triage_verdict *v = ARENA_NEW(&mem, struct triage_verdict);

    triage_judge(desk, str_z(title), str_z(text), &mem, v);
    return v;
}

static void a_matter_gets_its_class_and_its_department_with_the_clause(void)
{
    struct triage_verdict *v =
        judge("咨询公积金提取", "请问租房怎么提取住房公积金，需要什么材料？");

    CHECK_STR(v->department.value, "gongjijin");
    CHECK_STR(v->department_name, "明川市住房公积金管理中心");
    CHECK(str_has(v->duty, STR("提取")));
    CHECK(str_starts(v->duty_at, STR("duties.yaml:")));
    CHECK_STR(v->level[0].value, "城乡建设");
    CHECK_STR(v->level[2].value, "住房公积金");
    CHECK(v->department.word_n > 0);
    CHECK_INT(v->kind, TRIAGE_ASK);
    CHECK_INT(v->urgency, TRIAGE_CALM);
    CHECK_INT(v->deadline_days, 1);
    v = judge("拖欠农民工工资", "工地老板拖欠工资三个月，讨薪无门");
    CHECK_STR(v->department.value, "renshe");
    CHECK_STR(v->level[0].value, "劳动和社会保障");
    v = judge("小学入学", "孩子今年上小学，学区怎么划分，随迁子女能入学吗");
    CHECK_STR(v->department.value, "jiaoyu");
    CHECK_STR(v->level[0].value, "教育文体");
}

static void what_is_unsure_goes_to_a_person(void)
{
    struct triage_verdict *v = judge("关于一件事情", "上次说的那个事情怎么样了");

    CHECK(v->person && v->person_why.n > 0);
    CHECK(!v->department.certain);
}

static void nothing_figures_and_faces_go_to_a_person(void)
{
    static const char *const odd[] = { "", "1234567890 9876", "😀😀😡😡🎉", "？？？！！！" };

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct triage_verdict *v = judge("", odd[i]);

        CHECK(v->person);
        CHECK(str_has(v->person_why, STR("没有写清楚")));
        CHECK(!v->department.certain && v->department.sure == 0);
    }
}

static void a_very_long_text_is_judged_by_its_ends(void)
{
    struct buf b = BUF_INIT(1 << 20);
    struct triage_verdict *v;

    buf_add(&b, STR("小区停水三天了，家里没水。"));
    for (int i = 0; i < 20000; i++)
        buf_add(&b, STR("水"));
    v = judge("停水", buf_str(&b).p);
    CHECK_STR(v->department.value, "shuiwu");
    CHECK_INT(v->urgency, TRIAGE_URGENT);
    buf_release(&b);
}

static void traditional_characters_and_dialect_are_read(void)
{
    struct triage_verdict *v = judge("路燈不亮", "我們這條街的路燈壞咗好耐，夜晚好黑，冇人嚟整");

    CHECK_STR(v->department.value, "chengguan");
    v = judge("俺们村停水咧", "俺们这疙瘩停水好几天咧，家里没水吃，咋整嘛");
    CHECK_STR(v->department.value, "shuiwu");
    CHECK_INT(v->urgency, TRIAGE_URGENT);
}

static void who_speaks_of_ending_it_goes_to_a_person_at_once(void)
{
    struct triage_verdict *v = judge("活着没意思", "工资要不回来，我不想活了，写好了遗书");

    CHECK_INT(v->urgency, TRIAGE_AT_ONCE);
    CHECK(v->person && v->person_at_once);
    CHECK_STR(v->urgency_by.value, "轻生自残");
    CHECK(v->urgency_by.word_n >= 2);
    CHECK_STR(v->deadline, "即办");
    CHECK_INT(v->deadline_days, 0);
    v = judge("游乐场的跳楼机", "跳楼机票价太贵，跳楼价也没有");
    CHECK_INT(v->urgency, TRIAGE_CALM);
    CHECK(!v->person_at_once);
}

static void threats_go_to_a_person_and_abuse_is_a_mood(void)
{
    struct triage_verdict *v = judge("再不解决", "再不给钱我就拿刀砍死他们，同归于尽");

    CHECK(v->person_at_once && v->urgency == TRIAGE_AT_ONCE);
    v = judge("路灯坏了没人修", "你们这帮混蛋，路灯不亮三个月没人管");
    CHECK_INT(v->mood, TRIAGE_ANGRY);
    CHECK(!v->person_at_once);
    CHECK_STR(v->department.value, "chengguan");
    v = judge("感谢环卫工人", "垃圾桶很干净，点赞");
    CHECK_INT(v->mood, TRIAGE_PLEASED);
}

static void an_informant_is_never_handed_to_the_accused(void)
{
    struct triage_verdict *v = judge(
        "举报城管局领导收钱", "举报城管局的领导收了夜市摊贩的钱，包庇占道经营，请为我保密，怕报复");

    CHECK_INT(v->kind, TRIAGE_REPORT);
    CHECK_STR(v->secret.value, "1");
    CHECK_STR(v->accused, "chengguan");
    CHECK(v->person && str_has(v->person_why, STR("不能转给它")));
    CHECK(!str_eqz(v->department.value, "chengguan"));
    for (size_t i = 0; i < v->candidate_n; i++)
        CHECK(!str_eqz(v->candidates[i].value, "chengguan"));
    for (size_t i = 0; i < v->helper_n; i++)
        CHECK(!str_eqz(v->helpers[i], "chengguan"));
    v = judge("举报无证诊所", "幸福路有一家诊所无证行医");
    CHECK_STR(v->secret.value, "1"); /* a tip is always kept secret */
    CHECK_STR(v->accused, "");
    v = judge("路灯不亮", "幸福路路灯不亮");
    CHECK_STR(v->secret.value, "");
}

static void kinds_repeats_and_deadlines_are_read(void)
{
    CHECK_INT(judge("建议增设公交站", "建议在幸福路增设公交站")->kind, TRIAGE_SUGGEST);
    CHECK_INT(judge("投诉物业", "物业公司不作为，态度恶劣")->kind, TRIAGE_COMPLAIN);
    CHECK_INT(judge("求助", "请帮帮我们，家里没有水用")->kind, TRIAGE_HELP);
    CHECK_STR(judge("又来反映", "多次反映，至今未解决")->repeat.value, "1");
    CHECK_STR(judge("路灯", "第一次反映这个情况")->repeat.value, "");
    CHECK_INT(judge("建议增设公交站", "建议增设公交站")->deadline_days, 15);
}

static void two_matters_in_one_are_offered_apart(void)
{
    struct triage_verdict *v =
        judge("反映两件事",
              "我们小区的自来水浑浊，已经停水两天了，水压也很低。另外，孩子所在的幼儿园乱收费，"
              "老师还体罚学生，请教育局查处。");

    CHECK_INT(v->part_n, 2);
    if (v->part_n == 2) {
        CHECK_STR(v->parts[0].department, "shuiwu");
        CHECK_STR(v->parts[1].department, "jiaoyu");
        CHECK(str_starts(v->parts[1].text, STR("另外")));
    }
    CHECK(v->person);
    CHECK_INT(judge("停水", "小区停水两天。另外自来水发黄，水压也低")->part_n, 0);
}

static void only_departments_of_the_list_come_out(void)
{
    const struct triage_department *d;
    size_t n = triage_departments(desk, &d);
    static const char *const texts[] = { "卫星发射基地噪音", "海关扣货", "telephone", "房子漏水",
                                         "低保" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct triage_verdict *v = judge(texts[i], texts[i]);

        for (size_t k = 0; k < v->candidate_n; k++) {
            bool there = false;

            for (size_t j = 0; j < n; j++)
                there = there || str_eq(d[j].id, v->candidates[k].value);
            CHECK(there);
        }
    }
}

/* ---- learning ---- */

static struct triage *own(char **where)
{
    struct tb_err e = TB_ERR_INIT;
    struct triage *t = NULL;

    *where = tb_temp_dir(&mem);
    CHECK_INT(triage_load(fs_join(&mem, share_dir(&mem), "rules"), *where, &t, &e), TB_OK);
    return t;
}

static void a_correction_is_learnt_and_taken_back(void)
{
    struct triage_truth truth = {
        .class1 = STR("民政"), .department = STR("minzheng"), .by = STR("seat"), .at = 1
    };
    struct str title = STR("爱心超市的积分"), text = STR("爱心超市的积分怎么兑换");
    struct tb_err e = TB_ERR_INIT;
    struct triage_verdict v;
    int64_t version = 0;
    char *where;
    struct triage *t = own(&where);

    triage_judge(t, title, text, &mem, &v);
    CHECK_INT(v.model, 1);
    CHECK(!str_eqz(v.department.value, "minzheng"));
    for (int i = 0; i < 4; i++)
        CHECK_INT(triage_learn(t, title, text, &truth, &version, &e), TB_OK);
    CHECK(version > 1);
    triage_judge(t, title, text, &mem, &v);
    CHECK_STR(v.department.value, "minzheng");
    CHECK_INT(v.model, version);
    while (version > 1)
        CHECK_INT(triage_undo(t, &version, &e), TB_OK);
    triage_judge(t, title, text, &mem, &v);
    CHECK(!str_eqz(v.department.value, "minzheng"));
    CHECK_INT(triage_undo(t, &version, &e), TB_NOT_FOUND);
    triage_judge(t, title, text, &mem, &v); /* and it still serves */
    triage_free(t);
    CHECK_INT(triage_load(fs_join(&mem, share_dir(&mem), "rules"), where, &t, &e), TB_OK);
    CHECK_INT(triage_catch_up(t, &e), TB_OK); /* what was taken back stays so */
    triage_judge(t, title, text, &mem, &v);
    CHECK(!str_eqz(v.department.value, "minzheng"));
    triage_free(t);
}

static void a_correction_that_names_nothing_known_is_refused(void)
{
    static const struct triage_truth wrong[] = { { .class1 = { "外星", 6 } },
                                                 { .department = { "nobody", 6 } },
                                                 { .class3 = { "无", 3 } },
                                                 { .by = { "x", 1 } } };
    struct tb_err e = TB_ERR_INIT;
    int64_t version;

    for (size_t i = 0; i < 4; i++)
        CHECK_INT(triage_learn(desk, STR("a"), STR("b"), &wrong[i], &version, &e), TB_INVALID);
}

static void a_broken_model_leaves_the_last_good_one_serving(void)
{
    struct triage_truth truth = { .department = STR("minzheng"), .by = STR("seat") };
    struct tb_err e = TB_ERR_INIT;
    struct triage_verdict v;
    int64_t version = 0;
    char *where, *bad;
    struct triage *t = own(&where);

    for (int i = 0; i < 4; i++)
        CHECK_INT(triage_learn(t, STR("爱心超市"), STR("积分兑换"), &truth, &version, &e), TB_OK);
    triage_free(t);
    CHECK(version > 1);
    bad = fs_join(&mem, where, arena_z(&mem, arena_printf(&mem, "%09d/department", (int)version)));
    CHECK_INT(fs_write(bad, STR("not a model"), 0600, &e), TB_OK);
    CHECK_INT(triage_load(fs_join(&mem, share_dir(&mem), "rules"), where, &t, &e), TB_OK);
    triage_judge(t, STR("停水"), STR("家里停水了"), &mem, &v);
    CHECK_INT(v.model, version - 1);
    CHECK_STR(v.department.value, "shuiwu");
    triage_free(t);
}

static void a_worse_model_is_not_taken(void)
{
    struct triage_message good[40], bad[40];
    struct triage_report r = { 0 };
    struct tb_err e = TB_ERR_INIT;
    char *where;
    struct triage *t = own(&where);
    int64_t version;

    for (int i = 0; i < 40; i++) {
        bool water = i % 2;

        good[i] = (struct triage_message){ .title = water ? STR("停水") : STR("路灯不亮"),
                                           .text = arena_printf(&mem, "%d号楼%s", i,
                                                                water ? "家里停水" : "路灯坏了"),
                                           .department = water ? STR("shuiwu") : STR("chengguan"),
                                           .aside = i >= 30 };
        bad[i] = good[i];
        if (!bad[i].aside)
            bad[i].department = water ? STR("chengguan") : STR("shuiwu");
    }
    CHECK_INT(triage_train(t, good, 40, &r, &e), TB_OK);
    CHECK(r.taken && r.part[TRIAGE_DEPARTMENT].accuracy == 1);
    CHECK_INT(r.part[TRIAGE_DEPARTMENT].aside, 10);
    version = r.version;
    CHECK_INT(triage_train(t, bad, 40, &r, &e), TB_OK);
    CHECK(!r.taken);
    CHECK_INT(r.version, version);
    CHECK(r.part[TRIAGE_DEPARTMENT].accuracy < r.part[TRIAGE_DEPARTMENT].before);
    triage_free(t);
}

static void less_sure_than_expected_is_drift(void)
{
    struct triage_state s;

    triage_state(desk, &s);
    CHECK(!s.drifting);
    CHECK(s.judged > 0 && s.version == 1);
}

static const struct tb_test tests[] = {
    TEST(a_matter_gets_its_class_and_its_department_with_the_clause),
    TEST(what_is_unsure_goes_to_a_person),
    TEST(nothing_figures_and_faces_go_to_a_person),
    TEST(a_very_long_text_is_judged_by_its_ends),
    TEST(traditional_characters_and_dialect_are_read),
    TEST(who_speaks_of_ending_it_goes_to_a_person_at_once),
    TEST(threats_go_to_a_person_and_abuse_is_a_mood),
    TEST(an_informant_is_never_handed_to_the_accused),
    TEST(kinds_repeats_and_deadlines_are_read),
    TEST(two_matters_in_one_are_offered_apart),
    TEST(only_departments_of_the_list_come_out),
    TEST(a_correction_is_learnt_and_taken_back),
    TEST(a_correction_that_names_nothing_known_is_refused),
    TEST(a_broken_model_leaves_the_last_good_one_serving),
    TEST(a_worse_model_is_not_taken),
    TEST(less_sure_than_expected_is_drift),
};

int main(void)
{
    int bad = tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), before, NULL);

    triage_free(desk);
    arena_release(&mem);
    return bad;
}
