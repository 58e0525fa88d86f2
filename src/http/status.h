/* The one table that turns an error's code into an HTTP status, and the error body of the API:
 * {"error":{"code","message","request_id"}}. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H
#include "base/buf.h"
#include "base/err.h"

int status_of(enum tb_code code);
const char *status_text(int status); /* reason phrase */
/* For refusals that no handler made: 405, 408, 414, 417, 421, 431, 501, 505 … */
enum tb_code status_fail(struct tb_err *e, int status);
/* retry_after_s: 0 for none. */
void status_body(struct buf *out, const struct tb_err *e, const char *request_id,
                 int64_t retry_after_s);

#endif
