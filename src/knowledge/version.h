/* Versions of a policy: reading them, confirming what was read out, withdrawing. Who supersedes
 * whom is derived (version_settle): a confirmed version leaves force on the day its successor (the
 * next version of the same document, or a version that names it in a repeal clause) takes effect,
 * and stays in force until that day. */
#ifndef KNOWLEDGE_VERSION_H
#define KNOWLEDGE_VERSION_H
#include "domain/passage.h"
#include "domain/talk.h"
#include "knowledge/label.h"
#include "store/draft.h"

struct version {
    int64_t id, document_id;
    int number; /* 1, 2, … by effective_from within the document */
    struct str digest, title, document_number, issuing_body;
    struct str state; /* proposed, confirmed, withdrawn */
    struct str department, classification;
    struct str repeals, notes; /* JSON as stored; notes: [{"field","message","doubt"}] */
    struct str plain;          /* "" unless asked for */
    int32_t issued_on, effective_from, expires_on, repealed_on;
    int64_t repealed_by;              /* version id; 0: none */
    int64_t created_at, confirmed_at; /* ms; 0: not confirmed */
    struct str confirmed_by;          /* name of the person; "" for none */
    struct str file_name, media_type; /* of the original */
};

enum tb_code version_read(struct talk *t, int64_t id, bool with_plain, struct version *out,
                          struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
/* All versions of a document, newest number first; without plain. withdrawn ones included. */
enum tb_code version_list(struct talk *t, int64_t document_id, struct version **out, size_t *n,
                          struct tb_err *e) MUST_USE;
/* The confirmed version in force on day, else the newest confirmed one; TB_NOT_FOUND if none. */
enum tb_code version_on(struct talk *t, int64_t document_id, int32_t day, struct version *out,
                        struct tb_err *e) MUST_USE;
/* Passages in order, whole records, validity as of t->as_of. */
enum tb_code version_passages(struct talk *t, int64_t version_id, struct passage_list *out,
                              struct tb_err *e) MUST_USE;
enum validity version_validity(const struct version *v, int32_t day);

/* 双岗制 (store/draft.h): a version becomes public, and a public one is corrected, only by its
 * signed draft. What the machine's owner brings in without a signer is internal until somebody
 * signs. */

/* The body of its draft: the label, the digest of the file and of the text read out of it. v with
 * its plain text. */
struct str version_body(struct arena *a, const struct version *v, const struct label *l);
/* The label back out of such a body. */
enum tb_code version_body_label(struct arena *a, struct str body, struct label *l,
                                struct tb_err *e) MUST_USE;
/* Puts version id with label l into the queue (d: the draft). Nothing becomes public by it. d's
 * author_* may be given; else t->actor is the author. */
enum tb_code version_propose(struct talk *t, int64_t id, const struct label *l, struct draft *d,
                             struct tb_err *e) MUST_USE;
/* Edits the draft of v: its label becomes l. authored as in draft_change. TB_INVALID when the dates
 * contradict each other. */
enum tb_code version_edit(struct talk *t, const struct version *v, const struct label *l,
                          bool authored, struct draft *d, struct tb_err *e) MUST_USE;
/* The draft that waits for it, made now for one that was read before there were drafts; d->id 0
 * when none is needed (internal, or public already). */
enum tb_code version_draft(struct talk *t, const struct version *v, struct draft *d,
                           struct tb_err *e) MUST_USE;
/* Signs d, writes its label over what was read out and puts the version in force order; the
 * document is public from then on. TB_CONFLICT when the version is withdrawn or is not what was
 * sent to be signed. */
enum tb_code version_sign(struct talk *t, const struct draft *d, const struct signer *by,
                          struct tb_err *e) MUST_USE;
/* For an internal document: writes what a person confirmed (or changed) over what was read out and
 * puts the version in force order. TB_CONFLICT when it is withdrawn; TB_INVALID when the dates
 * contradict each other. A public document's is refused by the database. */
enum tb_code version_confirm(struct talk *t, int64_t id, const struct label *l,
                             struct tb_err *e) MUST_USE;
/* Takes it out; what it had superseded comes back. The reason goes to notes. */
enum tb_code version_withdraw(struct talk *t, int64_t id, struct str reason,
                              struct tb_err *e) MUST_USE;

#endif
