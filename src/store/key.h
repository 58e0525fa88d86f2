/* 密钥: what an application shows to use the models. The secret is made here and shown once; the
 * database holds its SM3. Each change is one transaction with its row in the trail, and moves the
 * counter that running servers look at. */
#ifndef STORE_KEY_H
#define STORE_KEY_H
#include "domain/call.h"
#include "domain/talk.h"
#include "store/db.h"

enum { KEY_SECRET = 6 + 43 + 1, KEY_GRACE_MAX_DAYS = 30, KEY_WORDS_MAX = 64 };

struct key_words { /* an empty list is no limit */
    struct str *v;
    size_t n;
};
struct key_limits { /* 0: no limit */
    int64_t requests_minute, tokens_minute, tokens_day, concurrent;
};
struct key {
    int64_t id;
    struct str name, department, department_name;
    struct str hint; /* the first characters of the secret */
    enum priority priority;
    enum keeping keeping;
    enum injected injected;
    struct key_words scopes; /* chat, completion, embedding, rerank, speech, model */
    struct key_words models; /* names as callers write them; a '*' at the end stands for any rest */
    struct key_words addresses; /* base/cidr.h */
    struct key_limits limits;
    int64_t expires_at, revoked_at, previous_until, created_at, rotated_at; /* ms; 0: never */
    struct str created_by, note;
    struct str hash, previous_hash; /* SM3 in hex; for guard/quota.h, never shown */
};

/* By name; revoked ones too. department "": all. */
enum tb_code key_list(struct db *d, struct arena *a, struct str department, struct key **out,
                      size_t *n, struct tb_err *e) MUST_USE;
enum tb_code key_read(struct db *d, struct arena *a, int64_t id, struct key *out,
                      struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
enum tb_code key_named(struct db *d, struct arena *a, struct str name, struct key *out,
                       struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */

/* What k says, but for what is made here; gives k->id, created_*. TB_INVALID names what is wrong,
 * TB_CONFLICT the name is taken. */
enum tb_code key_add(struct talk *t, struct key *k, char secret[KEY_SECRET],
                     struct tb_err *e) MUST_USE;
/* Everything that key_add takes but name and department. */
enum tb_code key_change(struct talk *t, const struct key *k, struct tb_err *e) MUST_USE;
/* A new secret; the old one works for grace_ms more. TB_CONFLICT for a revoked key. */
enum tb_code key_rotate(struct talk *t, const struct key *k, int64_t grace_ms,
                        char secret[KEY_SECRET], struct tb_err *e) MUST_USE;
enum tb_code key_revoke(struct talk *t, const struct key *k,
                        struct tb_err *e) MUST_USE; /* for good */

/* Moves with every change, whoever made it. */
enum tb_code key_changes(struct db *d, int64_t *out, struct tb_err *e) MUST_USE;

#endif
