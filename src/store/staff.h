/* 账号: members of staff. Passwords go in and out only as argon2id text (crypto/password.h). */
#ifndef STORE_STAFF_H
#define STORE_STAFF_H
#include "domain/talk.h"
#include "store/db.h"

struct staff {
    int64_t id;
    struct str login, name, department, department_name, title;
    enum role role;
    struct str password; /* argon2id, encoded */
    bool must_change;    /* a password somebody else made: must be changed before anything else */
    bool disabled;       /* 停用 by the security officer */
    int64_t locked_until, created_at, password_at;
    int64_t seen_at; /* newest request of any session; 0: never */
};

/* 3 to 32 of a–z, 0–9, '.', '_', '-', beginning with a letter. */
bool staff_login_shaped(struct str login);

enum tb_code staff_read(struct db *d, struct arena *a, struct str login, struct staff *out,
                        struct tb_err *e) MUST_USE; /* TB_NOT_FOUND */
enum tb_code staff_list(struct db *d, struct arena *a, struct staff **out, size_t *n,
                        struct tb_err *e) MUST_USE; /* by login */
/* s->login, name, role, department, title, password, must_change are used; gives s->id.
 * TB_CONFLICT when the login is taken, TB_INVALID for a bad login, name or department. */
enum tb_code staff_add(struct db *d, const struct world *w, struct staff *s,
                       struct tb_err *e) MUST_USE;
/* A new password ends the lock and every session but `keep` (0: all). */
enum tb_code staff_set_password(struct db *d, const struct world *w, int64_t id, struct str encoded,
                                bool must_change, int64_t keep, struct tb_err *e) MUST_USE;
/* Both end every session of the member at once. TB_INVALID for an unknown department. */
enum tb_code staff_set_role(struct db *d, int64_t id, enum role role, struct str department,
                            struct tb_err *e) MUST_USE;
enum tb_code staff_set_disabled(struct db *d, int64_t id, bool disabled, struct tb_err *e) MUST_USE;
/* Enabled members that hold a role: the last security officer must not be lost. */
enum tb_code staff_count(struct db *d, enum role role, int64_t *out, struct tb_err *e) MUST_USE;

#endif
