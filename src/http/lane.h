/* A lane of worker threads with a bounded queue in front. Threads are born when work waits and all
 * are busy, and end after half a minute without work, so an idle server is small. */
#ifndef HTTP_LANE_H
#define HTTP_LANE_H
#include "base/err.h"

struct db;
struct exchange;
struct lane;

struct lane_options {
    const char *name;
    int threads_max, queue_max;
    size_t stack;
    void *self; /* handed to open_db and close_db */
    enum tb_code (*open_db)(void *self, struct db **out, struct tb_err *e);
    void (*close_db)(void *self, struct db *d);
};
struct lane_thread { /* what a worker owns */
    struct lane *lane;
    struct db *db; /* NULL until the first use */
};

struct lane *lane_make(const struct lane_options *o);
bool lane_put(struct lane *l, struct exchange *x); /* false: the queue is full */
/* Waits until the queue is worked off, ends the threads, frees. */
void lane_free(struct lane *l);
/* This worker's database handle, opened on first use. NULL in *out when the program has none. */
enum tb_code lane_db(struct lane_thread *w, struct db **out, struct tb_err *e) MUST_USE;

#endif
