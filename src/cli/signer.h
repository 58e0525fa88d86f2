/* A person who signs on a command line proves who they are, like at the desk: by the account's
 * password, read from the terminal without echo, or as one line of standard input. */
#ifndef CLI_SIGNER_H
#define CLI_SIGNER_H
#include "domain/talk.h"
#include "store/draft.h"

/* TB_UNAUTHORISED for a wrong login or password (counted like any sign-in), TB_FORBIDDEN when they
 * may not sign. */
enum tb_code signer_ask(struct talk *t, struct str login, struct signer *out,
                        struct tb_err *e) MUST_USE;

#endif
