/* The policy files of a city folder, each in its own transaction: what cannot be read is skipped
 * and said, the rest is in. */
#ifndef CLI_SETUP_POLICIES_H
#define CLI_SETUP_POLICIES_H
#include "cli/cli.h"
#include "cli/progress.h"
#include "domain/talk.h"
#include "store/draft.h"

struct policies_loaded {
    int64_t added, unchanged;
    struct policy_skipped {
        struct str file, why;
    } * skipped;
    size_t skipped_n, skipped_cap;
};
/* by: whom city.yaml names as their publisher. With nobody named (id 0) the machine's owner vouches
 * for them at the very first set-up; later they wait for a signature. */
enum tb_code setup_policies(struct cli *c, struct talk *t, const char *city,
                            const struct signer *by, struct policies_loaded *out,
                            struct tb_err *e) MUST_USE;

#endif
