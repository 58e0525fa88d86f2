/* The long-lived parts of the program, as pointers only, so that every room can hand them on
 * without knowing them. Made once by `serve` (and by commands that need some of them; the rest stay
 * NULL). */
#ifndef DOMAIN_SERVICES_H
#define DOMAIN_SERVICES_H

struct search;         /* knowledge/search.h: the live index over passages */
struct pool;           /* model/pool.h: the engines */
struct jobs;           /* flow/jobs.h: background work */
struct keyring;        /* crypto/keyring.h: keys at rest */
struct quota;          /* guard/quota.h: applications' keys and limits */
struct risk;           /* guard/risk.h: what may not be asked or said, and what is said then */
struct flood;          /* guard/flood.h: limits by the cost of the work */
struct books;          /* store/books.h: what applications' calls used */
struct answer_cache;   /* model/answer_cache.h: answers to be given again */
struct ways;           /* scenario/console/ways.h: of signing in beside the password */
struct hotline;        /* scenario/hotline/hotline.h: tables of the hotline */
struct employee_rules; /* scenario/employee/rules.h: gates of phases, rules of alerts */

struct services {
    struct search *search;
    struct pool *pool;
    struct jobs *jobs;
    struct quota *quota;
    struct books *books;
    struct risk *risk;
    struct answer_cache *answers; /* of policy questions, to be given again; NULL: none are kept */
    struct flood *flood;
    const struct employee_rules *employees; /* NULL where no phase can change */
    struct hotline *hotline;                /* NULL: no deadlines, no triage */
    const struct ways *ways;                /* NULL: only the password */
    const struct keyring *keys;
    const char *data_dir;  /* database, files/, keys, logs */
    const char *cache_dir; /* $TONGBAN_CACHE … */
    const char *share_dir; /* prompts/, rules/, web/dist, sql/ of this installation */
    const char *db_url;
};

#endif
