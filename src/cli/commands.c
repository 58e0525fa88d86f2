#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cli_serve,
    NULL,
};
