/* The background jobs of this scenario. */
#ifndef SCENARIO_KNOWLEDGE_JOB_H
#define SCENARIO_KNOWLEDGE_JOB_H
#include "flow/jobs.h"

#define KNOWLEDGE_JOB "ingest"
#define KNOWLEDGE_REFRESH_JOB "index"

/* "ingest": {"department", "files":[{"path","name"}]} → result of bring_json. What is read out
 * waits for a person (state proposed). */
enum tb_code job_ingest(struct job_run *r, struct buf *result, struct tb_err *e) MUST_USE;
/* "index": another program (tongban ingest) changed the store; the live search looks. */
enum tb_code job_refresh(struct job_run *r, struct buf *result, struct tb_err *e) MUST_USE;

#endif
