/* The guard on content: what is of a kind of risk (GB/T 45654-2025 Annex A), by words and by the
 * model of harmful requests, and what is said then. The tables are read as one; a reading is
 * immutable and shared by threads, and a newer one takes its place while the older is still in
 * use: who judges takes a reading and drops it. A table that became wrong changes nothing: the last
 * good reading stays, and the fault is said in the log and by risk_state. */
#ifndef GUARD_RISK_H
#define GUARD_RISK_H
#include "guard/forbid.h"
#include "guard/inject.h"
#include "guard/risk_answers.h"

struct db;         /* store/db.h */
struct risk;       /* the live tables */
struct risk_rules; /* one reading of them */

/* share_dir holds rules/; data_dir keeps what was learnt from them (NULL: nothing is kept); d: the
 * imported lists of words (store/word_list.h), NULL: none. TB_INVALID, TB_NOT_FOUND: a table is
 * missing or wrong (file and line in the sentence): the server must not start without. */
enum tb_code risk_open(const char *share_dir, const char *data_dir, struct db *d, struct risk **out,
                       struct tb_err *e) MUST_USE;
/* Reads everything again when a file (as stat says) or a list changed since; cheap otherwise. */
enum tb_code risk_refresh(struct risk *r, struct db *d, struct tb_err *e) MUST_USE;
void risk_close(struct risk *r); /* NULL: nothing; readings taken live on */

const struct risk_rules *risk_take(struct risk *r); /* NULL for NULL */
void risk_drop(const struct risk_rules *x);         /* NULL: nothing */

enum risk_by { RISK_BY_WORD = 1, RISK_BY_MODEL };

struct risk_finding { /* views into the reading */
    int kind;         /* guard/risk_kind.h */
    struct str title; /* "A.1 f）宣扬暴力、淫秽色情" */
    enum risk_by by;
    size_t from, to; /* by a word: bytes of the text */
    double score;    /* by the model: 0 … 1 */
    const struct risk_answer *answer;
};

/* The model alone, for who looks for words elsewhere (guard/speech.h). */
bool risk_asked_in_other_words(const struct risk_rules *x, struct str text,
                               struct risk_finding *out);
const struct forbid *risk_words(const struct risk_rules *x);  /* NULL for NULL */
const struct inject *risk_inject(const struct risk_rules *x); /* NULL for NULL */
/* What somebody asks of the assistant, by word and by the model. x may be NULL: nothing is found.
 */
bool risk_asked(const struct risk_rules *x, struct str text, struct risk_finding *out);
/* What a model wrote. */
bool risk_said(const struct risk_rules *x, struct str text, struct risk_finding *out);
/* Does somebody in need speak? Nothing is refused then; answer->care is said first. */
bool risk_in_need(const struct risk_rules *x, struct str text, struct risk_finding *out);
/* Is it a model's way of saying no ("抱歉，我不能…")? */
bool risk_is_refusal(struct str text);

struct risk_state {
    int64_t reading; /* how many times the tables were read well */
    size_t phrases;
    char fault[384]; /* why the newest files are not in use; "" when they are */
};
void risk_state(struct risk *r, struct risk_state *out);

#endif
