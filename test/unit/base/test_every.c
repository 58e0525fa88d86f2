#include "base/every.h"
#include "tb_test.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static atomic_int rounds;

static void work(void *self)
{
    pthread_mutex_lock(&lock);
    atomic_fetch_add((atomic_int *)self, 1);
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static void wait_for(int n)
{
    pthread_mutex_lock(&lock);
    while (atomic_load(&rounds) < n)
        pthread_cond_wait(&more, &lock);
    pthread_mutex_unlock(&lock);
}

static void it_works_at_once_and_again(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct every *v;

    atomic_store(&rounds, 0);
    CHECK_INT(every_start(0, 1, work, &rounds, &v, &e), TB_OK);
    wait_for(3);
    every_stop(v);
}

static void the_first_time_may_be_later_and_an_end_does_not_wait_for_it(void)
{
    enum { HOUR_MS = 3600 * 1000 };
    struct tb_err e = TB_ERR_INIT;
    struct every *v;

    atomic_store(&rounds, 0);
    CHECK_INT(every_start(HOUR_MS, 1, work, &rounds, &v, &e), TB_OK);
    every_stop(v);
    CHECK_INT(atomic_load(&rounds), 0);
    CHECK_INT(every_start(0, HOUR_MS, work, &rounds, &v, &e), TB_OK);
    wait_for(1);
    every_stop(v);
    CHECK_INT(atomic_load(&rounds), 1);
    every_stop(NULL);
}

static const struct tb_test tests[] = {
    TEST(it_works_at_once_and_again),
    TEST(the_first_time_may_be_later_and_an_end_does_not_wait_for_it),
};

TEST_MAIN(tests)
