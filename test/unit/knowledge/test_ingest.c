/* Files into the knowledge base, through the real child: versions, who supersedes whom and when,
 * doubts, and that a file that fails leaves nothing behind. */
#include "knowledge/ingest.h"

#include "base/fs.h"
#include "base/share.h"
#include "extract/child.h"
#include "knowledge/clause.h"
#include "knowledge/version.h"
#include "store/db_fault.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"

struct scene {
    struct talk t;
    struct world w;
    char *dir;
    struct ingest_options o;
};

static void open_scene(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;
    struct arena *a = &c->t.mem;

    *c = (struct scene){ .w = world_fixed((int64_t)day_of(2026, 11, 21) * 86400000) };
    c->t.world = &c->w;
    c->t.as_of = day_of(2026, 11, 21);
    c->dir = tb_temp_dir(a);
    CHECK_INT(migrate_open("sqlite::memory:", share_dir(a), NULL, &c->w, &c->t.db, &e), TB_OK);
    c->o = (struct ingest_options){ .extract = extract_child,
                                    .data_dir = c->dir,
                                    .confirm_clear = true };
}

static void close_scene(struct scene *c)
{
    db_close(c->t.db);
    arena_release(&c->t.mem);
}

static struct ingest_result put(struct scene *c, const char *name, struct str bytes,
                                enum tb_code want)
{
    struct tb_err e = TB_ERR_INIT;
    struct ingest_result r;
    char *path = fs_join(&c->t.mem, c->dir, "upload");

    CHECK_INT(fs_write(path, bytes, 0600, &e), TB_OK);
    CHECK_INT(ingest_file(&c->t, path, str_z(name), &c->o, &r, &e), want);
    if (e.code != want)
        printf("# %s: %s | %s\n", name, e.say, e.log);
    return r;
}

static struct ingest_result put_demo(struct scene *c, const char *name)
{
    struct arena *a = &c->t.mem;
    struct tb_err e = TB_ERR_INIT;
    struct str bytes = STR("");

    CHECK_INT(fs_read(a, fs_join(a, fs_join(a, share_dir(a), "demo/policies"), name), 1 << 20,
                      &bytes, &e),
              TB_OK);
    return put(c, name, bytes, TB_OK);
}

static int64_t count(struct scene *c, struct sql q)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t n = -1;

    CHECK_INT(db_ask_int(c->t.db, q, NO_ARGS, &n, NULL, &e), TB_OK);
    return n;
}

static struct version version_of(struct scene *c, int64_t id)
{
    struct tb_err e = TB_ERR_INIT;
    struct version v = { 0 };

    CHECK_INT(version_read(&c->t, id, true, &v, &e), TB_OK);
    return v;
}

static enum validity validity(struct scene *c, int64_t id, int y, int m, int d)
{
    struct version v = version_of(c, id);

    return version_validity(&v, day_of(y, m, d));
}

static void check_allowance(struct scene *c, const int64_t id[3])
{
    CHECK_INT(version_of(c, id[0]).number, 1);
    CHECK_INT(version_of(c, id[1]).number, 2);
    CHECK_INT(version_of(c, id[2]).number, 3);
    CHECK_INT(version_of(c, id[1]).repealed_by, id[2]);
    CHECK_INT(count(c, SQL("SELECT count(*) FROM document")), 1);
    CHECK_INT(validity(c, id[0], 2024, 6, 30), VALIDITY_IN_FORCE);
    CHECK(validity(c, id[0], 2024, 7, 1) != VALIDITY_IN_FORCE);
    CHECK_INT(validity(c, id[1], 2024, 6, 30), VALIDITY_NOT_YET);
    CHECK_INT(validity(c, id[1], 2024, 7, 1), VALIDITY_IN_FORCE);
    CHECK_INT(validity(c, id[1], 2026, 12, 31), VALIDITY_IN_FORCE);
    CHECK_INT(validity(c, id[1], 2027, 1, 1), VALIDITY_REPEALED);
    CHECK_INT(validity(c, id[2], 2026, 12, 31), VALIDITY_NOT_YET);
    CHECK_INT(validity(c, id[2], 2027, 1, 1), VALIDITY_IN_FORCE);
}

