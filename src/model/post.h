/* One small POST to an address that the operator has allowed (model/egress.h), whose reply is
 * thrown away: how an incident is told to another system. Blocks. */
#ifndef MODEL_POST_H
#define MODEL_POST_H
#include "model/egress.h"

enum { POST_HEADERS = 4 };
struct post {
    const struct egress *egress;
    const char *url;
    struct str body;                   /* application/json */
    const char *headers[POST_HEADERS]; /* "Name: value"; NULL ends them */
    int64_t limit_ms;
};
/* TB_OK for any 2xx. TB_FORBIDDEN when the address is not allowed, TB_UPSTREAM for the rest. */
enum tb_code post_send(const struct post *p, struct tb_err *e) MUST_USE;

#endif
