/* An order learned from confirmed answers: what it is learned from, when it is kept, how it comes
 * into a running search and leaves it. By words alone, so that no model is needed. */
#include "knowledge/search_tune.h"

#include "base/share.h"
#include "knowledge/search_confirmed.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"
#include "tb_unguarded.h"

#include <pthread.h>
#include <stdatomic.h>

enum { POLICIES = 30, TODAY = 20778 };

/* Matters that share no word. */
static const char *const names[POLICIES] = {
    "高龄津贴",   "租房补贴", "生育奖励", "公积金提取", "失业保险",   "工伤认定",
    "居住证",     "犬只登记", "婚姻登记", "积分入学",   "危房改造",   "电梯加装",
    "残疾人辅具", "丧葬费",   "医疗救助", "创业贷款",   "人才公寓",   "新能源车",
    "食品许可",   "停车收费", "图书借阅", "体育场馆",   "退役优待",   "异地就医",
    "长期护理",   "学生资助", "稳岗返还", "企业开办",   "慢性病门诊", "摆摊设点",
};

struct scene {
    struct talk t;
    struct world w;
    struct db *d;
    struct search *s;
    struct search_options o;
};

static void must(enum tb_code c, const struct tb_err *e)
{
    if (c)
        printf("# %s | %s\n", e->say, e->log);
    CHECK_INT(c, TB_OK);
}

static int64_t insert(struct scene *c, struct sql q, struct db_args args)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t id = 0;

    must(db_insert(c->d, q, args, &id, &e), &e);
    return id;
}

static int64_t passage(struct scene *c, int64_t version, int n, struct str clause, struct str text)
{
    return insert(c,
                  SQL("INSERT INTO passage(version_id, ordinal, kind, clause, text, begin_at,"
                      " end_at) VALUES (:v, :n, 'article', :clause, :text, 0, 1)"),
                  ARGS(db_int("v", version), db_int("n", n), db_text("clause", clause),
                       db_text("text", text)));
}

/* Two clauses: the short one shares more with a question, the long one answers. */
static void policy(struct scene *c, int i)
{
    struct arena *a = &c->t.mem;
    struct str title = arena_printf(a, "%s办法", names[i]), digest = arena_printf(a, "d%d", i);
    struct tb_err e = TB_ERR_INIT;
    int64_t doc, version;

    doc = insert(c,
                 SQL("INSERT INTO document(title, classification, created_at)"
                     " VALUES (:t, 'public', 0)"),
                 ARGS(db_text("t", title)));
    must(db_run(c->d,
                SQL("INSERT INTO original(digest, file_name, media_type, bytes, created_at)"
                    " VALUES (:d, 'f.md', 'text/markdown', 1, 0)"),
                ARGS(db_text("d", digest)), &e),
         &e);
    version = insert(c,
                     SQL("INSERT INTO version(document_id, number, digest, title, document_number,"
                         " plain, created_at) VALUES (:doc, 1, :d, :t, :n, '', 0)"),
                     ARGS(db_int("doc", doc), db_text("d", digest), db_text("t", title),
                          db_text("n", arena_printf(a, "明办〔2026〕%d号", i + 1))));
    passage(c, version, 1, STR("第一条"), arena_printf(a, "%s怎么申请办理。", names[i]));
    passage(c, version, 2, STR("第二条"),
            arena_printf(a,
                         "申请%s的，应当向户籍所在地街道提交身份证明和相关材料，街道在五个工作日内"
                         "初审，报区主管部门审核，符合条件的予以公示，公示期满无异议的按月发放到人",
                         names[i]));
}

static int64_t standard(struct scene *c, int i, const char *const *phrasing, const char *clause)
{
    struct arena *a = &c->t.mem;
    int64_t id = insert(c,
                        SQL("INSERT INTO standard_answer(answer, approved_at, updated_at)"
                            " VALUES ('答', 0, 0)"),
                        NO_ARGS);

    for (; *phrasing; phrasing++)
        insert(
            c, SQL("INSERT INTO standard_question(standard_answer_id, text) VALUES (:id, :text)"),
            ARGS(db_int("id", id), db_text("text", arena_printf(a, "%s%s", names[i], *phrasing))));
    insert(c,
           SQL("INSERT INTO standard_citation(standard_answer_id, document_number, clause)"
               " VALUES (:id, :n, :clause)"),
           ARGS(db_int("id", id), db_text("n", arena_printf(a, "明办〔2026〕%d号", i + 1)),
                db_text("clause", str_z(clause))));
    return id;
}

