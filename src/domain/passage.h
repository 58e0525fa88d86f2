/* A piece of a policy document that can be cited: an article, a paragraph, an item or a table row,
 * with its exact place in the stored original and the validity of the version it belongs to. */
#ifndef DOMAIN_PASSAGE_H
#define DOMAIN_PASSAGE_H
#include "base/arena.h"
#include "base/date.h"
#include "base/str.h"

enum validity {
    VALIDITY_IN_FORCE =
        1, /* 现行有效: effective_from <= day <= expires_on, boundary days included */
    VALIDITY_NOT_YET, /* 尚未施行 */
    VALIDITY_EXPIRED, /* 失效: past expires_on */
    VALIDITY_REPEALED /* 已废止: repealed or superseded before or on day */
};

struct passage {
    int64_t id;          /* passage row; stable for the version */
    int64_t document_id; /* the policy, whatever its version */
    int64_t version_id;
    struct str title, document_number, issuing_body; /* of the document version */
    struct str clause; /* 第五条, 第五条第二款（一）, 表1第3行, 一（二）; "" for front matter */
    struct str heading; /* chapter path: 第二章 发放标准 */
    struct str kind;    /* front, article, paragraph, item, table_row; "" where nobody asked */
    struct str text;    /* as in the original, UTF-8 */
    int64_t begin, end; /* byte offsets into the version's stored plain original */
    int32_t effective_from, expires_on,
        repealed_on;        /* days; DAY_NONE when open; repealed_on: first day out of force */
    enum validity validity; /* on the day that was asked for */
    double score;           /* fused relevance; only comparable within one search */
};

struct passage_list {
    struct passage *items; /* in an arena */
    size_t n;
};

enum validity validity_on(int32_t day, int32_t effective_from, int32_t expires_on,
                          int32_t repealed_on);
const char *validity_name(enum validity v);  /* in_force, not_yet, expired, repealed */
const char *validity_title(enum validity v); /* 现行有效 … */

#endif
