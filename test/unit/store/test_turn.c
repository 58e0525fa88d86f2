#include "store/turn.h"

#include "base/fs.h"
#include "store/db_int.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MANY = 200 };

static atomic_int order, waiting;
static int came[MANY];
static struct turn *shared;

static void *wait_for_turn(void *arg)
{
    int *mine = arg;

    atomic_fetch_add(&waiting, 1);
    if (turn_take(shared, 60000)) {
        *mine = atomic_fetch_add(&order, 1);
        turn_give(shared);
    }
    return NULL;
}

static char *new_file(struct arena *a)
{
    struct tb_err e = TB_ERR_INIT;
    char *path = fs_join(a, tb_temp_dir(a), "x.db");

    CHECK_INT(fs_write(path, STR(""), 0600, &e), TB_OK);
    return path;
}

static void writers_come_in_the_order_they_asked(void)
{
    struct arena a = ARENA_INIT;
    pthread_t threads[MANY];
    char *path = new_file(&a);
    int behind = 0;

    shared = turn_open(path);
    CHECK(turn_take(shared, 1000));
    for (int i = 0; i < MANY; i++) {
        pthread_create(&threads[i], NULL, wait_for_turn, &came[i]);
        while (atomic_load(&waiting) <= i)
            usleep(100);
    }
    usleep(1000);
    turn_give(shared);
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&order), MANY);
    for (int i = 1; i < MANY; i++)
        behind += came[i] < came[i - 1];
    CHECK(behind <
          MANY / 20); /* they were started in order, the last step to the queue is theirs */
    turn_close(shared);
    arena_release(&a);
}

static void a_turn_that_does_not_come_is_given_up(void)
{
    struct arena a = ARENA_INIT;
    char *path = new_file(&a);
    struct turn *one = turn_open(path), *same = turn_open(path);

    CHECK(one == same);
    CHECK(turn_take(one, 0));
    CHECK(!turn_take(same, 0));
    turn_give(one);
    CHECK(turn_take(same, 0));
    turn_give(same);
    turn_close(one);
    turn_close(same);
    CHECK(!turn_open("/nonexistent/x"));
    CHECK(turn_take(NULL, 0));
    arena_release(&a);
}

static char url[600];

static void *write_rows(void *arg)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d;
    int *bad = arg;

    if (db_open(url, &d, &e)) {
        *bad = 100;
        return NULL;
    }
    for (int i = 0; i < 10; i++) {
        if (i % 2)
            *bad += db_run(d, SQL("UPDATE t SET v = v + 1"), NO_ARGS, &e) != TB_OK;
        else
            *bad += db_begin(d, &e) ||
                    db_end(d, db_run(d, SQL("UPDATE t SET v = v + 1"), NO_ARGS, &e), &e);
    }
    db_close(d);
    return NULL;
}

static void hundreds_of_writers_all_get_in(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    pthread_t threads[MANY];
    int bad[MANY] = { 0 }, sum = 0;
    struct db *d;
    int64_t v;

    snprintf(url, sizeof(url), "sqlite:%s/w.db", tb_temp_dir(&a));
    CHECK_INT(db_open(url, &d, &e), TB_OK);
    CHECK_INT(db_script(d, "CREATE TABLE t (v INTEGER); INSERT INTO t VALUES (0)", &e), TB_OK);
    for (int i = 0; i < MANY; i++)
        pthread_create(&threads[i], NULL, write_rows, &bad[i]);
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        sum += bad[i];
    }
    CHECK_INT(sum, 0);
    CHECK_INT(db_ask_int(d, SQL("SELECT v FROM t"), NO_ARGS, &v, NULL, &e), TB_OK);
    CHECK_INT(v, MANY * 10);
    db_close(d);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(writers_come_in_the_order_they_asked),
    TEST(a_turn_that_does_not_come_is_given_up),
    TEST(hundreds_of_writers_all_get_in),
};
TEST_MAIN(tests)
