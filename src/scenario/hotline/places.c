#include "scenario/hotline/places.h"

#include "base/fs.h"
#include "base/yaml.h"

enum { FILE_BYTES = 16 << 20, MAP_MAX = 10000, PLACES_MAX = 200000 };

struct reader {
    struct arena *mem;
    struct places *p;
    size_t cap, outline_cap, water_cap;
    struct place in; /* district, street, community the reader stands in */
};

static enum tb_code numbers(const struct yaml *list, int *out, size_t n, struct tb_err *e)
{
    if (!list || list->kind != YAML_LIST || list->n != n)
        return yaml_fail(list, "这里应为坐标：[x, y]", e);
    for (size_t i = 0; i < n; i++) {
        int64_t v;

        if (!str_i64(list->items[i]->text, &v) || v < 0 || v > MAP_MAX)
            return yaml_fail(list->items[i], "坐标应为 0 到 10000 的整数", e);
        out[i] = (int)v;
    }
    return TB_OK;
}

static enum tb_code need(const struct yaml *map, const char *key, struct str *out, struct tb_err *e)
{
    *out = yaml_str(map, key);
    return out->n ? TB_OK : yaml_fail(map, "缺少名称（name）或代码（code）", e);
}

static enum tb_code add(struct reader *r, enum place_level level, const struct yaml *at,
                        struct tb_err *e)
{
    struct places *p = r->p;

    if (p->n == PLACES_MAX)
        return yaml_fail(at, "地点太多", e);
    p->all = arena_grow(r->mem, p->all, p->n, &r->cap, sizeof(*p->all));
    r->in.level = level;
    p->all[p->n++] = r->in;
    return TB_OK;
}

static enum tb_code line_read(struct reader *r, const struct yaml *list, struct str name,
                              struct places_line *out, struct tb_err *e)
{
    size_t n = yaml_len(list);

    if (n < 2)
        return yaml_fail(list, "至少要有两个点", e);
    *out = (struct places_line){ name, ARENA_ARRAY(r->mem, int, 2 * n), n };
    for (size_t i = 0; i < n; i++)
        if (numbers(list->items[i], out->xy + 2 * i, 2, e))
            return e->code;
    return TB_OK;
}

static enum tb_code spots(struct reader *r, const struct yaml *list, struct tb_err *e)
{
    struct place home = r->in;

    for (size_t i = 0; i < yaml_len(list); i++) {
        const struct yaml *y = list->items[i], *at = yaml_get(y, "at");
        int xy[2] = { home.x, home.y };

        if (need(y, "name", &r->in.name, e) || (at && numbers(at, xy, 2, e)))
            return e->code;
        r->in.kind = yaml_str(y, "kind");
        r->in.x = xy[0];
        r->in.y = xy[1];
        if (add(r, PLACE_SPOT, y, e))
            return e->code;
    }
    r->in = home;
    r->in.kind = STR("");
    return TB_OK;
}

static enum tb_code named(struct reader *r, const struct yaml *y, enum place_level level,
                          struct tb_err *e)
{
    int xy[2];

    if (need(y, "name", &r->in.name, e) || need(y, "code", &r->in.code, e) ||
        numbers(yaml_get(y, "at"), xy, 2, e))
        return e->code;
    r->in.x = xy[0];
    r->in.y = xy[1];
    if (level == PLACE_STREET)
        r->in.street = r->in.name;
    else
        r->in.community = r->in.name;
    return add(r, level, y, e);
}

static enum tb_code street(struct reader *r, const struct yaml *y, struct tb_err *e)
{
    const struct yaml *roads = yaml_get(y, "roads"), *list = yaml_get(y, "communities");
    struct place home;

    r->in.community = STR("");
    if (named(r, y, PLACE_STREET, e))
        return e->code;
    home = r->in;
    for (size_t i = 0; i < yaml_len(roads); i++) {
        r->in.name = roads->items[i]->text;
        if (add(r, PLACE_ROAD, roads->items[i], e))
            return e->code;
    }
    for (size_t i = 0; i < yaml_len(list); i++) {
        r->in = home;
        if (named(r, list->items[i], PLACE_COMMUNITY, e) ||
            spots(r, yaml_get(list->items[i], "places"), e))
            return e->code;
    }
    return TB_OK;
}

