/* 稿件: something that is to become public, and the way it goes there (双岗制). A draft becomes
 * public only by the signature of a named person with the right who is not its author; the database
 * itself holds that (sql: draft, signature and their triggers), these are the same states for the
 * program.
 */
#ifndef DOMAIN_DRAFT_H
#define DOMAIN_DRAFT_H
#include "base/str.h"

enum draft_state {
    DRAFT_DRAFTED = 1, /* 起草: not yet sent */
    DRAFT_WAITING,     /* 待签发 */
    DRAFT_SIGNED,      /* 已签发: within the transaction that publishes it */
    DRAFT_RETURNED,    /* 已退回, with a reason */
    DRAFT_WITHDRAWN,   /* 已撤回 */
    DRAFT_PUBLIC,      /* 已公开 */
    DRAFT_STATES
};
enum draft_kind {
    DRAFT_ANSWER = 1, /* an answer to one citizen */
    DRAFT_STANDARD,   /* 标准问答 */
    DRAFT_POLICY,     /* 政策文件: a version, as it was read out */
    DRAFT_REPLY, /* 诉求答复: what an order is answered with (sql: kind answer, noun order) */
    DRAFT_KINDS
};
enum draft_author {
    DRAFT_BY_PERSON = 1,
    DRAFT_BY_MACHINE, /* a digital employee */
    DRAFT_BY_IMPORT,  /* a file that the machine's owner brought */
    DRAFT_AUTHORS
};

const char *draft_state_name(enum draft_state s); /* "waiting" … as in the database and the API */
const char *draft_state_title(enum draft_state s);
bool draft_state_parse(struct str s, enum draft_state *out);
/* The one table of what may follow what. */
bool draft_may(enum draft_state from, enum draft_state to);

const char *draft_kind_name(enum draft_kind k);
const char *draft_kind_title(enum draft_kind k);
bool draft_kind_parse(struct str s, enum draft_kind *out);
const char *draft_author_name(enum draft_author a); /* "person", "machine", "import" */
bool draft_author_parse(struct str s, enum draft_author *out);

#endif
