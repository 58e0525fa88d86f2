/* One line on stderr that moves: label, bar, done / total, speed of nothing but the eye. On a
 * terminal it is redrawn in place at most ten times a second; elsewhere a line per quarter. Quiet
 * when the command speaks JSON. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H
#include "cli/cli.h"

struct progress {
    const char *label;
    bool quiet, terminal;
    int64_t drawn_us;
    int step;
};

void progress_begin(struct progress *p, const struct cli *c, const char *label);
void progress_at(struct progress *p, int64_t done, int64_t total);
/* Ends the line; what: how it went, "61 份" */
void progress_end(struct progress *p, const char *what);

#endif
