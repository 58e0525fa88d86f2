/* The live search over a store: what is in force, what is not, and readers while it changes. */
#include "knowledge/search.h"

#include "base/fs.h"
#include "base/share.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"
#include "tb_unguarded.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct scene {
    struct talk t;
    struct world w;
    struct db *d;
    struct search *s;
    char *dir;
    struct search_options o;
};

static void must(enum tb_code c, const struct tb_err *e)
{
    if (c)
        printf("# %s | %s\n", e->say, e->log);
    CHECK_INT(c, TB_OK);
}

static void open_scene(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;
    struct arena *a = &c->t.mem;

    *c = (struct scene){ .w = world_fixed((int64_t)day_of(2026, 11, 21) * 86400000) };
    c->t.world = world_real();
    c->t.as_of = day_of(2026, 11, 21);
    c->dir = tb_temp_dir(a);
    must(migrate_open(arena_z(a, arena_printf(a, "sqlite:%s/tongban.db", c->dir)), share_dir(a),
                      NULL, &c->w, &c->d, &e),
         &e);
    tb_unguarded(c->d);
    c->t.db = c->d;
    c->o = (struct search_options){ .data_dir = c->dir, .world = &c->w };
}

static void close_scene(struct scene *c)
{
    search_close(c->s);
    arena_release(&c->t.mem);
    db_close(c->d);
}

static void start(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;

    must(search_open(&c->o, c->d, &c->s, &e), &e);
}

/* A version with one passage; dates as in the database. Returns the version's id. */
static int64_t policy(struct db *d, const char *title, const char *text, int32_t from,
                      int32_t expires, int32_t repealed, const char *classification)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t doc = 0, version = 0, passage = 0;
    char digest[40];

    must(db_insert(d,
                   SQL("INSERT INTO document(title, classification, created_at)"
                       " VALUES (:t, :c, 0)"),
                   ARGS(db_text("t", str_z(title)), db_text("c", str_z(classification))), &doc, &e),
         &e);
    snprintf(digest, sizeof digest, "d%lld", (long long)doc);
    must(db_run(d,
                SQL("INSERT INTO original(digest, file_name, media_type, bytes, created_at)"
                    " VALUES (:d, 'f.md', 'text/markdown', 1, 0)"),
                ARGS(db_text("d", str_z(digest))), &e),
         &e);
    must(db_insert(d,
                   SQL("INSERT INTO version(document_id, number, digest, title, effective_from,"
                       " expires_on, repealed_on, plain, created_at)"
                       " VALUES (:doc, 1, :d, :t, :f, :x, :r, '', 0)"),
                   ARGS(db_int("doc", doc), db_text("d", str_z(digest)), db_text("t", str_z(title)),
                        db_day("f", from), db_day("x", expires), db_day("r", repealed)),
                   &version, &e),
         &e);
    must(db_insert(d,
                   SQL("INSERT INTO passage(version_id, ordinal, kind, clause, text, begin_at,"
                       " end_at) VALUES (:v, 1, 'article', '第一条', :text, 0, 1)"),
                   ARGS(db_int("v", version), db_text("text", str_z(text))), &passage, &e),
         &e);
    return version;
}

static struct search_result ask(struct scene *c, const char *question, int32_t day, int limit)
{
    struct tb_err e = TB_ERR_INIT;
    struct search_ask q = { .question = str_z(question), .as_of = day, .limit = limit };
    struct search_result r;

    must(search_find(c->s, &c->t, &q, &r, &e), &e);
    return r;
}

