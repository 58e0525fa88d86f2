/* Questions whose clauses a person has confirmed. */
#ifndef KNOWLEDGE_SEARCH_CONFIRMED_H
#define KNOWLEDGE_SEARCH_CONFIRMED_H
#include "base/err.h"
#include "domain/talk.h"

struct confirmed {
    struct str question; /* personal data are tokens */
    uint64_t matter;     /* the same for all phrasings of a standard answer; never 0 */
    int32_t day;         /* on which the answer was right */
    int64_t *gold;       /* passages that answer */
    size_t golds;
    bool useful; /* an asker found it so; else an officer approved it */
};
struct confirmed_list {
    struct confirmed *v;
    size_t n, cap;
    int64_t contradicted; /* found useful once and useless once: left out */
};

/* Approved standard answers valid today with what they cite today, all their phrasings and the
 * questions they were made from; then, newest first, useful answers of the model with the clauses
 * that their shown sentences cite: at most ten of one device, so that nobody alone moves the order.
 * Each wording once, an officer's before an asker's. In t->mem; at most 3,000. */
enum tb_code confirmed_gather(struct talk *t, struct confirmed_list *out,
                              struct tb_err *e) MUST_USE;

#endif
