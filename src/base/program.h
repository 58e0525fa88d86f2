/* Another program of this installation, run once without a shell and with an empty environment:
 * bytes in, bytes out, killed when it takes too long or says too much. Any thread. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H
#include "base/arena.h"
#include "base/err.h"

struct program_run {
    const char *name; /* beside this program, or one folder up (tests); with a slash: as it is */
    struct str in;    /* what it reads on descriptor 0 */
    int64_t wall_ms;
    size_t most; /* bytes it may say */
};
/* *status: what it exited with, 128 + signal when it was killed. TB_TIMEOUT, TB_TOO_LARGE,
 * TB_INTERNAL when it cannot be started. */
enum tb_code program_run(struct arena *a, const struct program_run *p, struct str *out, int *status,
                         struct tb_err *e) MUST_USE;

#endif
