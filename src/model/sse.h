/* The lines of a server-sent event stream (WHATWG HTML §9.2) as the OpenAI API uses them: every
 * `data:` line is one whole JSON value or [DONE], so each is handed on as it ends, with or without
 * a blank line after it. Lines may be cut anywhere; CRLF, LF and CR end them; comments and other
 * fields are passed over. */
#ifndef MODEL_SSE_H
#define MODEL_SSE_H
#include "base/buf.h"
#include "base/err.h"

enum { SSE_LINE_MAX = 1 << 20 }; /* bytes of one line; more is no honest engine */

struct sse {
    struct buf line; /* what has come of the line that has not ended */
    bool after_cr, begun;
};

/* One `data:` line without its name; a non-zero code stops the reading and is returned. */
typedef enum tb_code sse_event(void *self, struct str data, struct tb_err *e);

void sse_init(struct sse *s);
void sse_release(struct sse *s);
/* TB_UPSTREAM when a line grows beyond SSE_LINE_MAX. */
enum tb_code sse_feed(struct sse *s, struct str bytes, sse_event *event, void *self,
                      struct tb_err *e) MUST_USE;
/* The stream has ended: a last line that nothing ended is handed on too. */
enum tb_code sse_end(struct sse *s, sse_event *event, void *self, struct tb_err *e) MUST_USE;

#endif
