/* The command line: `tongban COMMAND …`. Every command takes --json, prints help with examples, and
 * exits non-zero with a sentence on stderr when it fails. A command is one file and one row of the
 * table. */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "base/arena.h"
#include "base/err.h"

/* What every command gets: its own arguments (after the command's name) and parsed common options.
 */
struct cli {
    struct arena mem;
    int argc;
    char **argv;      /* without the program and the command */
    bool json;        /* --json was given (taken out of argv) */
    const char *data; /* --data DIR, else $TONGBAN_DATA, else "data" */
    int status;       /* exit status of a command that ran to its end: 1 when what it looked at is
                         not in order (audit verify, doctor) */
};

struct cli_command {
    const char *name;
    const char *help; /* Chinese: one line */
    const char *more; /* usage and examples */
    enum tb_code (*run)(struct cli *c, struct tb_err *e);
};

int cli_main(int argc, char **argv);
/* Takes "--name value" or "--name=value" out of argv; NULL when absent. */
const char *cli_option(struct cli *c, const char *name);
bool cli_flag(struct cli *c, const char *name);
/* After options are taken: TB_INVALID naming the first argument left that starts with "--". */
enum tb_code cli_no_more_options(struct cli *c, struct tb_err *e) MUST_USE;

#endif
