/* One request as the server read it. Views live until the handler returns. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

enum method { GET = 1, POST, PUT, DELETE };

struct upload { /* one part of a multipart body, already on disk */
    struct str field,
        file_name; /* file_name is what the person's machine said: never used as a path */
    struct str media_type;
    const char *path; /* temporary file under data/tmp, removed after the handler */
    int64_t bytes;
};

struct request {
    enum method method;
    struct str path;      /* percent-decoded, checked UTF-8, no dot segments */
    struct str body;      /* whole body for ordinary routes */
    struct upload *files; /* for upload routes */
    size_t file_count;
    const struct route *route;
    const char *peer;          /* who the connection is from: the proxy where there is one */
    struct request_more *more; /* headers, query and path parameters; the server's own */
};

struct str request_param(const struct request *q,
                         const char *name); /* {id} in the path; "" if none */
struct str request_query(const struct request *q, const char *name);  /* decoded; "" if absent */
struct str request_header(const struct request *q, const char *name); /* any case; "" if absent */
struct str request_cookie(const struct request *q, const char *name);
/* Whole number in the path or query, within least..most; otherwise if absent; TB_INVALID if not a
 * number. */
enum tb_code request_query_int(const struct request *q, const char *name, int64_t least,
                               int64_t most, int64_t otherwise, int64_t *out,
                               struct tb_err *e) MUST_USE;
/* ?page=1&size=20, at most 100: which rows of a list are wanted. */
struct page {
    int64_t number, size; /* from 1 */
    int64_t skip;         /* rows before it */
};
enum tb_code request_page(const struct request *q, struct page *out, struct tb_err *e) MUST_USE;
enum tb_code request_param_int(const struct request *q, const char *name, int64_t *out,
                               struct tb_err *e) MUST_USE;
/* The body as a JSON object whose keys are all among `known` (NULL-terminated list). */
enum tb_code request_json(struct arena *a, const struct request *q, const char *const *known,
                          const struct json_value **out, struct tb_err *e) MUST_USE;

#endif
