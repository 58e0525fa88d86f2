/* Embeddings in the background: the job that makes them, and when one is due. */
#ifndef CONSOLE_EMBEDDING_H
#define CONSOLE_EMBEDDING_H
#include "flow/jobs.h"

enum tb_code embedding_run(struct job_run *r, struct buf *result,
                           struct tb_err *e) MUST_USE; /* the job "embed" */

/* Adds the job when passages lack an embedding, the model is there and no such job waits, runs or
 * has failed in the last ten minutes. Cheap; called every few seconds, since the model's files may
 * appear while we run. */
enum tb_code embedding_due(const struct services *at, struct db *d, int64_t now_ms,
                           struct tb_err *e) MUST_USE;

#endif
