/* Who acts: a citizen without an account, a member of staff, or the system itself. Roles: design.md
 * §6. */
#ifndef DOMAIN_ACTOR_H
#define DOMAIN_ACTOR_H
#include "base/str.h"

enum role {
    ROLE_CITIZEN = 1, /* anonymous; known by a device token only */
    ROLE_CLERK,
    ROLE_GUARDIAN,
    ROLE_DEPARTMENT_ADMIN,
    ROLE_AUDITOR,
    ROLE_SECURITY_OFFICER,
    ROLE_SYSTEM_ADMIN,
    ROLE_SYSTEM, /* jobs and the command line of the machine's owner */
    ROLE_COUNT
};

/* What a route needs. A bit set, so that one table says which role may do what. PERM_NONE is
 * refused at start-up: no route is public by forgetting. */
enum perm {
    PERM_NONE = 0,
    PERM_PUBLIC = 1 << 0,  /* anybody: ask, read published policies, own receipts */
    PERM_STAFF = 1 << 1,   /* any signed-in member of staff: own session, own password */
    PERM_HANDOFF = 1 << 2, /* read and answer hand-offs */
    PERM_KNOWLEDGE_READ = 1 << 3,
    PERM_KNOWLEDGE_WRITE = 1 << 4, /* upload, confirm, retire documents; standard answers */
    PERM_REVIEW = 1 << 5,          /* guardian's approvals */
    PERM_AUDIT_READ = 1 << 6,
    PERM_USER_READ = 1 << 7,
    PERM_USER_WRITE = 1 << 8, /* create, lock, set role: the security officer */
    PERM_OPERATE = 1 << 9,    /* state of the machine, models, backup: no business content */
    PERM_OVERVIEW = 1 << 10,  /* figures without content */
    PERM_KEY_READ = 1 << 11,  /* keys of applications; a department admin: their department's */
    PERM_KEY_WRITE = 1 << 12, /* make, change, end them: the security officer */
    PERM_USE_READ = 1 << 13,  /* what models were used for how much, without content */
    /* who guards employees and who heads a department: change them, sign their steps */
    PERM_EMPLOYEE_WRITE = 1 << 18,
    PERM_EMPLOYEE_STOP = 1 << 19,  /* throw an employee's switch */
    PERM_INCIDENT_READ = 1 << 20,  /* alerts and incidents; without content */
    PERM_INCIDENT_WRITE = 1 << 21, /* take, handle, close them */
    PERM_CONFIRM = 1 << 26,        /* 双人控制: ask for a second person's word, give it */
    PERM_SIGN = 1 << 22,  /* 签发 what somebody else wrote (sql: signing_role holds the same) */
    PERM_ORDER = 1 << 27, /* 热线: take in, dispatch, handle orders of the own department */
    PERM_CALL = 1 << 15   /* call models: applications by their key, no role has it */
};

struct actor {
    int64_t id; /* user id; 0 for a citizen or the system */
    enum role role;
    struct str login, name, department; /* department id; "" for a citizen */
    struct str device;                  /* a citizen's device token digest; "" otherwise */
    struct str address;                 /* peer address as text */
    int64_t session_id;                 /* 0 without a session */
};

const char *role_name(enum role r);            /* "clerk" … as in the database and the API */
const char *role_title(enum role r);           /* 坐席员 … for people */
bool role_parse(struct str s, enum role *out); /* staff roles only */
unsigned role_perms(enum role r);              /* the one table of rights */
bool actor_may(const struct actor *a, enum perm need);

#endif