static void the_first_and_the_last_day_are_in_force(void)
{
    struct scene c;
    int32_t from = day_of(2026, 1, 1), to = day_of(2026, 6, 30), gone = day_of(2026, 4, 1);

    open_scene(&c);
    policy(c.d, "高龄津贴办法", "年满八十周岁的老人每月发给高龄津贴五十元", from, to, DAY_NONE,
           "public");
    policy(c.d, "租房补贴办法", "新就业大学生可以申请租房补贴", DAY_NONE, DAY_NONE, gone, "public");
    start(&c);
    CHECK_INT(ask(&c, "高龄津贴多少钱", from - 1, 5).passages.n, 0);
    CHECK_INT(ask(&c, "高龄津贴多少钱", from, 5).passages.n, 1);
    CHECK_INT(ask(&c, "高龄津贴多少钱", to, 5).passages.n, 1);
    CHECK_INT(ask(&c, "高龄津贴多少钱", to + 1, 5).passages.n, 0);
    CHECK_INT(ask(&c, "高龄津贴多少钱", to + 1, 5).left_out_expired, 1);
    CHECK_INT(ask(&c, "租房补贴", gone - 1, 5).passages.n, 1);
    CHECK_INT(ask(&c, "租房补贴", gone, 5).passages.n, 0);
    close_scene(&c);
}

static void an_expired_clause_never_takes_a_place(void)
{
    struct scene c;
    struct search_result r;
    int32_t day = day_of(2026, 11, 21);

    open_scene(&c);
    for (int i = 0; i < 60; i++)
        policy(c.d, "失效的补贴办法", "大学生租房补贴每月一千元", DAY_NONE, day - 1, DAY_NONE,
               "public");
    policy(c.d, "现行的办法", "大学生可以申请租房补贴", DAY_NONE, DAY_NONE, DAY_NONE, "public");
    start(&c);
    r = ask(&c, "大学生租房补贴每月多少", day, 3);
    CHECK_INT(r.passages.n, 1);
    CHECK_STR(r.passages.items[0].title, "现行的办法");
    CHECK_INT(r.passages.items[0].validity, VALIDITY_IN_FORCE);
    CHECK_INT(r.left_out_expired, 3);
    close_scene(&c);
}

static void all_versions_are_found_when_asked_for(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct search_ask q = {
        .question = STR("租房补贴"), .as_of = 100, .any_validity = true, .limit = 5
    };
    struct search_result r;

    open_scene(&c);
    policy(c.d, "旧办法", "租房补贴每月一千元", DAY_NONE, 99, DAY_NONE, "public");
    policy(c.d, "新办法", "租房补贴每月两千元", 101, DAY_NONE, DAY_NONE, "public");
    start(&c);
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 2);
    for (size_t i = 0; i < r.passages.n; i++)
        CHECK_INT(r.passages.items[i].validity, str_eqz(r.passages.items[i].title, "旧办法")
                                                    ? VALIDITY_EXPIRED
                                                    : VALIDITY_NOT_YET);
    close_scene(&c);
}

static void internal_documents_are_for_staff_only(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct search_ask q = { .question = STR("应急预案内部流程"), .limit = 5, .internal_too = true };
    struct search_result r;

    open_scene(&c);
    policy(c.d, "内部规程", "应急预案的内部流程如下", DAY_NONE, DAY_NONE, DAY_NONE, "internal");
    start(&c);
    CHECK_INT(ask(&c, "应急预案内部流程", 0, 5).passages.n, 0);
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 1);
    close_scene(&c);
}

static void sensitive_documents_are_for_whom_their_department_says(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    struct str one[] = { STR("minzheng") }, two[] = { STR("yibao"), STR("minzheng") };
    struct search_ask q = { .question = STR("应急预案内部流程"), .limit = 5, .internal_too = true };
    struct search_result r;

    open_scene(&c);
    must(db_run(c.d, SQL("INSERT INTO department(id, name, short) VALUES('minzheng', 'm', 'm')"),
                NO_ARGS, &e),
         &e);
    policy(c.d, "敏感规程", "应急预案的内部流程如下", DAY_NONE, DAY_NONE, DAY_NONE, "internal");
    must(db_run(c.d,
                SQL("UPDATE document SET classification = 'sensitive', department_id = 'minzheng'"),
                NO_ARGS, &e),
         &e);
    start(&c);
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 0);
    q.sensitive = two;
    q.sensitive_n = 1;
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 0);
    q.sensitive_n = 2;
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 1);
    q.sensitive = one;
    q.sensitive_n = 1;
    q.internal_too = false;
    must(search_find(c.s, &c.t, &q, &r, &e), &e);
    CHECK_INT(r.passages.n, 1);
    close_scene(&c);
}