static void open_scene(struct scene *c, int standards)
{
    static const char *const two[] = { "怎么申请", "怎么申请办理啊", NULL };
    struct tb_err e = TB_ERR_INIT;
    struct arena *a = &c->t.mem;
    char *dir;

    *c = (struct scene){ .w = world_fixed((int64_t)TODAY * 86400000) };
    c->t.world = &c->w;
    c->t.as_of = TODAY;
    dir = tb_temp_dir(a);
    must(migrate_open(arena_z(a, arena_printf(a, "sqlite:%s/tongban.db", dir)), share_dir(a), NULL,
                      &c->w, &c->d, &e),
         &e);
    tb_unguarded(c->d);
    c->t.db = c->d;
    for (int i = 0; i < POLICIES; i++)
        policy(c, i);
    for (int i = 0; i < standards; i++)
        standard(c, i, two, "第二条");
    c->o = (struct search_options){ .data_dir = dir, .world = &c->w };
    must(search_open(&c->o, c->d, &c->s, &e), &e);
}

static void close_scene(struct scene *c)
{
    search_close(c->s);
    arena_release(&c->t.mem);
    db_close(c->d);
}

static struct search_tuning tune(struct scene *c)
{
    struct search_tune_ask ask = { 0 };
    struct search_tuning x;
    struct tb_err e = TB_ERR_INIT;

    must(search_tune(c->s, &c->t, &ask, &x, &e), &e);
    return x;
}

/* What the scene with every policy teaches; learned once, for it takes seconds. Its texts are the
 * teacher's. */
static struct scene teacher;
static struct search_tuning everything;

static int64_t keep(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t id = 0;

    CHECK(everything.learned != NULL);
    must(search_tune_keep(&c->t, &everything, &id, &e), &e);
    return id;
}

static void look(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;

    must(search_look(c->s, c->d, &e), &e);
}

static bool tuned(struct scene *c)
{
    struct search_state now;

    search_state(c->s, &now);
    return now.tuned;
}

static void undo(struct scene *c, bool expected)
{
    struct tb_err e = TB_ERR_INIT;
    bool was;

    must(search_tune_undo(&c->t, &was, &e), &e);
    CHECK(was == expected);
}

static struct search_result ask(struct scene *c, const char *question)
{
    struct search_ask q = { .question = str_z(question), .as_of = TODAY, .limit = 10 };
    struct tb_err e = TB_ERR_INIT;
    struct search_result r;

    must(search_find(c->s, &c->t, &q, &r, &e), &e);
    return r;
}

static void run_sql(struct scene *c, struct sql q)
{
    struct tb_err e = TB_ERR_INIT;

    must(db_run(c->d, q, NO_ARGS, &e), &e);
}

/* -- learning -- */

static void too_few_confirmed_answers_teach_nothing(void)
{
    struct scene c;
    struct search_tuning x;

    open_scene(&c, SEARCH_TUNE_MATTERS - 1);
    x = tune(&c);
    CHECK_INT(x.matters, SEARCH_TUNE_MATTERS - 1);
    CHECK_INT(x.standards, 2 * (SEARCH_TUNE_MATTERS - 1));
    CHECK(!x.enough && !x.better && !x.learned);
    close_scene(&c);
}

static void what_confirmed_answers_have_in_common_is_learned(void)
{
    struct search_tuning x;

    open_scene(&teacher, POLICIES);
    x = tune(&teacher);
    CHECK_INT(x.matters, POLICIES);
    CHECK_INT(x.answerable, 2 * POLICIES);
    CHECK(x.enough && x.better && !x.embedded);
    CHECK(x.before.hit1 < 0.1);
    CHECK(x.fresh.hit1 > 0.9);
    CHECK(x.reworded.hit1 > 0.9);
    CHECK(x.gain > 3 * x.noise);
    everything = x;
}

