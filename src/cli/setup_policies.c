#include "cli/setup_policies.h"

#include "base/fs.h"
#include "extract/child.h"
#include "knowledge/ingest.h"
#include "store/setting.h"

#include <stdio.h>

/* What a file can be blamed for; anything else (disk full, database locked) ends the set-up. */
static bool the_files_fault(enum tb_code c)
{
    return c == TB_INVALID || c == TB_UNSUPPORTED || c == TB_TOO_LARGE || c == TB_TIMEOUT ||
           c == TB_CONFLICT || c == TB_FORBIDDEN;
}

static enum tb_code one(struct talk *t, const char *dir, const char *name, const struct signer *by,
                        struct policies_loaded *out, struct tb_err *e)
{
    struct ingest_options o = { .extract = extract_child,
                                .data_dir = t->at->data_dir,
                                .classification = STR("public"),
                                .confirm = true,
                                .author_name = STR("城市资料导入"),
                                .signer = by };
    struct ingest_result r;
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c = ingest_file(t, fs_join(&t->mem, dir, name), str_z(name), &o, &r, &why);

    if (!c) {
        *(r.outcome == INGEST_SAME ? &out->unchanged : &out->added) += 1;
        return TB_OK;
    }
    if (!the_files_fault(c))
        return tb_fail_say(e, c, str_z(why.say), str_z(why.log));
    out->skipped =
        arena_grow(&t->mem, out->skipped, out->skipped_n, &out->skipped_cap, sizeof(*out->skipped));
    out->skipped[out->skipped_n++] = (struct policy_skipped){ arena_str(&t->mem, str_z(name)),
                                                              arena_str(&t->mem, str_z(why.say)) };
    return TB_OK;
}

/* Nobody could have signed before the first set-up is over: there were no accounts. */
static enum tb_code owner_or_nobody(struct talk *t, const struct signer **by, struct signer *owner,
                                    struct tb_err *e)
{
    struct str at;

    if ((*by)->id)
        return TB_OK;
    if (setting_read(t->db, &t->mem, "setup.at", &at, e))
        return e->code;
    *owner = (struct signer){ .name = t->actor.login, .way = "owner" };
    *by = at.n ? NULL : owner;
    return TB_OK;
}

enum tb_code setup_policies(struct cli *c, struct talk *t, const char *city,
                            const struct signer *by, struct policies_loaded *out, struct tb_err *e)
{
    char *dir = fs_join(&t->mem, city, "policies"), **names;
    struct progress bar;
    struct signer owner;
    char what[64];
    size_t n;

    *out = (struct policies_loaded){ 0 };
    if (!fs_is_dir(dir))
        return TB_OK;
    if (owner_or_nobody(t, &by, &owner, e) || fs_list(&t->mem, dir, &names, &n, e))
        return e->code;
    progress_begin(&bar, c, "政策文件");
    for (size_t i = 0; i < n; i++) {
        if (names[i][0] != '.' && one(t, dir, names[i], by, out, e))
            return e->code;
        progress_at(&bar, (int64_t)i + 1, (int64_t)n);
    }
    (void)snprintf(what, sizeof(what), "%lld 份装入，%zu 份跳过", (long long)out->added,
                   out->skipped_n);
    progress_end(&bar, what);
    return TB_OK;
}
