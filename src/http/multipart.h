/* multipart/form-data (RFC 7578) taken apart as it arrives, in constant memory. Strict: CRLF, a
 * Content-Disposition of form-data with a name, names in valid UTF-8 (or filename* of RFC 8187).
 * Pure: what it finds goes to the functions handed in. */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H
#include "base/buf.h"
#include "base/err.h"

enum { MULTIPART_HEAD_MAX = 4096, MULTIPART_PARTS_MAX = 1000 };

struct multipart_sink {
    void *self;
    /* A part begins. file_name.p is NULL for a plain field. Views live until the call returns. */
    enum tb_code (*begin)(void *self, struct str field, struct str file_name, struct str media_type,
                          struct tb_err *e);
    enum tb_code (*data)(void *self, struct str bytes, struct tb_err *e);
    enum tb_code (*end)(void *self, struct tb_err *e);
};

struct multipart {
    struct multipart_sink sink;
    char mark[80]; /* CRLF "--" boundary */
    size_t mark_n;
    struct buf held; /* bytes that may belong to a mark or a part's head */
    int state, parts;
};

/* Reads the boundary out of a Content-Type. TB_UNSUPPORTED when it is not multipart/form-data,
 * TB_INVALID when the boundary is missing or longer than 70. */
enum tb_code multipart_open(struct multipart *m, struct str content_type,
                            struct multipart_sink sink, struct tb_err *e) MUST_USE;
enum tb_code multipart_feed(struct multipart *m, struct str bytes, struct tb_err *e) MUST_USE;
/* TB_INVALID unless the closing mark has come. */
enum tb_code multipart_finish(const struct multipart *m, struct tb_err *e) MUST_USE;
void multipart_close(struct multipart *m);

#endif