static void an_order_that_is_right_already_is_not_bettered(void)
{
    static const char *const one[] = { "怎么申请", NULL };
    struct scene c;
    struct search_tuning x;

    open_scene(&c, 0);
    for (int i = 0; i < POLICIES; i++)
        standard(&c, i, one, "第一条");
    x = tune(&c);
    CHECK(x.enough && !x.better);
    CHECK(x.before.hit1 > 0.99);
    search_learned_free(x.learned);
    close_scene(&c);
}

static void a_clause_out_of_force_teaches_nothing(void)
{
    struct scene c;
    struct search_tuning x;
    struct tb_err e = TB_ERR_INIT;

    open_scene(&c, POLICIES);
    run_sql(&c, SQL("UPDATE version SET repealed_on = 20000 WHERE id <= 5"));
    must(search_refresh(c.s, c.d, &e), &e);
    x = tune(&c);
    CHECK_INT(x.matters, POLICIES - 5);
    search_learned_free(x.learned);
    close_scene(&c);
}

/* -- in force -- */

static void a_running_search_takes_it_up_and_lays_it_down(void)
{
    struct scene c;
    struct search_result before, after;

    open_scene(&c, POLICIES);
    before = ask(&c, "公积金提取怎么申请");
    CHECK_STR(before.passages.items[0].clause, "第一条");
    keep(&c);
    CHECK(!tuned(&c)); /* nobody has looked */
    look(&c);
    CHECK(tuned(&c));
    after = ask(&c, "公积金提取怎么申请");
    CHECK_STR(after.passages.items[0].clause, "第二条");
    CHECK_STR(after.passages.items[0].title, "公积金提取办法");
    undo(&c, true);
    look(&c);
    CHECK(!tuned(&c));
    CHECK_STR(ask(&c, "公积金提取怎么申请").passages.items[0].clause, "第一条");
    undo(&c, false);
    close_scene(&c);
}

static void scores_and_confidence_stay_those_of_the_plain_formula(void)
{
    struct scene c;
    struct search_result before, after;

    open_scene(&c, POLICIES);
    before = ask(&c, "公积金提取怎么申请");
    keep(&c);
    look(&c);
    after = ask(&c, "公积金提取怎么申请");
    CHECK(before.confidence == after.confidence);
    CHECK_INT(after.passages.n, before.passages.n);
    for (size_t i = 0; i < before.passages.n && i < after.passages.n; i++)
        CHECK(after.passages.items[i].score == before.passages.items[i].score);
    close_scene(&c);
}

static void it_is_there_again_after_a_restart(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;

    open_scene(&c, POLICIES);
    keep(&c);
    search_close(c.s);
    must(search_open(&c.o, c.d, &c.s, &e), &e);
    CHECK(tuned(&c));
    CHECK_STR(ask(&c, "公积金提取怎么申请").passages.items[0].clause, "第二条");
    close_scene(&c);
}

static void a_newer_one_takes_the_place_of_the_older(void)
{
    struct scene c;
    int64_t first, n = 0;
    struct tb_err e = TB_ERR_INIT;

    open_scene(&c, POLICIES);
    first = keep(&c);
    look(&c);
    CHECK(keep(&c) > first);
    look(&c);
    CHECK(tuned(&c));
    must(db_ask_int(c.d, SQL("SELECT count(*) FROM tuned_question"), NO_ARGS, &n, NULL, &e), &e);
    CHECK_INT(n, 2 * POLICIES);
    must(db_ask_int(c.d, SQL("SELECT count(*) FROM tuned WHERE state = 'replaced'"), NO_ARGS, &n,
                    NULL, &e),
         &e);
    CHECK_INT(n, 1);
    close_scene(&c);
}

static void what_another_version_or_a_damaged_disk_left_is_passed_over(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;

    open_scene(&c, POLICIES);
    keep(&c);
    run_sql(&c, SQL("UPDATE tuned SET scale = scale + 1"));
    look(&c);
    CHECK(!tuned(&c));
    CHECK_STR(ask(&c, "公积金提取怎么申请").passages.items[0].clause, "第一条");
    keep(&c);
    run_sql(&c, SQL("UPDATE tuned SET ranker = '{\"scale\":1}' WHERE state = 'kept'"));
    search_close(c.s);
    must(search_open(&c.o, c.d, &c.s, &e), &e);
    CHECK(!tuned(&c));
    close_scene(&c);
}

