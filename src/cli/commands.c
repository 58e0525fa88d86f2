#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cli_setup,
    &cli_serve,
    NULL,
};
