/* 数智员工: what one may answer, who answers for it, and whether it may answer now. Pure rules over
 * what store/employee.h reads: no guardian, no answer (双岗制); inside first, outside later
 * (先内后外).
 */
#ifndef DOMAIN_EMPLOYEE_H
#define DOMAIN_EMPLOYEE_H
#include "domain/actor.h"
#include "domain/call.h"
#include "domain/personal.h"

enum phase {
    PHASE_TRIAL = 1, /* 试用: its guardian's department sees what it says */
    PHASE_INTERNAL,  /* 内部: every member of staff */
    PHASE_PUBLIC     /* 对外: citizens */
};
enum sensitivity {
    SENSITIVITY_LOW = 1, /* looked at by sample, rarely */
    SENSITIVITY_MEDIUM,  /* looked at by sample */
    SENSITIVITY_HIGH /* 先签后发: what it writes is public only after a guardian has signed it */
};

/* Hours of duty in the city's zone: bit 0 of days is Monday; minutes of the day, to excluded. */
struct duty_hours {
    unsigned days;
    int from, to;
};

/* A member of staff as far as guarding goes. */
struct keeper {
    int64_t id; /* 0: nobody is named */
    struct str login, name, department;
    bool able; /* the account is open and its role may still review */
    bool away; /* on leave today */
};

struct words {
    struct str *v;
    size_t n;
};

enum { EMPLOYEE_HOURS = 8 };
struct employee {
    int64_t id;
    struct str key, name, about, category;
    struct str department, department_name;
    struct words scenarios; /* policy, hotline … (employee_scenario_known) */
    struct words serves;    /* departments whose questions are its own; none: everybody's */
    struct words knowledge; /* classifications it may read: public, internal */
    struct words checks;    /* employee_check_known */
    struct keeper guardian, deputy;
    enum phase phase;
    int64_t phase_since; /* ms */
    bool been_public;    /* its questions stay its own even when it has been called back */
    enum sensitivity sensitivity;
    enum priority priority;
    enum personal personal; /* what it does where a question holds personal data */
    struct str personal_reason;
    struct str prompt; /* a file under prompts/ */
    struct duty_hours hours[EMPLOYEE_HOURS];
    size_t hour_n; /* 0: always */
    bool off;      /* 停用 */
    struct str off_reason;
    int64_t revision, created_at, updated_at;
};

/* Why it does not answer, the first that holds. */
enum duty {
    DUTY_READY,
    DUTY_OFF,           /* switched off */
    DUTY_NO_GUARDIAN,   /* none named, or the account was closed or changed its role */
    DUTY_GUARDIAN_AWAY, /* on leave, and no deputy who is there */
    DUTY_AFTER_HOURS,
    DUTY_NOT_SEEN, /* its phase does not show it to who asks */
    DUTY_NOBODY    /* the city has employees, but none for this */
};
/* now: ms since 1970 UTC. Never DUTY_NOT_SEEN or DUTY_NOBODY. */
enum duty employee_duty(const struct employee *x, int64_t now);
const char *duty_name(enum duty d);  /* "ready", "off" … as in the API */
const char *duty_title(enum duty d); /* for staff: 在岗, 已停用 … */
const char *duty_words(enum duty d); /* for who asked, one sentence; "" for ready */

/* May this person be shown what it writes, by its phase? */
bool employee_seen_by(const struct employee *x, const struct actor *who);
/* Who guards it today: the guardian, or the deputy while the guardian is on leave; NULL: nobody. */
const struct keeper *employee_guard(const struct employee *x);
/* Is this person its guardian or deputy? */
bool employee_kept_by(const struct employee *x, int64_t staff_id);
/* 双岗制: what it writes must be signed before a citizen sees it. */
bool employee_must_sign(const struct employee *x);
/* Of what needs no signature, how many of 1000 a guardian looks at. */
int employee_sampled(const struct employee *x);

/* Of those that work in the scenario the one that answers a question of this department, for this
 * person: who serves the department goes before who serves everybody; one that was never public
 * does not take a question from its elders. NULL: none. */
const struct employee *employee_for(const struct employee *all, size_t n, const char *scenario,
                                    struct str department, const struct actor *who);
/* Does any work in the scenario? Where none does, nobody has been put in charge of it yet. */
bool employee_any(const struct employee *all, size_t n, const char *scenario);
bool words_have(const struct words *w, const char *word);

/* The tables of names; NULL or false for what is not in them. */
const char *category_title(struct str category); /* 11 of them: inquiry 政策问答 … */
const char *category_at(size_t i);               /* NULL after the last */
enum sensitivity category_sensitivity(struct str category); /* where a file says none */
bool employee_scenario_known(struct str s);
bool employee_check_known(struct str s);
const char *employee_check_title(struct str s);
const char *phase_name(enum phase p); /* "trial" … */
const char *phase_title(enum phase p);
bool phase_parse(struct str s, enum phase *out);
const char *sensitivity_name(enum sensitivity s); /* "low" … */
const char *sensitivity_title(enum sensitivity s);
bool sensitivity_parse(struct str s, enum sensitivity *out);

#endif