static void new_policies_are_found_under_a_learned_order(void)
{
    struct scene c;
    struct tb_err e = TB_ERR_INIT;

    open_scene(&c, POLICIES);
    keep(&c);
    look(&c);
    run_sql(&c, SQL("UPDATE version SET state = 'withdrawn' WHERE title = '公积金提取办法'"));
    must(search_refresh(c.s, c.d, &e), &e);
    CHECK(tuned(&c));
    CHECK(!str_eqz(ask(&c, "公积金提取怎么申请").passages.items[0].title, "公积金提取办法"));
    run_sql(&c, SQL("UPDATE version SET state = 'confirmed' WHERE title = '公积金提取办法'"));
    must(search_refresh(c.s, c.d, &e), &e);
    CHECK_STR(ask(&c, "公积金提取怎么申请").passages.items[0].title, "公积金提取办法");
    CHECK_STR(ask(&c, "公积金提取怎么申请").passages.items[0].clause, "第二条");
    close_scene(&c);
}

struct reader {
    struct scene *c;
    atomic_bool *stop;
    atomic_int *asked;
};

static void *read_on(void *arg)
{
    struct reader *r = arg;
    struct scene mine = *r->c;
    struct tb_err e = TB_ERR_INIT;

    mine.t.mem = (struct arena)ARENA_INIT;
    mine.d = NULL;
    must(
        db_open(arena_printf(&mine.t.mem, "sqlite:%s/tongban.db", r->c->o.data_dir).p, &mine.d, &e),
        &e);
    mine.t.db = mine.d;
    while (!atomic_load(r->stop)) {
        CHECK_STR(ask(&mine, "公积金提取怎么申请").passages.items[0].title, "公积金提取办法");
        atomic_fetch_add(r->asked, 1);
    }
    arena_release(&mine.t.mem);
    db_close(mine.d);
    return NULL;
}

static void many_read_while_it_comes_and_goes(void)
{
    struct scene c;
    atomic_bool stop = false;
    atomic_int asked = 0;
    struct reader r = { &c, &stop, &asked };
    pthread_t readers[3];

    open_scene(&c, POLICIES);
    for (int i = 0; i < 3; i++)
        pthread_create(&readers[i], NULL, read_on, &r);
    for (int i = 0; i < 6 || atomic_load(&asked) < 30; i++) {
        keep(&c);
        look(&c);
        undo(&c, true);
        look(&c);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    close_scene(&c);
}

/* -- what is confirmed -- */

static void exchange(struct scene *c, const char *question, const char *device, int feedback,
                     int64_t standard_id, int cited)
{
    static int n;
    struct arena *a = &c->t.mem;
    int64_t talk;
    struct str sentences = arena_printf(
        a, "[{\"shown\":true,\"citations\":[%d]},{\"shown\":false,\"citations\":[1]}]", cited);

    n++;
    talk = insert(c, SQL("INSERT INTO conversation(code, device, created_at) VALUES (:c, :d, 0)"),
                  ARGS(db_text("c", arena_printf(a, "c%d", n)), db_text("d", str_z(device))));
    insert(c,
           SQL("INSERT INTO exchange(conversation_id, receipt, question, as_of, outcome, sentences,"
               " passages, standard_answer_id, created_at, feedback) VALUES (:talk, :r, :q, :day,"
               " :outcome, :s, '[{\"passage\":7},{\"passage\":8}]', :standard, 0, :f)"),
           ARGS(db_int("talk", talk), db_text("r", arena_printf(a, "Q%d", n)),
                db_text("q", str_z(question)), db_int("day", TODAY),
                db_text("outcome", standard_id ? STR("standard") : STR("answered")),
                db_text("s", sentences),
                standard_id ? db_int("standard", standard_id) : db_null("standard"),
                db_int("f", feedback)));
}

static const struct confirmed *find(const struct confirmed_list *l, const char *question)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eqz(l->v[i].question, question))
            return l->v + i;
    return NULL;
}

static struct confirmed_list gather(struct scene *c)
{
    struct tb_err e = TB_ERR_INIT;
    struct confirmed_list l;

    must(confirmed_gather(&c->t, &l, &e), &e);
    return l;
}

