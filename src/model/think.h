/* Reasoning kept apart from the answer: DeepSeek R1 and its distillations put it between <think>
 * and </think> in the content. The tags may be cut over any number of deltas.
 *
 * A model that always thinks first is begun inside: its template may open the tag itself, so that
 * only
 * </think> is seen. Should the engine turn out to keep reasoning apart (think_apart), or should no
 * tag come at all, then the content was the answer. */
#ifndef MODEL_THINK_H
#define MODEL_THINK_H
#include "base/buf.h"
#include "model/pool.h"

struct think {
    struct buf held;  /* what may yet become a tag */
    bool inside;      /* in reasoning */
    bool first;       /* begun inside, and nothing has borne that out yet */
    struct buf whole; /* what came while first */
    bool trim;        /* white space after </think> is no part of the answer */
};

void think_init(struct think *t, bool first);
void think_release(struct think *t);
/* Hands the parts of delta to sink->text and sink->reasoning; returns what text returned. */
enum tb_code think_feed(struct think *t, struct str delta, const struct model_sink *sink,
                        struct tb_err *e) MUST_USE;
/* The engine sends reasoning in a field of its own. */
void think_apart(struct think *t);
/* The answer was cut off at its length: content without a tag was reasoning. */
void think_cut(struct think *t);
/* The stream has ended: what was held is no tag. */
enum tb_code think_end(struct think *t, const struct model_sink *sink, struct tb_err *e) MUST_USE;

#endif