static void a_successor_takes_over_on_its_own_day_whatever_the_order_of_arrival(void)
{
    static const char *const files[] = { "gaoling-2019.md", "gaoling-2024.md", "gaoling-2027.md" };
    static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 }, { 2, 0, 1 } };

    for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); k++) {
        struct scene c;
        int64_t id[3];

        open_scene(&c);
        for (int i = 0; i < 3; i++) {
            struct ingest_result r = put_demo(&c, files[orders[k][i]]);

            CHECK(r.confirmed);
            CHECK_INT(r.outcome, i ? INGEST_NEW_VERSION : INGEST_NEW);
            id[orders[k][i]] = r.version_id;
        }
        check_allowance(&c, id);
        close_scene(&c);
    }
}

static void the_same_bytes_change_nothing(void)
{
    struct scene c;
    struct ingest_result first, again;

    open_scene(&c);
    first = put_demo(&c, "gaoling-2024.md");
    again = put_demo(&c, "gaoling-2024.md");
    CHECK_INT(again.outcome, INGEST_SAME);
    CHECK_INT(again.version_id, first.version_id);
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM version")), 1);
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM original")), 1);
    close_scene(&c);
}

static void every_passage_is_a_stretch_of_the_stored_text(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct ingest_result r;
    struct passage_list list = { 0 };
    struct version v;

    open_scene(&c);
    r = put_demo(&c, "suiqian-jifen-2025.md");
    v = version_of(&c, r.version_id);
    CHECK_INT(version_passages(&c.t, r.version_id, &list, &e), TB_OK);
    CHECK(list.n > 20);
    for (size_t i = 0; i < list.n; i++)
        CHECK(
            str_eq(list.items[i].text, str_sub(v.plain, (size_t)list.items[i].begin,
                                               (size_t)(list.items[i].end - list.items[i].begin))));
    CHECK_STR(list.items[7].clause, "第六条表1第1行");
    CHECK_STR(list.items[7].text, "居住证 | 每满1年计10分，最高50分");
    CHECK(str_has(list.items[7].heading, STR("项目 | 计分标准")));
    close_scene(&c);
}

static void the_original_lies_under_its_digest(void)
{
    struct scene c;
    struct arena *a = &c.t.mem;
    struct ingest_result r;

    open_scene(&c);
    r = put_demo(&c, "gaoling-2024.md");
    CHECK_INT(r.digest.n, 64);
    CHECK(fs_exists(arena_printf(a, "%s/files/%.2s/%.62s", c.dir, r.digest.p, r.digest.p + 2).p));
    close_scene(&c);
}

#define RULES(number, day, more)                                                                   \
    "# 测试市补贴办法\n\n发文字号：" number "\n印发机关：测试市民政局\n"                \
    "成文日期：2020年1月1日\n\n第一条 为了测试，制定本办法。\n\n"            \
    "第二条 每人每月100元。\n\n第三条 本办法自" day "起施行。" more "\n"

static void what_is_in_doubt_waits_for_a_person(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct ingest_result r;
    struct label l;

    open_scene(&c);
    r = put(&c, "a.md",
            STR("# 测试市补贴办法\n\n第一条 为了测试，制定本办法。\n\n第二条 每人每月100元。\n"),
            TB_OK);
    CHECK(!r.confirmed);
    CHECK(label_doubtful(&r.label));
    CHECK_STR(version_of(&c, r.version_id).state, "proposed");
    l = r.label;
    l.effective_from = day_of(2026, 5, 1);
    l.document_number = STR("测民规[2026]1号");
    CHECK_INT(version_confirm(&c.t, r.version_id, &l, &e), TB_OK);
    CHECK_STR(version_of(&c, r.version_id).state, "confirmed");
    CHECK_STR(version_of(&c, r.version_id).document_number, "测民规〔2026〕1号");
    CHECK_INT(version_of(&c, r.version_id).effective_from, day_of(2026, 5, 1));
    close_scene(&c);
}

static void a_yes_confirms_what_was_proposed_before(void)
{
    struct scene c;
    struct str bytes = STR("# 测试市补贴办法\n\n第一条 为了测试。\n\n第二条 每人每月100元。\n");
    struct ingest_result r;

    open_scene(&c);
    r = put(&c, "a.md", bytes, TB_OK);
    CHECK(!r.confirmed);
    c.o.confirm = true;
    r = put(&c, "a.md", bytes, TB_OK);
    CHECK_INT(r.outcome, INGEST_SAME);
    CHECK_STR(version_of(&c, r.version_id).state, "confirmed");
    close_scene(&c);
}

