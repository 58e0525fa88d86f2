/* What a model said to a policy question, given again to the same question: the same words after
 * masking, the same clauses in the same words, the same day, prompt and engines. Never where
 * something personal was masked; staff and the public have answers of their own, each department
 * too. Gone when the knowledge changes or a document whose clause was shown to the model does
 * (model/answer_cache.h). What is given again passes every check that fresh words pass. */
#ifndef POLICY_AGAIN_H
#define POLICY_AGAIN_H
#include "domain/passage.h"
#include "domain/talk.h"
#include "model/pool.h"

struct again_ask {
    struct str prompt;   /* its name, version and settings */
    struct str system;   /* messages as they go out … */
    struct str evidence; /* … and what the model is to answer from */
    struct str question; /* masked */
    bool personal;       /* something was masked in it */
    bool internal;       /* clauses that only staff see may be among the evidence */
    const struct passage_list *clauses;
};
struct again; /* NULL: nothing is kept for this question. In t->mem */
struct again *again_begin(struct talk *t, const struct again_ask *ask);
/* The model's words as they came, and who said them; false: nobody was asked this before. */
bool again_find(struct talk *t, const struct again *k, struct str *said, struct model_result *who);
void again_keep(struct talk *t, const struct again *k, struct str said,
                const struct model_result *who);
/* Somebody put an answer right: what was said before is asked for anew. */
void again_forget(const struct talk *t);

#endif
