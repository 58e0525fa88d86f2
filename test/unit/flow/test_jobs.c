#include "flow/jobs.h"

#include "base/share.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <stdatomic.h>
#include <unistd.h>

static char url[600];
static atomic_int calls, entered, release_it;

static enum tb_code open_db(void *self, struct db **out, struct tb_err *e)
{
    (void)self;
    return db_open(url, out, e);
}

static void close_db(void *self, struct db *d)
{
    (void)self;
    db_close(d);
}

static enum tb_code add_up(struct job_run *r, struct buf *result, struct tb_err *e)
{
    int64_t n = json_get_int(r->input, "n", 0);

    atomic_fetch_add(&calls, 1);
    if (job_progress(r, n, n, "做完了", e))
        return e->code;
    buf_addf(result, "{\"twice\":%lld}", (long long)n * 2);
    return TB_OK;
}

static enum tb_code refuse(struct job_run *r, struct buf *result, struct tb_err *e)
{
    (void)r;
    (void)result;
    atomic_fetch_add(&calls, 1);
    return tb_fail(e, TB_INVALID, "文件是空的", "test");
}

static enum tb_code lock_out(struct job_run *r, struct buf *result, struct tb_err *e)
{
    (void)r;
    (void)result;
    return atomic_fetch_add(&calls, 1) == 0 ? tb_fail(e, TB_BUSY, "系统正忙", "test") : TB_OK;
}

static enum tb_code hold(struct job_run *r, struct buf *result, struct tb_err *e)
{
    (void)result;
    atomic_fetch_add(&entered, 1);
    while (!atomic_load(&release_it))
        if (job_stopping(r))
            return tb_fail(e, TB_CANCELLED, "任务已取消", "test");
        else
            usleep(500);
    return TB_OK;
}

static const struct job_kind kinds[] = {
    { "add", add_up }, { "refuse", refuse }, { "lock_out", lock_out }, { "hold", hold }, { 0 }
};

struct scene {
    struct db *d;
    struct jobs *jobs;
    struct talk t;
};

static void start_jobs(struct scene *s)
{
    struct jobs_options o = { .kinds = kinds,
                              .world = world_real(),
                              .open_db = open_db,
                              .close_db = close_db,
                              .alone = true };
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(jobs_start(&o, &s->jobs, &e), TB_OK);
}

static void begin(struct scene *s)
{
    struct tb_err e = TB_ERR_INIT;

    *s = (struct scene){ .t = { .world = world_real() } };
    snprintf(url, sizeof(url), "sqlite:%s/tongban.db", tb_temp_dir(&s->t.mem));
    CHECK_INT(migrate_open(url, share_dir(&s->t.mem), NULL, world_real(), &s->d, &e), TB_OK);
    s->t.db = s->d;
    atomic_store(&calls, 0);
    atomic_store(&entered, 0);
    atomic_store(&release_it, 0);
}

static void end(struct scene *s)
{
    jobs_stop(s->jobs);
    db_close(s->d);
    arena_release(&s->t.mem);
}

static int64_t add(struct scene *s, const char *kind, struct str input)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t id = 0;

    CHECK_INT(jobs_add(s->jobs, s->d, kind, input, 0, &id, &e), TB_OK);
    return id;
}

static struct job find(struct scene *s, int64_t id)
{
    struct tb_err e = TB_ERR_INIT;
    struct job j = { 0 };

    CHECK_INT(job_find(&s->t, id, &j, &e), TB_OK);
    return j;
}

/* Waits for the event itself, ten seconds at most. */
static struct job wait_for(struct scene *s, int64_t id, const char *state)
{
    struct job j = find(s, id);

    for (int i = 0; i < 10000 && !str_eqz(j.state, state); i++) {
        usleep(1000);
        j = find(s, id);
    }
    CHECK_STR(j.state, state);
    return j;
}

static void wait_entered(int n)
{
    for (int i = 0; i < 10000 && atomic_load(&entered) < n; i++)
        usleep(1000);
    CHECK_INT(atomic_load(&entered), n);
}

static void a_job_runs_and_its_result_is_kept(void)
{
    struct scene s;
    struct job j;

    begin(&s);
    start_jobs(&s);
    j = wait_for(&s, add(&s, "add", STR("{\"n\":21}")), "done");
    CHECK_STR(j.result, "{\"twice\":42}");
    CHECK_INT(j.done, 21);
    CHECK_INT(j.total, 21);
    end(&s);
}

static void a_failed_job_says_why_and_is_not_repeated(void)
{
    struct scene s;
    struct job j;

    begin(&s);
    start_jobs(&s);
    j = wait_for(&s, add(&s, "refuse", STR("{}")), "failed");
    CHECK_STR(j.message, "文件是空的");
    CHECK_STR(wait_for(&s, add(&s, "nobody_does_this", STR("{}")), "failed").message,
              "这个版本的程序不会做这种任务，请升级后重试");
    CHECK_INT(atomic_load(&calls), 1);
    end(&s);
}