static void what_is_confirmed_is_found_at_once_and_what_is_withdrawn_is_gone(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    int64_t v;

    open_scene(&c);
    start(&c);
    CHECK_INT(ask(&c, "居住证办理", 0, 5).passages.n, 0);
    for (int i = 0; i < 12; i++) { /* enough for parts to be merged */
        v = policy(c.d, "居住证办法", "申领居住证应当提交居住证明", DAY_NONE, DAY_NONE, DAY_NONE,
                   "public");
        must(search_refresh(c.s, c.d, &e), &e);
        CHECK_INT(ask(&c, "居住证办理", 0, 50).passages.n, i + 1);
    }
    must(db_run(c.d, SQL("UPDATE version SET state = 'withdrawn' WHERE id = :v"),
                ARGS(db_int("v", v)), &e),
         &e);
    CHECK_INT(ask(&c, "居住证办理", 0, 50).passages.n, 11); /* even before the refresh */
    must(search_refresh(c.s, c.d, &e), &e);
    CHECK_INT(ask(&c, "居住证办理", 0, 50).passages.n, 11);
    must(db_run(c.d, SQL("UPDATE version SET expires_on = 5"), NO_ARGS, &e), &e);
    must(search_refresh(c.s, c.d, &e), &e);
    CHECK_INT(ask(&c, "居住证办理", 5, 50).passages.n, 11);
    CHECK_INT(ask(&c, "居住证办理", 6, 50).passages.n, 0);
    close_scene(&c);
}

static void a_snapshot_gives_the_same_answers(void)
{
    struct scene c;
    struct search_result before, after;
    char text[200];

    open_scene(&c);
    for (int i = 0; i < 40; i++) {
        snprintf(text, sizeof text, "第%d类人员每年可以领取%d元的培训补贴", i % 7, i * 10);
        policy(c.d, "职业培训补贴办法", text, DAY_NONE, DAY_NONE, DAY_NONE, "public");
    }
    start(&c);
    CHECK(fs_exists(fs_join(&c.t.mem, c.dir, "search.snapshot")));
    before = ask(&c, "培训补贴每年100元", 0, 20);
    search_close(c.s);
    start(&c);
    after = ask(&c, "培训补贴每年100元", 0, 20);
    CHECK_INT(before.passages.n, 20);
    CHECK_INT(after.passages.n, 20);
    for (size_t i = 0; i < 20; i++)
        CHECK(before.passages.items[i].id == after.passages.items[i].id &&
              before.passages.items[i].score == after.passages.items[i].score);
    close_scene(&c);
}

static void a_harmed_or_foreign_snapshot_is_rebuilt(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    char *path;

    open_scene(&c);
    policy(c.d, "公积金办法", "住房公积金可以提取", DAY_NONE, DAY_NONE, DAY_NONE, "public");
    path = fs_join(&c.t.mem, c.dir, "search.snapshot");
    must(fs_write(path, STR("TBINDEX but not really"), 0600, &e), &e);
    start(&c);
    CHECK_INT(ask(&c, "公积金提取", 0, 5).passages.n, 1);
    search_close(c.s);
    /* the same ids, other words: a database put in its place by hand */
    must(db_run(c.d, SQL("UPDATE passage SET text = '生育津贴按月发放'"), NO_ARGS, &e), &e);
    must(db_run(c.d, SQL("UPDATE version SET title = '生育津贴办法'"), NO_ARGS, &e), &e);
    start(&c);
    CHECK_INT(ask(&c, "公积金提取", 0, 5).passages.n, 0);
    CHECK_INT(ask(&c, "生育津贴", 0, 5).passages.n, 1);
    close_scene(&c);
}