static void useful_answers_count_unless_somebody_found_them_useless(void)
{
    struct scene c;
    struct confirmed_list l;
    const struct confirmed *k;

    open_scene(&c, 1);
    exchange(&c, "公积金几时能取", "甲", 1, 0, 2);
    exchange(&c, "公积金能不能取", "甲", 1, 0, 1);
    exchange(&c, "公积金能不能取？", "乙", -1, 0, 1); /* another wording */
    exchange(&c, "租房给补多少", "甲", 1, 0, 1);
    exchange(&c, "租房给补多少 ", "乙", -1, 0, 1);
    exchange(&c, "没有评价的", "甲", 0, 0, 1);
    exchange(&c, "没有引用的", "甲", 1, 0, 9);
    l = gather(&c);
    k = find(&l, "公积金几时能取");
    CHECK(k && k->useful && k->golds == 1 && k->gold[0] == 8 && k->day == TODAY && k->matter);
    CHECK(find(&l, "公积金能不能取") != NULL);
    CHECK(!find(&l, "租房给补多少") && !find(&l, "没有评价的") && !find(&l, "没有引用的"));
    CHECK_INT(l.contradicted, 1);
    CHECK_INT(l.n, 4); /* two phrasings of the standard */
    close_scene(&c);
}

static void one_device_alone_does_not_move_the_order(void)
{
    struct scene c;
    struct confirmed_list l;

    open_scene(&c, 0);
    for (int i = 0; i < 40; i++)
        exchange(&c, arena_printf(&c.t.mem, "第%d问", i).p, "甲", 1, 0, 1);
    exchange(&c, "别人的", "乙", 1, 0, 1);
    l = gather(&c);
    CHECK_INT(l.n, 11);
    close_scene(&c);
}

static void every_wording_of_a_standard_answer_belongs_to_one_matter(void)
{
    static const char *const one[] = { "怎么办", NULL };
    struct scene c;
    struct confirmed_list l;
    int64_t id;

    open_scene(&c, 0);
    id = standard(&c, 3, one, "第二条");
    insert(&c,
           SQL("INSERT INTO handoff(id, receipt, question, reason, created_at, query_code)"
               " VALUES (5, 'H1', '我想把公积金拿出来', 'asked', 0, 'x')"),
           NO_ARGS);
    run_sql(&c, SQL("UPDATE standard_answer SET handoff_id = 5"));
    exchange(&c, "公积金取钱", "甲", 1, id, 1);
    exchange(&c, "公积金提取怎么办", "甲", 1, id, 1); /* a phrasing already */
    exchange(&c, "不是一回事", "甲", 0, id, 1);
    l = gather(&c);
    CHECK_INT(l.n, 3);
    for (size_t i = 0; i < l.n; i++) {
        CHECK(l.v[i].matter == (uint64_t)id);
        CHECK(l.v[i].golds == 1 && l.v[i].gold[0] == 8);
    }
    CHECK(find(&l, "我想把公积金拿出来") && find(&l, "公积金取钱"));
    run_sql(&c, SQL("UPDATE standard_answer SET state = 'withdrawn'"));
    CHECK_INT(gather(&c).n, 0);
    run_sql(&c, SQL("UPDATE standard_answer SET state = 'approved', valid_to = 20777"));
    CHECK_INT(gather(&c).n, 0);
    close_scene(&c);
    search_learned_free(everything.learned);
    close_scene(&teacher);
}

static const struct tb_test tests[] = {
    TEST(too_few_confirmed_answers_teach_nothing),
    TEST(what_confirmed_answers_have_in_common_is_learned),
    TEST(an_order_that_is_right_already_is_not_bettered),
    TEST(a_clause_out_of_force_teaches_nothing),
    TEST(a_running_search_takes_it_up_and_lays_it_down),
    TEST(scores_and_confidence_stay_those_of_the_plain_formula),
    TEST(it_is_there_again_after_a_restart),
    TEST(a_newer_one_takes_the_place_of_the_older),
    TEST(what_another_version_or_a_damaged_disk_left_is_passed_over),
    TEST(new_policies_are_found_under_a_learned_order),
    TEST(many_read_while_it_comes_and_goes),
    TEST(useful_answers_count_unless_somebody_found_them_useless),
    TEST(one_device_alone_does_not_move_the_order),
    TEST(every_wording_of_a_standard_answer_belongs_to_one_matter),
};
TEST_MAIN(tests)
