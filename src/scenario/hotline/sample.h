/* Messages of the sample city: made of the templates in a city folder's messages.yaml and the
 * places of places.yaml, the same for the same seed and day. Beside ordinary matters it holds
 * events (a flood, a heating failure, a rumour) that grow and fade, for hot issues and warnings to
 * be seen at work. Nothing here is anybody's: names, numbers and sentences are invented. */
#ifndef SCENARIO_HOTLINE_SAMPLE_H
#define SCENARIO_HOTLINE_SAMPLE_H
#include "scenario/hotline/places.h"

struct sample_message {
    int64_t at;                                   /* ms since 1970 UTC */
    struct str title, text, wanted, reply;        /* reply: what was answered later */
    struct str asker, phone;                      /* invented: 0920-8…… */
    struct str matter, subject;                   /* the template's id, and what it is about */
    struct str event;                             /* id of the event it belongs to, or "" */
    const struct place *place;                    /* a spot */
    struct str kind, class1, department, helpers; /* helpers: JSON list */
    int urgency, votes;
    size_t case_no;  /* equal for messages about one matter at one place */
    size_t asker_no; /* equal for messages of one person */
};
struct sample_wish {
    int32_t today; /* the last day, as base/date.h counts */
    uint64_t seed;
    size_t count; /* 0: what the file says; at most 100,000 */
};

/* The messages in the order of time, in a; *places too. TB_INVALID names file and line. */
enum tb_code sample_make(struct arena *a, const char *city, const struct sample_wish *wish,
                         struct places **places, struct sample_message **out, size_t *n,
                         struct tb_err *e) MUST_USE;

#endif