/* -- readers and a writer -- */

struct reader {
    struct scene *c;
    atomic_bool *stop;
    int searches, wrong;
};

static void *read_on(void *arg)
{
    struct reader *r = arg;
    struct tb_err e = TB_ERR_INIT;
    struct db *d = NULL;
    struct arena mem = ARENA_INIT;

    if (db_open(arena_z(&mem, arena_printf(&mem, "sqlite:%s/tongban.db", r->c->dir)), &d, &e))
        return NULL;
    do { /* at least once, however late it came to run */
        struct talk t = { .mem = ARENA_INIT, .world = world_real(), .db = d };
        struct search_ask q = { .question = STR("居住证怎么办理"), .limit = 10 };
        struct search_result found;

        if (search_find(r->c->s, &t, &q, &found, &e) || found.passages.n < 1)
            r->wrong++;
        r->searches++;
        arena_release(&t.mem);
    } while (!atomic_load(r->stop));
    db_close(d);
    arena_release(&mem);
    return NULL;
}

static void readers_go_on_while_the_index_is_renewed(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    pthread_t thread[3];
    struct reader reader[3];
    atomic_bool stop = false;

    open_scene(&c);
    policy(c.d, "居住证办法", "申领居住证应当提交居住证明", DAY_NONE, DAY_NONE, DAY_NONE, "public");
    start(&c);
    for (int i = 0; i < 3; i++) {
        reader[i] = (struct reader){ .c = &c, .stop = &stop };
        CHECK_INT(pthread_create(thread + i, NULL, read_on, reader + i), 0);
    }
    for (int i = 0; i < 40; i++) {
        policy(c.d, "居住证细则", "居住证由派出所受理，十五日内办结", DAY_NONE, DAY_NONE, DAY_NONE,
               "public");
        must(search_refresh(c.s, c.d, &e), &e);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        CHECK(reader[i].searches > 0);
        CHECK_INT(reader[i].wrong, 0);
    }
    close_scene(&c);
}

static void an_approved_question_is_found_by_nearly_its_words(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;
    int64_t answer = 0, id = 0, found;
    double score;

    open_scene(&c);
    must(db_insert(c.d,
                   SQL("INSERT INTO standard_answer(answer, approved_at, valid_to, updated_at)"
                       " VALUES ('到社区登记', 0, 100, 0)"),
                   NO_ARGS, &answer, &e),
         &e);
    must(db_insert(c.d,
                   SQL("INSERT INTO standard_question(standard_answer_id, text)"
                       " VALUES (:a, '高龄津贴怎么申请？')"),
                   ARGS(db_int("a", answer)), &id, &e),
         &e);
    start(&c);
    must(search_standard(c.s, &c.t, STR("高龄津贴怎么申请"), 100, &found, &score, &e), &e);
    CHECK_INT(found, answer);
    CHECK(score > 0.99);
    must(search_standard(c.s, &c.t, STR("公积金怎么提取"), 100, &found, &score, &e), &e);
    CHECK(score < 0.5);
    must(search_standard(c.s, &c.t, STR("高龄津贴怎么申请"), 101, &found, &score, &e), &e);
    CHECK_INT(found, 0);
    close_scene(&c);
}

static const struct tb_test tests[] = {
    TEST(the_first_and_the_last_day_are_in_force),
    TEST(an_expired_clause_never_takes_a_place),
    TEST(all_versions_are_found_when_asked_for),
    TEST(internal_documents_are_for_staff_only),
    TEST(sensitive_documents_are_for_whom_their_department_says),
    TEST(what_is_confirmed_is_found_at_once_and_what_is_withdrawn_is_gone),
    TEST(a_snapshot_gives_the_same_answers),
    TEST(a_harmed_or_foreign_snapshot_is_rebuilt),
    TEST(readers_go_on_while_the_index_is_renewed),
    TEST(an_approved_question_is_found_by_nearly_its_words),
};
TEST_MAIN(tests)