static void what_fails_in_passing_is_tried_again(void)
{
    struct scene s;

    begin(&s);
    start_jobs(&s);
    wait_for(&s, add(&s, "lock_out", STR("{}")), "done");
    CHECK_INT(atomic_load(&calls), 2);
    end(&s);
}

static void a_job_added_in_a_transaction_runs_only_after_the_commit(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct scene s;
    int64_t id, rolled;

    begin(&s);
    start_jobs(&s);
    CHECK_INT(db_begin(s.d, &e), TB_OK);
    rolled = add(&s, "add", STR("{}"));
    CHECK_INT(db_end(s.d, TB_INVALID, &e), TB_INVALID);
    CHECK_INT(db_begin(s.d, &e), TB_OK);
    id = add(&s, "add", STR("{\"n\":1}"));
    CHECK_INT(atomic_load(&calls), 0);
    CHECK_INT(db_end(s.d, TB_OK, &e), TB_OK);
    wait_for(&s, id, "done");
    CHECK_INT(atomic_load(&calls), 1);
    CHECK_INT(rolled, id); /* the number of the one that never was */
    end(&s);
}

static void a_running_job_can_be_cancelled_and_a_finished_one_not(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct scene s;
    int64_t id;

    begin(&s);
    start_jobs(&s);
    id = add(&s, "hold", STR("{}"));
    wait_entered(1);
    CHECK_INT(jobs_cancel(s.jobs, s.d, id, &e), TB_OK);
    CHECK_STR(wait_for(&s, id, "cancelled").message, "已取消");
    wait_for(&s, add(&s, "add", STR("{}")), "done"); /* the worker is free again */
    CHECK_INT(jobs_cancel(s.jobs, s.d, id, &e), TB_CONFLICT);
    end(&s);
}

static void a_stopped_server_goes_on_with_the_job_later(void)
{
    struct scene s;
    int64_t id;

    begin(&s);
    start_jobs(&s);
    id = add(&s, "hold", STR("{}"));
    wait_entered(1);
    jobs_stop(s.jobs);
    CHECK_STR(find(&s, id).state, "waiting");
    atomic_store(&release_it, 1);
    start_jobs(&s);
    wait_for(&s, id, "done");
    CHECK_INT(atomic_load(&entered), 2);
    end(&s);
}

/* What kill -9 leaves: a row that says running. */
static void a_job_cut_off_by_a_crash_is_taken_up_and_given_up_after_eight(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct scene s;
    int64_t once, often;

    begin(&s);
    once = add(&s, "add", STR("{\"n\":1}"));
    often = add(&s, "add", STR("{\"n\":2}"));
    CHECK_INT(db_run(s.d,
                     SQL("UPDATE job SET state = 'running', lease_until = 9000000000000,"
                         " tries = CASE id WHEN :id THEN 1 ELSE 8 END"),
                     ARGS(db_int("id", once)), &e),
              TB_OK);
    start_jobs(&s);
    wait_for(&s, once, "done");
    CHECK_INT(db_run(s.d, SQL("UPDATE job SET lease_until = 0 WHERE id = :id"),
                     ARGS(db_int("id", often)), &e),
              TB_OK); /* the rest between tries is over */
    CHECK_STR(wait_for(&s, often, "failed").message,
              "处理时多次意外中断，已停止；请检查文件后重新提交");
    CHECK_INT(atomic_load(&calls), 1);
    end(&s);
}

static void the_list_is_newest_first_and_filtered(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct scene s;
    struct job *list;
    size_t n;
    int64_t total;

    begin(&s);
    for (int i = 0; i < 5; i++)
        add(&s, i % 2 ? "add" : "refuse", STR("{}"));
    CHECK_INT(job_list(&s.t, STR("refuse"), STR(""), 1, 2, &list, &n, &total, &e), TB_OK);
    CHECK_INT(total, 3);
    CHECK_INT(n, 2);
    CHECK_INT(list[0].id, 5);
    CHECK_INT(job_list(&s.t, STR(""), STR("done"), 1, 10, &list, &n, &total, &e), TB_OK);
    CHECK_INT(total, 0);
    end(&s);
}

static const struct tb_test tests[] = {
    TEST(a_job_runs_and_its_result_is_kept),
    TEST(a_failed_job_says_why_and_is_not_repeated),
    TEST(what_fails_in_passing_is_tried_again),
    TEST(a_job_added_in_a_transaction_runs_only_after_the_commit),
    TEST(a_running_job_can_be_cancelled_and_a_finished_one_not),
    TEST(a_stopped_server_goes_on_with_the_job_later),
    TEST(a_job_cut_off_by_a_crash_is_taken_up_and_given_up_after_eight),
    TEST(the_list_is_newest_first_and_filtered),
};
TEST_MAIN(tests)
