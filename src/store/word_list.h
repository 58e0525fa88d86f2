/* Lists of forbidden words that the security officer brings in, versioned: each import, undo and
 * end is a row of its own with its row in the trail, and the newest row of a name is in use. */
#ifndef STORE_WORD_LIST_H
#define STORE_WORD_LIST_H
#include "domain/talk.h"
#include "store/db.h"

struct word_list {
    int64_t id, version;
    struct str name, kind; /* kind: guard/risk_kind.h, "A.1 f" */
    struct str way;        /* in, out, both */
    bool sound;
    struct str words, left_out; /* a word a line */
    struct str why, made_by;
    int64_t made_at;
};

/* The number changes whenever a list does. */
enum tb_code word_list_changes(struct db *d, int64_t *out, struct tb_err *e) MUST_USE;
/* The newest version of every name, by name; those that were dropped too, without words. */
enum tb_code word_list_newest(struct db *d, struct arena *a, struct word_list **out, size_t *n,
                              struct tb_err *e) MUST_USE;
/* A new version; fills id, version, made_by and made_at. With its trail row. */
enum tb_code word_list_add(struct talk *t, struct word_list *w, struct tb_err *e) MUST_USE;
/* The version before the newest comes back as a new one. TB_NOT_FOUND: there is none. */
enum tb_code word_list_undo(struct talk *t, struct str name, struct word_list *out,
                            struct tb_err *e) MUST_USE;
/* Out of use; undo brings it back. */
enum tb_code word_list_drop(struct talk *t, struct str name, struct tb_err *e) MUST_USE;
size_t word_list_count(struct str words); /* lines that hold a word */

#endif
