#include "scenario/employee/rules.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/yaml.h"

struct employee_rules {
    struct phase_gate up[PHASE_PUBLIC + 1], hold[PHASE_PUBLIC + 1];
    int64_t days;
    struct alerts alerts;
    struct arena mem;
};

static const char *const names[] = { "tried",       "judged",          "agreement",
                                     "unsupported", "refusals_judged", "refusals_right",
                                     NULL };

static enum tb_code keys_known(const struct yaml *y, const char *const *known, struct tb_err *e)
{
    if (!y || y->kind != YAML_MAP)
        return yaml_fail(y, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < y->n; i++) {
        size_t k = 0;

        while (known[k] && !str_eqz(y->keys[i], known[k]))
            k++;
        if (!known[k])
            return yaml_fail(y->items[i], "不认识的字段", e);
    }
    return TB_OK;
}

static enum tb_code count(const struct yaml *y, const char *key, int64_t *out, struct tb_err *e)
{
    *out = 0;
    if (yaml_get(y, key) && (!yaml_int(y, key, out) || *out < 0 || *out > 1000000))
        return yaml_fail(yaml_get(y, key), "这里应为 0 到 1000000 的整数", e);
    return TB_OK;
}

static enum tb_code share(const struct yaml *y, const char *key, double *out, struct tb_err *e)
{
    if (!str_real(yaml_str(y, key), out) || *out < 0 || *out > 1)
        return yaml_fail(yaml_get(y, key) ? yaml_get(y, key) : y,
                         "agreement、unsupported、refusals_right 都要写，0 到 1", e);
    return TB_OK;
}

static enum tb_code gate_read(const struct yaml *all, const char *phase, struct phase_gate *g,
                              struct tb_err *e)
{
    const struct yaml *y = yaml_get(all, phase);

    if (!y)
        return yaml_fail(all, "internal 和 public 都要写", e);
    if (keys_known(y, names, e) || count(y, "tried", &g->tried, e) ||
        count(y, "judged", &g->judged, e) || count(y, "refusals_judged", &g->refusals_judged, e) ||
        share(y, "agreement", &g->agreement, e) || share(y, "unsupported", &g->unsupported, e) ||
        share(y, "refusals_right", &g->refusals_right, e))
        return e->code;
    return TB_OK;
}

static enum tb_code read_all(struct employee_rules *r, const char *path, struct tb_err *e)
{
    static const char *const top[] = { "up", "hold", NULL };
    static const char *const up_keys[] = { "internal", "public", NULL };
    static const char *const hold_keys[] = { "days", "internal", "public", NULL };
    const struct yaml *up, *hold;
    struct yaml *y;

    if (yaml_load(&r->mem, path, &y, e) || keys_known(y, top, e))
        return e->code;
    up = yaml_get(y, "up");
    hold = yaml_get(y, "hold");
    if (!up || !hold)
        return yaml_fail(y, "up 和 hold 都要写", e);
    if (keys_known(up, up_keys, e) || keys_known(hold, hold_keys, e) ||
        gate_read(up, "internal", &r->up[PHASE_INTERNAL], e) ||
        gate_read(up, "public", &r->up[PHASE_PUBLIC], e) ||
        gate_read(hold, "internal", &r->hold[PHASE_INTERNAL], e) ||
        gate_read(hold, "public", &r->hold[PHASE_PUBLIC], e) || count(hold, "days", &r->days, e))
        return e->code;
    return r->days ? TB_OK : yaml_fail(hold, "days 要写，至少 1", e);
}

enum tb_code employee_rules_open(const char *share_dir, struct employee_rules **out,
                                 struct tb_err *e)
{
    struct employee_rules *r = tb_zalloc(sizeof(*r));

    if (read_all(r, fs_join(&r->mem, share_dir, "rules/phases.yaml"), e) ||
        alerts_load(&r->mem, fs_join(&r->mem, share_dir, "rules/alerts.yaml"), &r->alerts, e)) {
        employee_rules_close(r);
        return e->code;
    }
    *out = r;
    return TB_OK;
}

void employee_rules_close(struct employee_rules *r)
{
    if (!r)
        return;
    arena_release(&r->mem);
    tb_free(r);
}

const struct phase_gate *rules_up(const struct employee_rules *r, enum phase to)
{
    return &r->up[to];
}

const struct phase_gate *rules_hold(const struct employee_rules *r, enum phase in)
{
    return &r->hold[in];
}

const struct alerts *rules_alerts(const struct employee_rules *r)
{
    return &r->alerts;
}

int64_t rules_days(const struct employee_rules *r)
{
    return r->days;
}

static struct gate_line line(const char *name, const char *title, double is, double need, bool most)
{
    return (struct gate_line){ name, title, is,
                               need, most,  is >= 0 && (most ? is <= need : is >= need) };
}

size_t gate_measure(const struct phase_gate *g, const struct record *r,
                    struct gate_line o[GATE_LINES])
{
    o[0] = line("tried", "回答过的提问", (double)r->asked, (double)g->tried, false);
    o[1] = line("judged", "监护人看过的回答", (double)r->judged, (double)g->judged, false);
    o[2] = line("agreement", "监护人认可的比例", record_agreement(r), g->agreement, false);
    o[3] =
        line("unsupported", "没有依据、被拦下的句子", record_unsupported(r), g->unsupported, true);
    o[4] = line("refusals_judged", "看过的“没有查到”", (double)r->refusals_judged,
                (double)g->refusals_judged, false);
    o[5] = line("refusals_right", "确实该说没有的比例", record_refusals_right(r), g->refusals_right,
                false);
    return GATE_LINES;
}

bool gate_passed(const struct gate_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!lines[i].ok)
            return false;
    return n > 0;
}

bool gate_fell(const struct phase_gate *hold, const struct record *r, struct gate_line *why)
{
    struct gate_line lines[GATE_LINES];
    bool enough[GATE_LINES] = { [2] = r->judged >= hold->judged && r->judged > 0,
                                [3] = r->sentences >= hold->judged && r->sentences > 0,
                                [5] = r->refusals_judged >= hold->refusals_judged &&
                                      r->refusals_judged > 0 };

    gate_measure(hold, r, lines);
    for (size_t i = 0; i < GATE_LINES; i++)
        if (enough[i] && !lines[i].ok) {
            *why = lines[i];
            return true;
        }
    return false;
}

void gate_json(struct json *j, const struct gate_line *lines, size_t n)
{
    json_arr(j);
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kstr(j, "name", str_z(lines[i].name));
        json_kstr(j, "title", str_z(lines[i].title));
        json_key(j, "is");
        if (lines[i].is < 0)
            json_null(j);
        else
            json_real(j, lines[i].is);
        json_kreal(j, "need", lines[i].need);
        json_kbool(j, "most", lines[i].most);
        json_kbool(j, "ok", lines[i].ok);
        json_end(j);
    }
    json_end(j);
}
