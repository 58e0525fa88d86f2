/* What a handler answers with when it does not stream. A handler that fails just returns its error:
 * the server turns the code into a status (one table) and the sentence into the error body. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H
#include "base/arena.h"
#include "base/json.h"

struct reply {
    int status;               /* 200 unless set */
    const char *content_type; /* application/json; charset=utf-8 unless set */
    struct buf body;          /* limit 32 MiB */
    struct json json;         /* writes into body */
    const char *file;         /* when set, this file is sent instead of the body */
    struct reply_header {
        const char *name;
        struct str value;
    } headers[8];
    size_t header_count;
    struct arena *mem;
};

void reply_header(struct reply *r, const char *name,
                  struct str value); /* CR/LF refused by assert */
void reply_cookie(struct reply *r, const char *name, struct str value, int64_t max_age_s,
                  bool http_only);
/* A list as every list looks: {"items":[ … ],"total":N}. What is written between is its items. */
void reply_items(struct reply *r);
void reply_total(struct reply *r, int64_t total);
/* Sends a stored file as an attachment of this name (RFC 6266, UTF-8) with a fixed media type. */
void reply_file(struct reply *r, const char *path, const char *media_type,
                struct str download_name);

#endif
