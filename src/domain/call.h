/* One call of a model on an application's behalf, as rooms hand it to each other: how urgent it is,
 * what it used, and what the books keep of it. */
#ifndef DOMAIN_CALL_H
#define DOMAIN_CALL_H
#include "base/err.h"

/* Who goes first. A class has a guaranteed share of the engines' places and a ceiling. */
enum priority {
    PRIORITY_HOTLINE, /* 热线: somebody is on the telephone, or a citizen waits for an answer */
    PRIORITY_WINDOW,  /* 窗口: somebody stands at the counter */
    PRIORITY_STAFF,   /* 办公: a member of staff works */
    PRIORITY_BATCH,   /* 批量: nobody waits */
    PRIORITY_COUNT
};
const char *priority_name(enum priority p);  /* "hotline" … as in the database and the API */
const char *priority_title(enum priority p); /* 热线 … for people */
bool priority_parse(struct str s, enum priority *out);

/* How much of what was said the books keep. */
enum keeping {
    KEEPING_FULL,   /* as it was sent, sealed */
    KEEPING_MASKED, /* with personal data as tokens */
    KEEPING_DIGEST, /* SM3 only */
    KEEPING_COUNT
};
const char *keeping_name(enum keeping k); /* "full", "masked", "digest" */
const char *keeping_title(enum keeping k);
bool keeping_parse(struct str s, enum keeping *out);

/* What becomes of a request in which words would make a model leave its rules (guard/inject.h). */
enum injected {
    INJECTED_REFUSE, /* it is refused */
    INJECTED_MARK,   /* it goes on, the text marked as data; the reply and the trail say so */
    INJECTED_COUNT
};
const char *injected_name(enum injected i); /* "refuse", "mark" */
const char *injected_title(enum injected i);
bool injected_parse(struct str s, enum injected *out);

struct call_usage {                            /* tokens */
    int64_t prompt, cached, answer, reasoning; /* cached is part of prompt, reasoning of answer */
    bool estimated;                            /* the engine did not say: counted by us */
};

struct call_record {                 /* views; "" and 0 where it does not apply */
    int64_t at;                      /* ms since 1970 UTC, when the head had come */
    struct str request_id, trace_id; /* trace_id: 32 hex digits of W3C traceparent */
    int64_t key_id;                  /* 0: refused before a key was known */
    struct str key_name, department, address;
    struct str verb;                 /* "model.chat" … of the route row */
    struct str asked, model, engine; /* the model as named by the caller; as run; where */
    enum priority priority;
    enum tb_code outcome;
    int status; /* HTTP, as sent */
    bool stream, from_cache;
    int tries; /* engines asked */
    struct call_usage usage;
    int64_t cost;                                     /* millionths of a yuan */
    int64_t wait_us, first_us, total_us, overhead_us; /* queue, first token, whole, our own part */
    int masked, blocked;     /* personal values masked; 1: forbidden content ended it */
    struct str blocked_kind; /* also of what was only marked */
    enum keeping keeping;
    char digest[65];           /* SM3 of prompt and answer as they were sent and said */
    struct str prompt, answer; /* as keeping wants them; "" for KEEPING_DIGEST */
};

#endif
