/* The table of commands: one row each, in the order they are listed in the help. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
#include "cli/cli.h"

extern const struct cli_command cli_setup;   /* setup.c */
extern const struct cli_command cli_routes;  /* routes.c */
extern const struct cli_command cli_label;   /* label.c */
extern const struct cli_command cli_hotline; /* hotline.c */
extern const struct cli_command cli_serve;   /* serve.c */
extern const struct cli_command cli_ask;     /* ask.c */
extern const struct cli_command cli_search;  /* search.c */
extern const struct cli_command cli_eval;    /* eval.c */
extern const struct cli_command cli_embed;   /* embed.c */
extern const struct cli_command cli_tune;    /* tune.c */

extern const struct cli_command cli_user;    /* user.c */
extern const struct cli_command cli_key;     /* key.c */
extern const struct cli_command cli_access;  /* access.c */
extern const struct cli_command cli_keys;    /* keys.c */
extern const struct cli_command cli_egress;  /* egress.c */
extern const struct cli_command cli_words;   /* words.c */
extern const struct cli_command cli_use;     /* use.c */
extern const struct cli_command cli_audit;   /* audit.c */
extern const struct cli_command cli_backup;  /* backup.c */
extern const struct cli_command cli_restore; /* backup.c */
extern const struct cli_command cli_doctor;  /* doctor.c */
extern const struct cli_command cli_ingest;  /* ingest.c */

extern const struct cli_command *const cli_commands[]; /* ends with NULL */

#endif
