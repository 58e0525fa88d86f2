/* 审签: drafts, their edits and their signatures (domain/draft.h). Everything that citizens are to
 * see goes through draft_sign and draft_publish, whatever the path: the triggers of the schema
 * refuse it otherwise. What a draft is about (an exchange, a standard answer, a version) is kept by
 * its own noun; a scenario composes: draft_sign, then the noun's own change, then draft_publish, in
 * one transaction. */
#ifndef STORE_DRAFT_H
#define STORE_DRAFT_H
#include "domain/draft.h"
#include "domain/talk.h"
#include "store/db.h"

struct draft {
    int64_t id, subject_id;
    enum draft_kind kind;
    enum draft_state state;
    struct str receipt;     /* S20261122-00001 */
    struct str title, body; /* body: JSON, exactly what is to be public */
    struct str digest;      /* SM3 of body, hex */
    int64_t revision;       /* from 1; every edit is a new one */
    enum draft_author author_kind;
    int64_t author_id; /* staff; 0 for a machine or an import */
    struct str author_name, employee, department;
    int64_t reviewer_id; /* in whose queue; 0: whoever of the department may sign */
    int64_t taken_by, taken_at;
    int64_t risk; /* 0 to 100 */
    struct str why, note;
    int64_t due_at; /* ms; 0: none promised */
    int64_t escalated, created_at, updated_at;
    /* read only; "" and 0 where there is none */
    struct str reviewer_name, reviewer_login, taken_by_name, department_name;
    struct str signer_name, signed_way;
    int64_t signer_id, signed_at;
};

/* Inserts d as waiting: kind, subject_id, title, body, author_*, employee, department, reviewer_id,
 * risk, why, due_at are used; gives id, receipt, digest, revision, state, created_at. An author of
 * 0 and no author_kind takes them from t->actor. An older open draft of the same subject is
 * withdrawn first. In the caller's transaction if one is open. */
enum tb_code draft_open(struct talk *t, struct draft *d, struct tb_err *e) MUST_USE;
struct str draft_digest(struct arena *a, struct str text); /* SM3, hex */
enum tb_code draft_read(struct talk *t, struct str receipt, struct draft *out,
                        struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* The one that is not over (drafted, waiting, returned); *out.id 0 when there is none. */
enum tb_code draft_of(struct talk *t, enum draft_kind kind, int64_t subject_id, struct draft *out,
                      struct tb_err *e) MUST_USE;
/* The newest one of the subject in any state; *out.id 0 when there is none. */
enum tb_code draft_latest(struct talk *t, enum draft_kind kind, int64_t subject_id,
                          struct draft *out, struct tb_err *e) MUST_USE;

struct draft_filter {
    struct str state, kind; /* "" for all */
    struct str words;       /* in the title; "" for all */
    bool mine;              /* only what t->actor may sign, or wrote */
    bool late;              /* only past due */
    int64_t page, size;
};
/* Waiting ones first: the most urgent (late, then risk) on top; the rest newest first. */
enum tb_code draft_list(struct talk *t, const struct draft_filter *f, struct draft **out, size_t *n,
                        int64_t *total, struct tb_err *e) MUST_USE;
/* Waiting drafts with the very same body and kind, d itself not among them. */
enum tb_code draft_twins(struct talk *t, const struct draft *d, struct draft **out, size_t *n,
                         struct tb_err *e) MUST_USE;

struct draft_edit {
    int64_t revision, editor_id, at;
    struct str editor_name, before, after;
    bool authored;
};
enum tb_code draft_edits(struct talk *t, int64_t draft_id, struct draft_edit **out, size_t *n,
                         struct tb_err *e) MUST_USE;

/* Who signs: the person of t->actor at the desk, or one whom a set-up file names. */
struct signer {
    int64_t id;      /* staff; 0: the machine's owner (way "owner") */
    struct str name; /* as the account has it; the owner's login of the operating system */
    const char *way; /* "desk", "import", "owner" */
    int64_t at;      /* ms, when it was approved outside as the file says; 0: now */
};
struct signer signer_of(const struct talk *t); /* t->actor at the desk */

/* Why this person may not sign it now, in a sentence; "" when they may. */
enum tb_code draft_why_not(struct talk *t, const struct draft *d, int64_t staff_id, struct str *why,
                           struct tb_err *e) MUST_USE;
/* Writes the signature for exactly this revision and makes the draft signed. TB_CONFLICT when
 * somebody was faster or it was edited since; TB_FORBIDDEN for its author or without the right.
 * Call draft_publish in the same transaction. */
enum tb_code draft_sign(struct talk *t, const struct draft *d, const struct signer *s,
                        struct tb_err *e) MUST_USE;
enum tb_code draft_publish(struct talk *t, const struct draft *d, struct tb_err *e) MUST_USE;

/* A new revision of a waiting or returned draft. authored: the change makes its maker an author.
 * Gives d its new body, digest and revision. TB_CONFLICT when d is not the newest revision. */
enum tb_code draft_change(struct talk *t, struct draft *d, struct str title, struct str body,
                          bool authored, struct tb_err *e) MUST_USE;
/* TB_CONFLICT unless it waits. */
enum tb_code draft_return(struct talk *t, const struct draft *d, struct str reason,
                          struct tb_err *e) MUST_USE;
enum tb_code draft_withdraw(struct talk *t, const struct draft *d, struct str reason,
                            struct tb_err *e) MUST_USE;
/* Back into the queue after it was returned. */
enum tb_code draft_again(struct talk *t, const struct draft *d, struct tb_err *e) MUST_USE;
/* Into somebody's queue. */
enum tb_code draft_hand(struct talk *t, const struct draft *d, int64_t staff_id,
                        struct tb_err *e) MUST_USE;

enum { DRAFT_PROMISE_MS = 48 * 3600 * 1000 }; /* where draft_open is told no time */
enum { DRAFT_HOLD_MS = 10 * 60 * 1000 };      /* how long an open draft says who has it open */
/* Says that t->actor has it open; another who has it stays named in *holder ("" for nobody). */
enum tb_code draft_take(struct talk *t, const struct draft *d, struct str *holder,
                        struct tb_err *e) MUST_USE;

/* Whose turn it is after d's reviewer: the employee's guardian and deputy, signers of the
 * department (guardians, then admins), the city's department admins; never an author, nobody on
 * leave; the last one keeps it. 0 when there is nobody. */
enum tb_code draft_next_signer(struct talk *t, const struct draft *d, int64_t *staff_id,
                               struct tb_err *e) MUST_USE;
/* Waiting drafts that are late, whose reviewer is gone or may not sign, go to the next person; late
 * ones get a new promise of `promise_ms`. *n: how many moved. Each leaves a row in the trail. */
enum tb_code draft_escalate(struct talk *t, int64_t promise_ms, int64_t *n,
                            struct tb_err *e) MUST_USE;

/* TB_CORRUPT with a sentence when a trigger or a table of 双岗制 is missing or changed: a server
 * must not start without them. */
enum tb_code draft_guards_stand(struct db *d, struct arena *a, struct tb_err *e) MUST_USE;

#endif
