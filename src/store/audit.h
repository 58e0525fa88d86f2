/* The trail: append-only rows, each with the SM3 of the one before, so that any edit, deletion,
 * reordering or cut is found (design.md §7; GB/T 22239-2019 8.1.5: audit records are protected).
 *
 * Row form. hash = SM3 of the eleven fields id, at, actor, role, address, verb, object, outcome,
 * request_id, detail, prev in this order, each as its length in bytes in decimal, a colon, and its
 * bytes (id and at as decimal numbers), after the line "tongban-audit-1\n". Lengths make the form
 * unambiguous: no value can look like two. prev of row 1 is 64 zeros. audit_head names the newest
 * row. A checkpoint is an SM2 signature over "tongban-checkpoint-1\n<last>\n<hash>\n<at>\n".
 *
 * No value ever holds what people wrote: objects are receipts, ids, logins; detail is key=value
 * text made by the program. Control characters are replaced, lengths are cut, so a row can break no
 * line and no JSON. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H
#include "crypto/keyring.h"
#include "domain/talk.h"
#include "store/db.h"

struct audit_entry { /* views; "" where it does not apply */
    int64_t at;      /* ms since 1970 UTC */
    struct str actor, role, address, verb, object, outcome, request_id, detail;
};
struct audit_row {
    int64_t id;
    struct audit_entry what;
    struct str prev, hash;
};

/* actor is the login, "device:" and the head of the device digest, or "system". outcome: "ok" or
 * tb_code_name. */
struct audit_entry audit_entry_of(struct talk *t, const char *verb, struct str object,
                                  enum tb_code outcome, struct str detail);
/* Appends one row, in the caller's transaction when one is open, so that what is witnessed and the
 * witness are kept together or not at all. */
enum tb_code audit_add(struct db *d, const struct audit_entry *x, struct tb_err *e) MUST_USE;
/* n rows in this order, the head read and written once. */
enum tb_code audit_add_all(struct db *d, const struct audit_entry *x, size_t n,
                           struct tb_err *e) MUST_USE;
/* What a handler calls inside its transaction: appends "ok" for this talk and marks the talk as
 * witnessed, so that the gate adds no second row for the same request. */
enum tb_code audit_witness(struct talk *t, const char *verb, struct str object, struct str detail,
                           struct tb_err *e) MUST_USE;

struct audit_filter {
    int64_t from, to;       /* ms, to excluded; 0: open */
    struct str verb, actor; /* "" any; verb also takes the part before a dot: "policy" */
    struct str object;
    int64_t after;     /* only ids above it, oldest first; -1: newest first */
    int64_t upto;      /* only ids up to it; 0: any */
    int64_t skip, max; /* rows passed over and given */
};
enum tb_code audit_list(struct db *d, struct arena *a, const struct audit_filter *f,
                        struct audit_row **out, size_t *n, struct tb_err *e) MUST_USE;
enum tb_code audit_count(struct db *d, const struct audit_filter *f, int64_t *out,
                         struct tb_err *e) MUST_USE;
/* The hash the row should have. */
void audit_hash(const struct audit_row *r, char out[65]);
struct json;
void audit_json(struct json *j, const struct audit_row *r); /* as docs/api.md */

struct audit_checkpoint {
    int64_t last, at;
    struct str hash, signature;
};
/* Signs the head unless it is signed already; *made says whether. */
enum tb_code audit_sign(struct db *d, const struct keyring *k, const struct world *w, bool *made,
                        struct tb_err *e) MUST_USE;
/* The newest checkpoint; last 0 when there is none. */
enum tb_code audit_signed(struct db *d, struct arena *a, struct audit_checkpoint *out,
                          struct tb_err *e) MUST_USE;
/* By any of the keys: one that was rotated away still vouches for what it signed. */
bool audit_checkpoint_holds(const struct sm2_keys *keys, const struct audit_checkpoint *c);

struct audit_verdict {
    bool ok;
    int64_t rows, checkpoints;
    int64_t signed_to;  /* the newest row that a good signature covers */
    int64_t floor;      /* rows up to it were archived (audit_floor.h); 0: none */
    int64_t clock_back; /* the first row more than a minute older than one before it; 0: none. The
                           machine's clock was put back: no fault of the chain, but to be known */
    int64_t first_bad;  /* row number; 0 when ok */
    char why[192];      /* Chinese; "" when ok */
    int64_t us;
};
/* Reads the whole chain up to the head of this moment, while others write. outside: a checkpoint
 * kept elsewhere (an export, a file), which the chain must still contain; NULL: none. keys NULL:
 * signatures are not looked at. A broken chain is a verdict, not an error. */
enum tb_code audit_verify(struct db *d, const struct keyring *keys,
                          const struct audit_checkpoint *outside, const struct world *w,
                          struct audit_verdict *out, struct tb_err *e) MUST_USE;

#endif
