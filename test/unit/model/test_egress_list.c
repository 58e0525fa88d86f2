#include "model/egress.h"
#include "model/egress_list.h"

#include "base/fs.h"
#include "base/share.h"
#include "store/egress_row.h"
#include "store/migrate.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

static struct arena mem;
static struct db *db;

static void open_store(void)
{
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&mem);

    CHECK_INT(migrate_open(arena_printf(&mem, "sqlite:%s/t.db", dir).p, share_dir(&mem), dir,
                           world_real(), &db, &e),
              TB_OK);
    CHECK_INT(egress_list_read(db, &e), TB_OK);
}

static void close_store(void)
{
    db_close(db);
    arena_release(&mem);
}

static int64_t list(const char *host, int64_t port, int64_t ms)
{
    struct talk t = { .world = world_real(), .db = db, .actor = { .login = STR("x") } };
    struct egress_row r = { .host = str_z(host),
                            .port = port,
                            .purpose = STR("用途"),
                            .owner = STR("王主任"),
                            .expires_at = world_now_ms(world_real()) + ms };
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(egress_row_add(&t, &r, &e), TB_OK);
    CHECK_INT(egress_list_read(db, &e), TB_OK);
    arena_release(&t.mem);
    return r.id;
}

static void an_entry_counts_for_its_port_until_its_day_or_its_end(void)
{
    struct talk t = { .world = world_real(), .db = db, .actor = { .login = STR("x") } };
    int64_t now = world_now_ms(world_real());
    struct tb_err e = TB_ERR_INIT;
    int64_t id;

    CHECK_INT(egress_listed("a.example.cn", 443, now), EGRESS_NEVER);
    id = list("a.example.cn", 443, 86400000);
    CHECK_INT(egress_listed("A.example.CN", 443, now), EGRESS_NOW);
    CHECK_INT(egress_listed("a.example.cn", 444, now), EGRESS_NEVER);
    CHECK_INT(egress_listed("b.a.example.cn", 443, now), EGRESS_NEVER);
    CHECK_INT(egress_listed("a.example.cn", 443, now + 2 * 86400000), EGRESS_FORMERLY);
    CHECK_INT(egress_row_end(&t, id, &e), TB_OK);
    CHECK_INT(egress_list_read(db, &e), TB_OK);
    CHECK_INT(egress_listed("a.example.cn", 443, now), EGRESS_FORMERLY);
    arena_release(&t.mem);
}

static bool may(const char *url)
{
    struct egress *g = egress_new();
    CURL *c = curl_easy_init();
    struct egress_way way;
    struct tb_err e = TB_ERR_INIT;
    bool armed, ways;

    CHECK_INT(egress_allow(g, url, &e), TB_OK);
    armed = egress_arm(g, c, url, &e) == TB_OK;
    tb_err_clear(&e);
    ways = egress_way(g, url, &way, &e) == TB_OK;
    CHECK_INT(armed, ways);
    curl_easy_cleanup(c);
    egress_free(g);
    return armed;
}

static void an_engine_outside_needs_an_entry_one_inside_does_not(void)
{
    CHECK(may("http://10.1.2.3:8000/v1"));
    CHECK(may("http://172.31.0.8:8000/v1"));
    CHECK(may("http://192.168.3.4/v1"));
    CHECK(may("http://[fd12::8]:8000/v1"));
    CHECK(may("http://127.0.0.1:9/v1"));
    CHECK(may("https://llm.inside.example/v1")); /* where the name leads is looked at later */
    CHECK(!may("http://203.0.113.7:8000/v1"));
    CHECK(!may("http://172.32.0.8:8000/v1"));
    CHECK(!may("http://[2001:db8::1]:8000/v1"));
    CHECK(!may("http://[::ffff:203.0.113.7]:8000/v1"));
    list("203.0.113.7", 8000, 86400000);
    CHECK(may("http://203.0.113.7:8000/v1"));
    CHECK(!may("http://203.0.113.7:8001/v1"));
}

static void what_makes_no_sense_is_not_listed(void)
{
    static const struct {
        const char *host, *owner;
        int64_t port, ms;
    } wrong[] = { { "HTTPS://a.cn", "甲", 443, 1000 },
                  { "*.cn", "甲", 443, 1000 },
                  { "", "甲", 443, 1000 },
                  { "a.cn", "", 443, 1000 },
                  { "a.cn", "甲", 0, 1000 },
                  { "a.cn", "甲", 443, -1 },
                  { "a.cn", "甲", 443, 400LL * 86400000 } };
    struct talk t = { .world = world_real(), .db = db, .actor = { .login = STR("x") } };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct egress_row r = { .host = str_z(wrong[i].host),
                                .port = wrong[i].port,
                                .purpose = STR("用途"),
                                .owner = str_z(wrong[i].owner),
                                .expires_at = world_now_ms(world_real()) + wrong[i].ms };
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(egress_row_add(&t, &r, &e), TB_INVALID);
    }
    arena_release(&t.mem);
}

static const struct tb_test tests[] = {
    TEST(an_entry_counts_for_its_port_until_its_day_or_its_end),
    TEST(an_engine_outside_needs_an_entry_one_inside_does_not),
    TEST(what_makes_no_sense_is_not_listed),
};
int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), open_store, close_store);
}