static void middle(const struct places_line *l, int *x, int *y)
{
    int64_t sx = 0, sy = 0;

    for (size_t i = 0; i < l->n; i++) {
        sx += l->xy[2 * i];
        sy += l->xy[2 * i + 1];
    }
    *x = (int)(sx / (int64_t)l->n);
    *y = (int)(sy / (int64_t)l->n);
}

static enum tb_code district(struct reader *r, const struct yaml *y, struct tb_err *e)
{
    const struct yaml *streets = yaml_get(y, "streets");
    struct places *p = r->p;

    r->in = (struct place){ .kind = STR(""), .street = STR(""), .community = STR("") };
    if (need(y, "name", &r->in.name, e) || need(y, "code", &r->in.code, e))
        return e->code;
    r->in.district = r->in.name;
    p->outlines =
        arena_grow(r->mem, p->outlines, p->outline_n, &r->outline_cap, sizeof(*p->outlines));
    if (line_read(r, yaml_get(y, "outline"), r->in.name, &p->outlines[p->outline_n], e))
        return e->code;
    middle(&p->outlines[p->outline_n++], &r->in.x, &r->in.y);
    if (add(r, PLACE_DISTRICT, y, e))
        return e->code;
    for (size_t i = 0; i < yaml_len(streets); i++)
        if (street(r, streets->items[i], e))
            return e->code;
    return TB_OK;
}

static enum tb_code read_all(struct reader *r, const struct yaml *y, struct tb_err *e)
{
    const struct yaml *map = yaml_get(y, "map"), *list = yaml_get(y, "districts"),
                      *water = yaml_get(y, "water");
    struct places *p = r->p;
    int64_t w = 0, h = 0;

    if (!yaml_int(map, "width", &w) || !yaml_int(map, "height", &h) || w < 1 || h < 1 ||
        w > MAP_MAX || h > MAP_MAX)
        return yaml_fail(y, "地图要有大小：map: {width: 1000, height: 600}", e);
    p->width = (int)w;
    p->height = (int)h;
    for (size_t i = 0; i < yaml_len(water); i++) {
        p->waters = arena_grow(r->mem, p->waters, p->water_n, &r->water_cap, sizeof(*p->waters));
        if (line_read(r, yaml_get(water->items[i], "line"), yaml_str(water->items[i], "name"),
                      &p->waters[p->water_n++], e))
            return e->code;
    }
    if (!yaml_len(list))
        return yaml_fail(y, "至少要有一个区县（districts）", e);
    for (size_t i = 0; i < list->n; i++)
        if (district(r, list->items[i], e))
            return e->code;
    return TB_OK;
}

enum tb_code places_read(struct arena *a, struct str text, const char *file, struct places **out,
                         struct tb_err *e)
{
    struct reader r = { .mem = a, .p = ARENA_NEW(a, struct places) };
    struct yaml *y;

    if (yaml_read(a, text, file, &y, e) || read_all(&r, y, e))
        return e->code;
    *out = r.p;
    return TB_OK;
}

enum tb_code places_load(struct arena *a, const char *path, struct places **out, struct tb_err *e)
{
    struct str text;

    if (!fs_exists(path))
        return tb_fail(e, TB_NOT_FOUND, "城市资料里没有地点表 places.yaml", "path=%s", path);
    if (fs_read(a, path, FILE_BYTES, &text, e))
        return e->code;
    return places_read(a, text, path, out, e);
}

static int worth(const struct place *x, struct str text)
{
    int v = (int)x->level * 1000 + (int)x->name.n;

    /* a road runs through several streets, a market may have a namesake */
    if (x->level > PLACE_DISTRICT && str_has(text, x->district))
        v += 300;
    if (x->level > PLACE_STREET && str_has(text, x->street))
        v += 200;
    return v;
}

const struct place *places_find(const struct places *p, struct str text)
{
    const struct place *best = NULL;
    int most = -1;

    for (size_t i = 0; i < p->n; i++) {
        const struct place *x = &p->all[i];

        if (str_has(text, x->name)) {
            int v = worth(x, text);

            if (v > most) {
                most = v;
                best = x;
            }
        }
    }
    return best;
}
