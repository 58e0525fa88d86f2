/* What the console asks of the gateway: keys, use, one call. The handlers are put into the table by
 * api_routes.c. */
#ifndef GATEWAY_API_H
#define GATEWAY_API_H
#include "http/route.h"

#define API_HANDLER(name)                                                                          \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

API_HANDLER(keys_list);
API_HANDLER(keys_add);
API_HANDLER(keys_show);
API_HANDLER(keys_change);
API_HANDLER(keys_revoke);
API_HANDLER(keys_rotate);
API_HANDLER(use_show);
API_HANDLER(use_export);
API_HANDLER(calls_show);
API_HANDLER(calls_content);
API_HANDLER(engines_show);
API_HANDLER(engines_drain_one);

/* Where the names of engines drained by hand are kept (store/setting). */
#define ENGINES_DRAINED "engines.drained"

/* Whose keys and use t may see: a department admin's own department, "" for all. */
struct str api_department(const struct talk *t);

extern const struct route gateway_api_routes[];

#endif