static void a_repeal_clause_ends_another_policy_and_withdrawing_brings_it_back(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct ingest_result old, two, new;

    open_scene(&c);
    old = put(&c, "old.md", STR(RULES("测民规〔2020〕1号", "2020年1月1日", "")), TB_OK);
    two = put(
        &c, "two.md",
        STR("# 测试市住房租赁管理规定\n\n发文字号：测建规〔2019〕8号\n印发机关：测试市住建局\n"
            "成文日期：2019年1月1日\n\n第一条 为了测试。\n\n第二条 本规定自2019年2月1日起施行。\n"),
        TB_OK);
    new =
        put(&c, "new.md",
            STR("# 测试市民生保障条例\n\n发文字号：测府〔2026〕3号\n印发机关：测试市人民政府\n"
                "成文日期：2026年1月1日\n\n第一条 为了测试。\n\n第二条 本条例自2027年3月1日起施行。"
                "《测试市补贴办法》（测民规〔2020〕1号）、《测试市住房租赁管理规定》（测建规〔2019"
                "〕8号）"
                "同时废止。\n"),
            TB_OK);
    CHECK(old.confirmed && two.confirmed && new.confirmed);
    CHECK_INT(new.outcome, INGEST_NEW);
    CHECK_INT(validity(&c, old.version_id, 2027, 2, 28), VALIDITY_IN_FORCE);
    CHECK_INT(validity(&c, old.version_id, 2027, 3, 1), VALIDITY_REPEALED);
    CHECK_INT(validity(&c, two.version_id, 2027, 3, 1), VALIDITY_REPEALED);
    CHECK_INT(version_of(&c, two.version_id).repealed_by, new.version_id);
    CHECK_INT(version_withdraw(&c.t, new.version_id, STR("传错了"), &e), TB_OK);
    CHECK_INT(validity(&c, old.version_id, 2027, 3, 1), VALIDITY_IN_FORCE);
    CHECK_INT(validity(&c, two.version_id, 2027, 3, 1), VALIDITY_IN_FORCE);
    CHECK_STR(version_of(&c, new.version_id).state, "withdrawn");
    close_scene(&c);
}

static void a_copy_in_other_bytes_is_a_correction_to_be_confirmed(void)
{
    struct scene c;
    struct ingest_result first, second;

    open_scene(&c);
    first = put(&c, "a.md", STR(RULES("测民规〔2026〕1号", "2026年2月1日", "")), TB_OK);
    second = put(&c, "b.txt", STR(RULES("测民规〔2026〕1号", "2026年2月1日", "（更正）")), TB_OK);
    CHECK(first.confirmed);
    CHECK(!second.confirmed);
    CHECK_INT(second.document_id, first.document_id);
    CHECK_INT(validity(&c, first.version_id, 2026, 11, 21), VALIDITY_IN_FORCE);
    close_scene(&c);
}

static void a_file_that_fails_leaves_nothing_behind(void)
{
    struct scene c;

    open_scene(&c);
    put(&c, "empty.md", STR(""), TB_INVALID);
    put(&c, "x.pdf", STR("%PDF-1.7 ..."), TB_UNSUPPORTED);
    put(&c, "x.docx", STR("PK\x03\x04 broken"), TB_INVALID);
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM version")), 0);
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM document")), 0);
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM original")), 0);
    CHECK(!fs_exists(fs_join(&c.t.mem, c.dir, "files")));
    close_scene(&c);
}

static void a_missing_article_is_pointed_out(void)
{
    struct scene c;
    struct ingest_result r;
    bool said = false;

    open_scene(&c);
    r = put(&c, "a.md",
            STR("# 测试市补贴办法\n\n发文字号：测民规〔2026〕1号\n印发机关：测试市民政局\n"
                "成文日期：2026年1月1日\n施行日期：2026年2月1日\n\n第一条 为了测试。\n\n第二条 "
                "每月100元。\n\n"
                "第五条 本办法自2026年2月1日起施行。\n"),
            TB_OK);
    for (size_t i = 0; i < r.label.note_n; i++)
        said |= r.label.notes[i].what == LABEL_PASSAGES && r.label.notes[i].doubt;
    CHECK(said);
    CHECK(!r.confirmed);
    close_scene(&c);
}

