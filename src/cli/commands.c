#include "cli/commands.h"

/* clang-format off */
const struct cli_command *const cli_commands[] = {
    &cli_setup,
    &cli_serve,
    &cli_routes,
    &cli_ask,
    &cli_search,
    &cli_embed,
    &cli_eval,
    NULL,
};
/* clang-format on */
