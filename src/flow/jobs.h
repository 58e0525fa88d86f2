/* Background work that survives a restart: rows of `job`, leased by a worker thread, with progress
 * that a page can show. A job whose lease ran out (the process died) is taken up again, so run()
 * must be able to start over or go on; after 8 tries, ever longer apart, it is
 * failed with a sentence. */
#ifndef FLOW_JOBS_H
#define FLOW_JOBS_H
#include "base/json.h"
#include "domain/talk.h"

struct jobs;
struct job_run { /* handed to run(); t has its own db handle and arena */
    struct talk *t;
    int64_t id, staff_id; /* who asked; 0: the system */
    const struct json_value *input;
    struct jobs *jobs;
    struct job_state *state; /* the room's own */
};
struct job_kind {
    const char *name; /* "ingest", "embed" … */
    enum tb_code (*run)(struct job_run *r, struct buf *result_json, struct tb_err *e);
};

struct jobs_options {
    const struct job_kind *kinds; /* ends with name NULL */
    const struct services *at;
    const struct world *world;
    enum tb_code (*open_db)(void *self, struct db **out, struct tb_err *e);
    void (*close_db)(void *self, struct db *d);
    void *self;
    int workers; /* 0: 1 */
    bool alone;  /* no other program works on this database: what is marked running was left by a
                    crash and is taken up at once, without waiting for its lease */
};
enum tb_code jobs_start(const struct jobs_options *o, struct jobs **out, struct tb_err *e) MUST_USE;
void jobs_stop(struct jobs *j); /* asks running ones to pause (job_stopping), waits for them */
/* Adds a row (in the caller's transaction if one is open) and wakes a worker. staff 0: the system.
 */
enum tb_code jobs_add(struct jobs *j, struct db *d, const char *kind, struct str input_json,
                      int64_t staff_id, int64_t *id, struct tb_err *e) MUST_USE;
enum tb_code job_progress(struct job_run *r, int64_t done, int64_t total, const char *message,
                          struct tb_err *e) MUST_USE;
bool job_stopping(
    const struct job_run *r); /* cancelled by a person or the server stops: return TB_CANCELLED */

struct job {
    int64_t id, done, total, staff_id, created_at, updated_at;
    struct str kind, state, message, input,
        result; /* state: waiting, running, done, failed, cancelled */
};
enum tb_code job_find(struct talk *t, int64_t id, struct job *out, struct tb_err *e) MUST_USE;
/* Newest first; kind and state "" for all; page from 1. */
enum tb_code job_list(struct talk *t, struct str kind, struct str state, int64_t page, int64_t size,
                      struct job **out, size_t *n, int64_t *total, struct tb_err *e) MUST_USE;
/* A waiting one never starts; a running one is told (job_stopping). TB_CONFLICT when it is over
 * already. */
enum tb_code jobs_cancel(struct jobs *j, struct db *d, int64_t id, struct tb_err *e) MUST_USE;

#endif
