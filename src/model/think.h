/* Reasoning kept apart from the answer: DeepSeek R1 and its distillations put it between <think>
 * and </think> in the content. The tags may be cut over any number of deltas. */
#ifndef MODEL_THINK_H
#define MODEL_THINK_H
#include "base/buf.h"
#include "model/pool.h"

struct think {
    struct buf held; /* what may yet become a tag */
    bool inside;     /* in reasoning; set at the start for a template that opens the tag itself */
    bool trim;       /* white space after </think> is no part of the answer */
};

void think_init(struct think *t, bool inside);
void think_release(struct think *t);
/* Hands the parts of delta to sink->text and sink->reasoning; returns what text returned. */
enum tb_code think_feed(struct think *t, struct str delta, const struct model_sink *sink,
                        struct tb_err *e) MUST_USE;
/* The stream has ended: what was held is no tag. */
enum tb_code think_end(struct think *t, const struct model_sink *sink, struct tb_err *e) MUST_USE;

#endif
