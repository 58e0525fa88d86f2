/* Learning an order for the live search from what people have confirmed: approved standard answers
 * with all their phrasings, the questions that clerks turned into them, and answers that askers
 * found useful where nobody found the same one useless. What is learned is measured by folds, once
 * with all wordings of a matter in one fold, once with wordings dealt one by one, and stands beside
 * the plain formula: only the order of the candidates moves, never their scores or the confidence.
 */
#ifndef KNOWLEDGE_SEARCH_TUNE_H
#define KNOWLEDGE_SEARCH_TUNE_H
#include "base/json.h"
#include "knowledge/quality.h"
#include "knowledge/search.h"

enum { SEARCH_TUNE_MATTERS = 20, SEARCH_TUNE_FOLDS = 5 }; /* fewer matters teach nothing */

struct search_tune_ask {
    void (*tick)(void *self, int64_t done, int64_t total); /* NULL: nobody watches */
    void *self;
};
struct search_tuning {
    int64_t standards, useful; /* questions from approved answers; from answers found useful */
    int64_t contradicted;      /* useful to one, useless to another: left out */
    int64_t answerable;        /* their clause is in force and among the candidates */
    int64_t matters;           /* different ones among them */
    /* Over the questions whose clause is in force. */
    struct quality before;
    struct quality fresh;    /* of matters that were not learned from */
    struct quality reworded; /* in other words than those that were */
    double gain, noise;      /* of mrr@10 of both: mean and standard error over matters */
    bool embedded, enough;
    bool better;                    /* by more than noise, and in nothing worse */
    struct search_learned *learned; /* NULL unless enough */
};
/* Reads, learns and measures; changes nothing. Frees with search_learned_free. */
enum tb_code search_tune(struct search *s, struct talk *t, const struct search_tune_ask *ask,
                         struct search_tuning *out, struct tb_err *e) MUST_USE;
void search_learned_free(struct search_learned *l);                     /* NULL is allowed */
void search_tuning_json(struct json *j, const struct search_tuning *x); /* keys of an open object */

/* Puts what was learned in force in place of what was, in the caller's transaction if one is open.
 * Searches notice at their next search_refresh or search_look. */
enum tb_code search_tune_keep(struct talk *t, const struct search_tuning *x, int64_t *id,
                              struct tb_err *e) MUST_USE;
/* Back to the plain formula; *was: something was in force. */
enum tb_code search_tune_undo(struct talk *t, bool *was, struct tb_err *e) MUST_USE;

#endif
