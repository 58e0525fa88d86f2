/* The two files of 邮件, and who signed what. */
#ifndef SCENARIO_EMPLOYEE_MAILING_FILE_H
#define SCENARIO_EMPLOYEE_MAILING_FILE_H
#include "base/arena.h"
#include "domain/talk.h"
#include "model/egress.h"

enum { MAILING_TO = 32 };
struct mailing_to {
    struct str role, address;
};
struct mailing_server {
    const char *url; /* NULL: there is no mail.yaml */
    const char *from, *user, *password, *ca;
    bool plain;
    struct mailing_to to[MAILING_TO];
    size_t to_n;
    const struct egress *egress; /* allows this server; goes with the talk's memory */
};
/* mail.yaml of the data directory. TB_INVALID with file and line for a mistake. */
enum tb_code mailing_server_read(struct talk *t, struct mailing_server *out,
                                 struct tb_err *e) MUST_USE;

struct mailing_template {
    struct str id, title, subject, text;
    char sm3[65]; /* of subject and text as they stand */
};
/* All of rules/mail.yaml, in its order. */
enum tb_code mailing_templates(struct talk *t, struct mailing_template **out, size_t *n,
                               struct tb_err *e) MUST_USE;
enum tb_code mailing_template_read(struct talk *t, const char *id, struct mailing_template *out,
                                   struct tb_err *e) MUST_USE;
/* Was it signed as it stands? by (NULL: not wanted): "login 2026-11-22 …", "" never. */
enum tb_code mailing_signed(struct talk *t, const struct mailing_template *k, bool *yes,
                            struct str *by, struct tb_err *e) MUST_USE;
/* In the caller's transaction, with its row in the trail. */
enum tb_code mailing_sign(struct talk *t, const struct mailing_template *k,
                          struct tb_err *e) MUST_USE;

#endif
