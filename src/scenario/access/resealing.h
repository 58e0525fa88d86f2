/* The background job after a rotation of the master key (store/reseal.h). */
#ifndef ACCESS_RESEALING_H
#define ACCESS_RESEALING_H
#include "flow/jobs.h"

#define RESEAL_JOB "reseal"

enum tb_code resealing_run(struct job_run *r, struct buf *result, struct tb_err *e) MUST_USE;
/* Adds the job when there is something to do and none is under way. */
enum tb_code resealing_due(const struct services *at, struct db *d, int64_t now_ms,
                           struct tb_err *e) MUST_USE;

#endif
