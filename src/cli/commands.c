#include "cli/commands.h"

/* clang-format off */
const struct cli_command *const cli_commands[] = {
    &cli_setup,
    &cli_serve,
    &cli_ask,
    &cli_ingest,
    &cli_search,
    &cli_embed,
    &cli_tune,
    &cli_eval,
    &cli_user,
    &cli_access,
    &cli_key,   &cli_keys,
    &cli_words,
    &cli_egress,
    &cli_use,
    &cli_audit,
    &cli_backup,
    &cli_restore,
    &cli_doctor,
    &cli_routes,
    &cli_label,
    &cli_hotline,
    NULL,
};
/* clang-format on */
