/* A city folder read into the database: city.yaml (name, hotline, offices), users.yaml,
 * standard_answers.yaml, employees/ (else what this installation ships), each optional but the
 * first. What is there already is brought up to date; accounts that exist are never touched. Every
 * complaint names file and line. */
#ifndef CLI_SETUP_CITY_H
#define CLI_SETUP_CITY_H
#include "cli/cli.h"
#include "cli/progress.h"
#include "domain/talk.h"
#include "store/draft.h"

struct first_password {
    struct str login, name, role_title, password;
};
struct city_loaded {
    int64_t departments, standards, standards_kept, employees;
    struct signer publisher;          /* who signs its policies: city.yaml; id 0: nobody is named */
    struct first_password *passwords; /* of accounts made now */
    size_t password_n, password_cap;
};

/* In the caller's transaction, so that a city is in whole or not at all. */
enum tb_code setup_city(struct cli *c, struct talk *t, const char *dir, struct city_loaded *out,
                        struct tb_err *e) MUST_USE;
/* SM3 over the names and bytes of the folder's files (two levels deep): has anything changed? */
enum tb_code setup_digest(struct arena *a, const char *dir, char out[65],
                          struct tb_err *e) MUST_USE;

#endif
