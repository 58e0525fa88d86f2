/* The head of an HTTP/1.1 request (RFC 9112), read strictly: whatever two servers could read in two
 * ways (bare LF or CR, folded lines, a blank before the colon, two lengths, a length beside
 * chunked, NUL) is refused, so that nothing can be smuggled past a proxy in front. Pure. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H
#include "base/str.h"

enum { HEAD_MAX = 16 * 1024, HEAD_LINE_MAX = 8 * 1024, HEAD_FIELDS_MAX = 64 };

struct head_field {
    struct str name, value;
};

struct head { /* views into the bytes given */
    struct str method, target, host;
    struct head_field fields[HEAD_FIELDS_MAX];
    size_t n;
    int minor;              /* HTTP/1.minor */
    int64_t content_length; /* 0 when not said */
    bool has_length, chunked, keep_alive, expects_continue;
};

/* Looks for the end of a head. Returns its length with the empty line, 0 when more bytes are
 * needed (*scanned remembers where to go on; start with 0), or minus an HTTP status. */
int head_end(struct str bytes, size_t *scanned);
/* Reads a whole head of exactly these bytes. Returns 0 or the HTTP status to refuse with. */
int head_parse(struct str bytes, struct head *out);
/* Any case; "" if absent; the first if there are several. */
struct str head_value(const struct head *h, const char *name);
bool head_is_token(struct str s); /* RFC 9110 §5.6.2 */

#endif
