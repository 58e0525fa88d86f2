#include "domain/draft.h"

static const struct {
    const char *name, *title;
} states[DRAFT_STATES] = {
    [DRAFT_DRAFTED] = { "drafted", "起草中" },     [DRAFT_WAITING] = { "waiting", "待签发" },
    [DRAFT_SIGNED] = { "signed", "已签发" },       [DRAFT_RETURNED] = { "returned", "已退回" },
    [DRAFT_WITHDRAWN] = { "withdrawn", "已撤回" }, [DRAFT_PUBLIC] = { "public", "已公开" },
};

static const struct {
    const char *name, *title;
} kinds[DRAFT_KINDS] = {
    [DRAFT_ANSWER] = { "answer", "回答" },
    [DRAFT_STANDARD] = { "standard", "标准问答" },
    [DRAFT_POLICY] = { "policy", "政策文件" },
    [DRAFT_REPLY] = { "reply", "诉求答复" },
};

static const char *const authors[DRAFT_AUTHORS] = {
    [DRAFT_BY_PERSON] = "person",
    [DRAFT_BY_MACHINE] = "machine",
    [DRAFT_BY_IMPORT] = "import",
};

static const bool may[DRAFT_STATES][DRAFT_STATES] = {
    [DRAFT_DRAFTED] = { [DRAFT_WAITING] = true, [DRAFT_WITHDRAWN] = true },
    [DRAFT_WAITING] = { [DRAFT_SIGNED] = true, [DRAFT_RETURNED] = true, [DRAFT_WITHDRAWN] = true },
    [DRAFT_RETURNED] = { [DRAFT_WAITING] = true, [DRAFT_WITHDRAWN] = true },
    [DRAFT_SIGNED] = { [DRAFT_PUBLIC] = true },
    [DRAFT_PUBLIC] = { [DRAFT_WITHDRAWN] = true },
};

const char *draft_state_name(enum draft_state s)
{
    return s > 0 && s < DRAFT_STATES ? states[s].name : "none";
}

const char *draft_state_title(enum draft_state s)
{
    return s > 0 && s < DRAFT_STATES ? states[s].title : "";
}

bool draft_state_parse(struct str s, enum draft_state *out)
{
    for (enum draft_state k = DRAFT_DRAFTED; k < DRAFT_STATES; k++) {
        if (str_eqz(s, states[k].name)) {
            *out = k;
            return true;
        }
    }
    return false;
}

bool draft_may(enum draft_state from, enum draft_state to)
{
    return from > 0 && from < DRAFT_STATES && to > 0 && to < DRAFT_STATES && may[from][to];
}

const char *draft_kind_name(enum draft_kind k)
{
    return k > 0 && k < DRAFT_KINDS ? kinds[k].name : "none";
}

const char *draft_kind_title(enum draft_kind k)
{
    return k > 0 && k < DRAFT_KINDS ? kinds[k].title : "";
}

bool draft_kind_parse(struct str s, enum draft_kind *out)
{
    for (enum draft_kind k = DRAFT_ANSWER; k < DRAFT_KINDS; k++) {
        if (str_eqz(s, kinds[k].name)) {
            *out = k;
            return true;
        }
    }
    return false;
}

const char *draft_author_name(enum draft_author a)
{
    return a > 0 && a < DRAFT_AUTHORS ? authors[a] : "none";
}

bool draft_author_parse(struct str s, enum draft_author *out)
{
    for (enum draft_author a = DRAFT_BY_PERSON; a < DRAFT_AUTHORS; a++) {
        if (str_eqz(s, authors[a])) {
            *out = a;
            return true;
        }
    }
    return false;
}
