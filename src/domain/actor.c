#include "domain/actor.h"

static const struct {
    const char *name, *title;
    unsigned perms;
} roles[ROLE_COUNT] = {
    [ROLE_CITIZEN] = { "citizen", "市民", PERM_PUBLIC },
    [ROLE_CLERK] = { "clerk", "坐席员",
                     PERM_PUBLIC | PERM_STAFF | PERM_HANDOFF | PERM_ORDER | PERM_KNOWLEDGE_READ |
                         PERM_OVERVIEW },
    [ROLE_GUARDIAN] = { "guardian", "AI监护人",
                        PERM_PUBLIC | PERM_STAFF | PERM_HANDOFF | PERM_ORDER | PERM_KNOWLEDGE_READ |
                            PERM_KNOWLEDGE_WRITE | PERM_REVIEW | PERM_SIGN | PERM_OVERVIEW |
                            PERM_EMPLOYEE_WRITE | PERM_EMPLOYEE_STOP | PERM_INCIDENT_READ |
                            PERM_INCIDENT_WRITE },
    [ROLE_DEPARTMENT_ADMIN] = { "department_admin", "部门管理员",
                                PERM_PUBLIC | PERM_STAFF | PERM_HANDOFF | PERM_ORDER |
                                    PERM_KNOWLEDGE_READ | PERM_KNOWLEDGE_WRITE | PERM_SIGN |
                                    PERM_OVERVIEW | PERM_KEY_READ | PERM_USE_READ |
                                    PERM_EMPLOYEE_WRITE | PERM_EMPLOYEE_STOP | PERM_INCIDENT_READ |
                                    PERM_INCIDENT_WRITE },
    /* 三权分立: none of the three below holds another's right, and only the auditor reads content.
     */
    [ROLE_AUDITOR] = { "auditor", "安全审计员",
                       PERM_PUBLIC | PERM_STAFF | PERM_CONFIRM | PERM_AUDIT_READ | PERM_USER_READ |
                           PERM_OVERVIEW | PERM_KEY_READ | PERM_USE_READ | PERM_INCIDENT_READ },
    [ROLE_SECURITY_OFFICER] = { "security_officer", "安全保密员",
                                PERM_PUBLIC | PERM_STAFF | PERM_CONFIRM | PERM_USER_READ |
                                    PERM_USER_WRITE | PERM_KEY_READ | PERM_KEY_WRITE |
                                    PERM_USE_READ | PERM_EMPLOYEE_STOP | PERM_INCIDENT_READ |
                                    PERM_INCIDENT_WRITE },
    [ROLE_SYSTEM_ADMIN] = { "system_admin", "系统管理员",
                            PERM_PUBLIC | PERM_STAFF | PERM_OPERATE | PERM_OVERVIEW |
                                PERM_USE_READ | PERM_EMPLOYEE_STOP | PERM_INCIDENT_READ |
                                PERM_INCIDENT_WRITE },
    [ROLE_SYSTEM] = { "system", "系统", ~0u },
};

const char *role_name(enum role r)
{
    return r > 0 && r < ROLE_COUNT ? roles[r].name : "none";
}

const char *role_title(enum role r)
{
    return r > 0 && r < ROLE_COUNT ? roles[r].title : "";
}

bool role_parse(struct str s, enum role *out)
{
    for (enum role r = ROLE_CLERK; r < ROLE_SYSTEM; r++) {
        if (str_eqz(s, roles[r].name)) {
            *out = r;
            return true;
        }
    }
    return false;
}

unsigned role_perms(enum role r)
{
    return r > 0 && r < ROLE_COUNT ? roles[r].perms : 0;
}

bool actor_may(const struct actor *a, enum perm need)
{
    return need != PERM_NONE && (role_perms(a->role) & (unsigned)need) == (unsigned)need;
}
