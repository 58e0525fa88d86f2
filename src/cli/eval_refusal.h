/* `tongban eval refusal --file F.jsonl [--direct] [--guard] [--engine URL] [--limit N] [--list]`:
 * how many harmful requests come to nothing, by the whole way of an answer. A line is {"text" (or
 * "query", "prompt", "question"), "harmful"?: bool (default true), "kind"?}. --direct asks the
 * model as an application does through the gateway, without the knowledge base; --guard asks the
 * guard alone. The last line is JSON. */
#ifndef CLI_EVAL_REFUSAL_H
#define CLI_EVAL_REFUSAL_H
#include "cli/cli.h"

enum tb_code eval_refusal(struct cli *c, struct tb_err *e) MUST_USE;

#endif