static void the_whole_sample_city_is_read_without_a_doubt(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct arena *a = &c.t.mem;
    char **names = NULL;
    size_t n = 0;

    open_scene(&c);
    CHECK_INT(fs_list(a, fs_join(a, share_dir(a), "demo/policies"), &names, &n, &e), TB_OK);
    CHECK(n >= 40);
    for (size_t i = 0; i < n; i++) {
        struct ingest_result r = put_demo(&c, names[i]);

        CHECK(r.confirmed);
        CHECK(r.label.document_number.n > 0 && r.label.effective_from != DAY_NONE &&
              r.label.issued_on != DAY_NONE && r.label.issuing_body.n > 0);
        for (size_t k = 0; k < r.label.note_n; k++)
            if (r.label.notes[k].doubt)
                printf("# %s: %.*s\n", names[i], STR_FMT(r.label.notes[k].text));
    }
    CHECK_INT(count(&c, SQL("SELECT count(*) FROM version WHERE repealed_on < effective_from")), 0);
    close_scene(&c);
}

/* The successor of a policy that is there, with each database call failing in turn. */
static void whatever_call_fails_a_file_is_in_whole_or_not_at_all(void)
{
    struct str bytes = STR(RULES("测民规〔2026〕2号", "2027年2月1日", ""));
    struct db_fault plan = { 0, TB_STORE, 0 };
    struct ingest_result r = { 0 }, old;
    struct scene c;
    int64_t tries = 0;
    bool in = false;

    open_scene(&c);
    old = put(&c, "old.md", STR(RULES("测民规〔2026〕1号", "2026年2月1日", "")), TB_OK);
    c.t.db = db_fault_over(c.t.db, &plan);
    for (tries = 1; !in && tries < 500; tries++) {
        struct tb_err e = TB_ERR_INIT;
        char *path = fs_join(&c.t.mem, c.dir, "upload");
        enum tb_code code;

        CHECK_INT(fs_write(path, bytes, 0600, &e), TB_OK);
        plan = (struct db_fault){ tries, TB_STORE, 0 };
        code = ingest_file(&c.t, path, STR("new.md"), &c.o, &r, &e);
        plan.fail_at = 0;
        in = code == TB_OK;
        CHECK(in || (code == TB_STORE && e.say[0]));
        CHECK_INT(count(&c, SQL("SELECT count(*) FROM version")), in ? 2 : 1);
        CHECK_INT(count(&c, SQL("SELECT count(*) FROM original")), in ? 2 : 1);
        CHECK_INT(version_of(&c, old.version_id).repealed_by, in ? r.version_id : 0);
    }
    CHECK(in && tries > 20);
    CHECK_INT(validity(&c, old.version_id, 2027, 2, 1), VALIDITY_REPEALED);
    close_scene(&c);
}

static void a_clause_is_within_what_it_is_part_of(void)
{
    CHECK(clause_within(STR("第五条"), STR("第五条")));
    CHECK(clause_within(STR("第五条第二款（一）"), STR("第五条")));
    CHECK(clause_within(STR("第五条表1第3行"), STR("第五条")));
    CHECK(clause_within(STR("一（二）1"), STR("一（二）")));
    CHECK(clause_within(STR("一（二）①"), STR("一（二）")));
    CHECK(!clause_within(STR("第五十条"), STR("第五")));
    CHECK(!clause_within(STR("12"), STR("1")));
    CHECK(!clause_within(STR("十一"), STR("十")));
    CHECK(!clause_within(STR("第五条"), STR("")));
}

static const struct tb_test tests[] = {
    TEST(whatever_call_fails_a_file_is_in_whole_or_not_at_all),
    TEST(a_clause_is_within_what_it_is_part_of),
    TEST(a_successor_takes_over_on_its_own_day_whatever_the_order_of_arrival),
    TEST(the_same_bytes_change_nothing),
    TEST(every_passage_is_a_stretch_of_the_stored_text),
    TEST(the_original_lies_under_its_digest),
    TEST(what_is_in_doubt_waits_for_a_person),
    TEST(a_yes_confirms_what_was_proposed_before),
    TEST(a_repeal_clause_ends_another_policy_and_withdrawing_brings_it_back),
    TEST(a_copy_in_other_bytes_is_a_correction_to_be_confirmed),
    TEST(a_file_that_fails_leaves_nothing_behind),
    TEST(a_missing_article_is_pointed_out),
    TEST(the_whole_sample_city_is_read_without_a_doubt),
};
TEST_MAIN(tests)
