#include "cli/commands.h"

/* clang-format off: one row each */
const struct cli_command *const cli_commands[] = {
    &cli_setup, &cli_serve, &cli_routes, &cli_ask, &cli_embed, &cli_eval, NULL,
};
