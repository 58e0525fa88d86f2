/* Opens what a command needs of the program, the same way `serve` does, and closes it in reverse.
 */
#ifndef CLI_ROOMS_H
#define CLI_ROOMS_H
#include "cli/cli.h"
#include "domain/talk.h"

enum { ROOMS_SEARCH = 1 /* with the guard */, ROOMS_POOL = 2, ROOMS_GUARD = 4 };

struct rooms_opened {
    struct services at;
    struct db *db;
};

/* The data directory must have been set up. engine: --engine URL or NULL; no lock is taken, so a
 * command may run beside the server. */
enum tb_code rooms_open(struct cli *c, unsigned what, const char *engine, struct rooms_opened *out,
                        struct tb_err *e) MUST_USE;
void rooms_shut(struct rooms_opened *r);
/* A talk of the machine's owner; today is the city's today. */
void rooms_talk(const struct rooms_opened *r, struct talk *t, const char *device);
/* Waits until an engine can answer; says on stderr what it waits for. TB_BUSY after limit_s. */
enum tb_code rooms_wait_engine(struct rooms_opened *r, int limit_s, struct tb_err *e) MUST_USE;

#endif
