/* What a policy file says about itself: title, 发文字号, 印发机关, 成文/施行/失效日期, what it
 * repeals. Every field carries how sure the reading is and where it was read, and a note for the
 * person who confirms wherever there is doubt. Pure: no store, no clock. */
#ifndef KNOWLEDGE_LABEL_H
#define KNOWLEDGE_LABEL_H
#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"

enum label_what {
    LABEL_TITLE,
    LABEL_NUMBER,
    LABEL_BODY,
    LABEL_ISSUED,
    LABEL_EFFECTIVE,
    LABEL_EXPIRES,
    LABEL_REPEALS,
    LABEL_PASSAGES, /* notes only: about the text itself */
    LABEL_WHAT_COUNT
};

struct label_note {
    enum label_what what;
    bool doubt;      /* true: a person should look before it counts as confirmed */
    struct str text; /* Chinese, for that person */
};

struct repeal {
    struct str title, document_number; /* either may be "", never both */
};

struct label {
    struct str title, document_number, issuing_body; /* "" when not found */
    int32_t issued_on, effective_from, expires_on;   /* DAY_NONE when not found or open */
    struct repeal *repeals;
    size_t repeal_n;
    double sure[LABEL_WHAT_COUNT]; /* 0: not found … 1: stated outright */
    struct str
        clue[LABEL_WHAT_COUNT]; /* where: 文件头, 第十三条, 落款, 网页信息; "" if not found */
    struct label_note *notes;
    size_t note_n;
};

/* 穗府办规〔2024〕13号 from any way it is printed: brackets 〔〕, no spaces, ASCII figures. */
struct str label_number_tidy(struct arena *a, struct str s);
/* What two titles of the same policy have in common: no white space, no 《》, no （试行）, no
 * "X关于印发…的通知" around it. */
struct str label_title_key(struct arena *a, struct str title);
/* [{"title","document_number"}] as the database keeps it, into l->repeals. */
enum tb_code label_repeals_from(struct arena *a, struct str json, struct label *l,
                                struct tb_err *e) MUST_USE;
const char *label_name(enum label_what w);  /* "title", "document_number" … as in the API */
const char *label_title(enum label_what w); /* 标题, 发文字号 … */
bool label_doubtful(const struct label *l);
void label_note_add(struct arena *a, struct label *l, enum label_what what, bool doubt,
                    struct str text);

struct policy_text; /* knowledge/clean.h */
/* Reads the label out of an extracted file. file_name is the last resort for a title. Always
 * succeeds: what cannot be found is noted. Results live in a. */
void label_read(struct arena *a, const struct policy_text *p, struct str file_name,
                struct label *out);

#endif
