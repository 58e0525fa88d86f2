/* A body in chunked transfer coding (RFC 9112 §7.1), taken apart as it arrives. Extensions and
 * trailers are read over within limits; CRLF only. Pure. */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H
#include "base/str.h"

struct chunk {
    int state;         /* 0 at the start */
    uint64_t left;     /* of the present chunk */
    unsigned digits;   /* of its size */
    unsigned overhead; /* bytes of extension or trailer in a row */
};

enum chunk_result { CHUNK_MORE, CHUNK_DATA, CHUNK_END, CHUNK_BAD };

/* Takes bytes off *in. CHUNK_DATA: *data is a piece of the body (call again); CHUNK_MORE: all is
 * taken, more must come; CHUNK_END: the body is whole, *in is what follows it. */
enum chunk_result chunk_next(struct chunk *c, struct str *in, struct str *data);

#endif
