/* An engine's reply as it comes: HTTP/1.1 (RFC 9112) read strictly, whatever two readers could read
 * in two ways is refused. Pure. */
#ifndef MODEL_WIRE_REPLY_H
#define MODEL_WIRE_REPLY_H
#include "base/buf.h"
#include "base/chunk.h"
#include "model/wire.h"

enum { WIRE_REPLY_HEAD_MAX = 16 * 1024 };

struct wire_reply { /* zero-initialised but for held, see wire_reply_begin */
    struct wire_head head;
    struct buf held; /* of a head that is not whole yet */
    enum { WIRE_HEAD, WIRE_COUNTED, WIRE_CHUNKED, WIRE_TO_END, WIRE_OVER } state;
    int64_t left;
    struct chunk chunk;
    bool keep_alive; /* the connection may be used again once the reply is over */
};

void wire_reply_begin(struct wire_reply *r);
void wire_reply_release(struct wire_reply *r);
/* Takes bytes off *in. *body is a piece of the body, maybe empty. Call again while *in has bytes
 * and the reply is not over. False: no HTTP, or not in a way that only one reader understands. */
bool wire_reply_feed(struct wire_reply *r, struct str *in, struct str *body);
/* The connection ended: was the reply whole? */
bool wire_reply_end(struct wire_reply *r);

#endif
