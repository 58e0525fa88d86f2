/* 转人工: a question that a person must answer, and the reply that finds its way back. */
#ifndef STORE_HANDOFF_H
#define STORE_HANDOFF_H
#include "domain/talk.h"
#include "store/db.h"

struct handoff {
    int64_t id, exchange_id; /* exchange_id 0: asked directly */
    struct str receipt, device, question;
    struct str contact; /* sealed; "" for none */
    struct str
        reason; /* asked, not_found, weak, engine_down, no_employee, risk, signature, unsigned */
    struct str department, state, reply, query_code;
    int64_t taken_by; /* while it waits: from whom it was put back, 0 for nobody */
    int64_t taken_at, replied_by, replied_at, created_at;
    /* read only */
    struct str taken_by_login, taken_by_name, taken_by_department;
    struct str replied_by_name, department_name, exchange_receipt;
};

/* Gives h id, receipt, query code and time. In the caller's transaction if one is open. */
enum tb_code handoff_add(struct talk *t, struct handoff *h, struct tb_err *e) MUST_USE;
/* A receipt whose answer waits to be signed: in nobody's inbox (state review). */
enum tb_code handoff_hold(struct talk *t, int64_t id, struct tb_err *e) MUST_USE;
/* It was signed: the answer is the reply, in the signer's name. */
enum tb_code handoff_signed(struct talk *t, int64_t exchange_id, struct str reply,
                            struct tb_err *e) MUST_USE;
/* It was not: a clerk answers it. */
enum tb_code handoff_unsigned(struct talk *t, int64_t exchange_id, struct tb_err *e) MUST_USE;
enum tb_code handoff_read(struct talk *t, struct str receipt, struct handoff *out,
                          struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
struct handoff_filter {
    struct str state;      /* "" for all */
    struct str department; /* "" for all; others' rows never come */
    struct str words;      /* in the question; "" for all */
    int64_t page, size;
};
/* Waiting ones oldest first, then the rest newest first. */
enum tb_code handoff_list(struct talk *t, const struct handoff_filter *f, struct handoff **out,
                          size_t *n, int64_t *total, struct tb_err *e) MUST_USE;
/* TB_CONFLICT when a colleague has it or it is answered already. */
enum tb_code handoff_take(struct talk *t, int64_t id, struct tb_err *e) MUST_USE;
/* TB_CONFLICT too when it was put back from the one who replies: taking it again comes first. */
enum tb_code handoff_reply(struct talk *t, int64_t id, struct str reply, struct tb_err *e) MUST_USE;
/* Back to waiting. The holder may give it back; whoever writes the knowledge of the holder's
 * department, or of the one the question belongs to, may put it back from the holder; others get
 * TB_FORBIDDEN. TB_CONFLICT when nobody has it or it changed hands since h was read. */
enum tb_code handoff_release(struct talk *t, const struct handoff *h, struct tb_err *e) MUST_USE;
bool handoff_may_release(const struct actor *a, const struct handoff *h);
/* Receipts of one device, newest first, at most 100. */
enum tb_code handoff_mine(struct talk *t, struct handoff **out, size_t *n,
                          struct tb_err *e) MUST_USE;
/* What the sealed contact of a receipt is bound to (crypto/seal.h). */
struct str handoff_contact_place(struct arena *a, struct str receipt);
const char *handoff_state_title(struct str state);
const char *handoff_reason_title(struct str reason);

#endif
