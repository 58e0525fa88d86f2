/* One question and what came of it, with everything needed to show it again byte for byte and to
 * prove later what it rested on. Begun before the person sees anything, ended in one transaction
 * with its audit row before the last byte is acknowledged. */
#ifndef STORE_EXCHANGE_H
#define STORE_EXCHANGE_H
#include "domain/talk.h"
#include "store/db.h"

struct exchange {
    int64_t id, conversation_id;
    struct str conversation; /* its code */
    struct str device;       /* of the conversation */
    struct str receipt;
    struct str question; /* masked */
    struct str personal; /* plain JSON going in (sealed on its way), sealed bytes coming out */
    struct str masked;   /* JSON list of kinds */
    int32_t as_of;
    struct str outcome;
    struct str answer, sentences, clauses, passages, done; /* JSON but for answer */
    int64_t standard_answer_id;
    struct str model, prompt_version, reasoning, timings;
    int64_t employee_id;            /* 0: nobody was in charge of it */
    int64_t cost;                   /* millionths of a yuan */
    int64_t tokens, sentence_count; /* of prompt and answer; written, withheld ones too */
    int64_t withheld, created_at;
    int64_t feedback; /* 1 useful, -1 not, 0 none */
    struct str feedback_reason;
};

/* Finds the conversation (it must belong to this device or member of staff) or, with code "",
 * starts one. Another's or an unknown code starts a new one too: nobody learns whether it exists.
 */
enum tb_code conversation_open(struct talk *t, struct str code, int64_t *id, struct str *out,
                               struct tb_err *e) MUST_USE;
/* Inserts x as running and gives it id, receipt and created_at. */
enum tb_code exchange_begin(struct talk *t, struct exchange *x, struct tb_err *e) MUST_USE;
/* Writes the evidence as shown, so that even a broken-off answer keeps it. */
enum tb_code exchange_end(struct talk *t, const struct exchange *x, struct tb_err *e) MUST_USE;
/* The signed answer of one that waited, inside the transaction of its draft (store/draft.h):
 * x->answer, sentences and done are written, the outcome becomes signed. */
enum tb_code exchange_signed(struct talk *t, const struct exchange *x, struct tb_err *e) MUST_USE;
enum tb_code exchange_of_id(struct talk *t, int64_t id, struct exchange *out,
                            struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
enum tb_code exchange_read(struct talk *t, struct str receipt, struct exchange *out,
                           struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* The personal values of x in the clear (guard/mask.h form); "" when there are none. */
enum tb_code exchange_personal(struct talk *t, const struct exchange *x, struct str *out,
                               struct tb_err *e) MUST_USE;
/* Oldest first, at most 200 of them. */
enum tb_code exchange_list(struct talk *t, int64_t conversation_id, struct exchange **out,
                           size_t *n, struct tb_err *e) MUST_USE;
enum tb_code exchange_feedback(struct talk *t, int64_t id, int value, struct str reason,
                               struct tb_err *e) MUST_USE;
/* At start: whatever still says running was broken off by a crash. *n: how many. */
enum tb_code exchange_repair(struct db *d, int64_t *n, struct tb_err *e) MUST_USE;
/* Does the conversation of x belong to who asks? */
bool exchange_own(const struct talk *t, const struct exchange *x);

#endif
