#include "guard/flood.h"

#include "crypto/sm3.h"
#include "tb_test.h"

#include <stdio.h>
#include <string.h>

static struct world world;
static struct flood *flood;
static const struct flood_limits limits = {
    .person = { 10, 1 }, .department = { 50, 1 }, .address = { 20, 2 }, .all = { 100, 5 }
};

static void begin(void)
{
    world = world_fixed(1795000000000);
    flood = flood_new(&limits, &world);
}

static void end(void)
{
    flood_free(flood);
}

static enum flood_word pay(const char *person, const char *address, double cost,
                           struct flood_said *said)
{
    struct flood_who who = { .person = str_z(person), .address = str_z(address) };

    return flood_spend(flood, &who, cost, said);
}

static void later(int64_t ms)
{
    world.fixed_ms += ms;
}

static void a_store_is_used_up_and_refills_with_time(void)
{
    struct flood_said said;

    CHECK_INT(pay("a", "192.0.2.1", 10, &said), FLOOD_GO);
    CHECK_INT(pay("a", "192.0.2.1", 3, &said), FLOOD_WAIT);
    CHECK_INT(said.wait_s, 3);
    CHECK_INT(pay("b", "192.0.2.1", 3, &said), FLOOD_GO);
    later(2999);
    CHECK_INT(pay("a", "192.0.2.1", 3, &said), FLOOD_WAIT);
    later(1);
    CHECK_INT(pay("a", "192.0.2.1", 3, &said), FLOOD_GO);
}

static void who_is_refused_is_named_with_why_and_until_when(void)
{
    static const char device[] = "0123456789abcdef0123456789abcdef0123456789abcdef";
    struct flood_limited all[FLOOD_RECENT];
    struct flood_minute minutes[FLOOD_MINUTES];
    struct flood_said said;

    CHECK_INT(flood_limited(flood, all), 0);
    CHECK_INT(pay(device, "192.0.2.1", 10, &said), FLOOD_GO);
    CHECK_INT(pay(device, "192.0.2.1", 3, &said), FLOOD_WAIT);
    CHECK_INT(pay(device, "192.0.2.1", 3, &said), FLOOD_WAIT);
    CHECK_INT(flood_limited(flood, all), 1);
    CHECK_INT(all[0].why, FLOOD_PERSON);
    CHECK_STR(str_z(all[0].name), "01234567");
    CHECK_INT(all[0].times, 2);
    CHECK_INT(all[0].until - all[0].last, 3000);
    later(1);
    CHECK_INT(pay("", "192.0.2.1", 11, &said), FLOOD_PROVE);
    CHECK_INT(flood_limited(flood, all), 2);
    CHECK_INT(all[0].why, FLOOD_ADDRESS);
    CHECK_STR(str_z(all[0].name), "192.0.2.1");
    later(3000);
    CHECK_INT(flood_limited(flood, all), 1); /* the person may go on */
    flood_minutes(flood, minutes);
    CHECK_INT(minutes[FLOOD_MINUTES - 1].waited, 2);
    CHECK_INT(minutes[FLOOD_MINUTES - 1].went, 1);
    CHECK_INT(minutes[FLOOD_MINUTES - 1].challenged, 1);
    later(60000);
    CHECK_INT(flood_limited(flood, all), 0);
    flood_minutes(flood, minutes);
    CHECK_INT(minutes[FLOOD_MINUTES - 2].waited, 2);
    CHECK_INT(minutes[FLOOD_MINUTES - 1].waited, 0);
    later(59 * 60000);
    flood_minutes(flood, minutes);
    for (size_t i = 0; i < FLOOD_MINUTES; i++)
        CHECK_INT(minutes[i].waited, 0);
}

static void other_limits_are_in_force_at_once(void)
{
    struct flood_limits l;
    struct flood_said said;

    flood_limits_get(flood, &l);
    l.person = (struct flood_rate){ 4, 1 };
    flood_limits_set(flood, &l);
    CHECK_INT(pay("a", "192.0.2.1", 5, &said), FLOOD_WAIT);
    CHECK_INT(pay("a", "192.0.2.1", 4, &said), FLOOD_GO);
}

static void who_is_refused_pays_nothing(void)
{
    struct flood_said said;

    CHECK_INT(pay("a", "192.0.2.1", 9, &said), FLOOD_GO);
    for (int i = 0; i < 50; i++)
        CHECK_INT(pay("a", "192.0.2.1", 2, &said), FLOOD_WAIT);
    CHECK_INT(pay("", "192.0.2.1", 11, &said), FLOOD_GO);
    CHECK_INT(pay("", "192.0.2.1", 1, &said), FLOOD_PROVE);
}

static struct str work(struct str challenge, char out[96])
{
    unsigned char d[SM3_BYTES];
    int n = 0;

    do {
        snprintf(out, 96, "%.*s:%d", STR_FMT(challenge), n++);
        sm3(str_z(out), d);
    } while (d[0] || d[1] >> (16 - FLOOD_BITS));
    return str_z(out);
}

static void a_proof_earns_a_store_for_its_address_and_its_time(void)
{
    struct flood_said said;
    char text[96];
    struct flood_who who = { .address = STR("192.0.2.9") };

    CHECK_INT(flood_spend(flood, &who, 20, &said), FLOOD_GO);
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_PROVE);
    who.proof = work(str_z(said.challenge), text);
    for (int i = 0; i < FLOOD_PROOF_UNITS / 10; i++)
        CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_GO);
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_PROVE); /* used up */
    who.proof = work(str_z(said.challenge), text);
    later(1000);
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_GO);
    later((FLOOD_PROOF_S + 1) * 1000LL);
    CHECK_INT(flood_spend(flood, &who, 20, &said), FLOOD_GO);    /* the address has refilled */
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_PROVE); /* the proof is too old */
}

static void many_addresses_together_exhaust_the_whole(void)
{
    struct flood_said said;
    struct flood_state s;
    char address[32];

    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof(address), "192.0.2.%d", i);
        CHECK_INT(pay("", address, 10, &said), FLOOD_GO);
    }
    CHECK_INT(pay("", "203.0.113.1", 10, &said), FLOOD_PROVE);
    flood_state(flood, &s);
    CHECK(s.attacked && s.all_left < 0.01 && s.went == 10 && s.challenged == 1);
    later(61000);
    flood_state(flood, &s);
    CHECK(!s.attacked && s.all_left > 0.99);
}

static void staff_pay_for_themselves_and_their_department_only(void)
{
    struct flood_said said;
    struct flood_who who = { .person = STR("gu.min"),
                             .department = STR("minzheng"),
                             .address = STR("10.1.1.1") };

    CHECK_INT(pay("", "10.1.1.1", 20, &said), FLOOD_GO);
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_GO);
    who.person = STR("he.xiaoyu");
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_GO);
    for (int i = 0; i < 3; i++) {
        char login[8];

        snprintf(login, sizeof(login), "s%d", i);
        who.person = str_z(login);
        CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_GO);
    }
    who.person = STR("last");
    CHECK_INT(flood_spend(flood, &who, 10, &said), FLOOD_WAIT);
}

static void memory_is_bounded_and_old_ones_are_remembered_while_they_owe(void)
{
    struct flood_said said;
    char name[32];

    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "x%d", i);
        later(1000);
        CHECK_INT(pay(name, "192.0.2.7", 1, &said), FLOOD_GO);
    }
    CHECK_INT(pay("127", "127.0.0.1", 1e9, &said), FLOOD_GO);
}

static void limits_are_read(void)
{
    struct flood_limits l;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(flood_parse("30:0.5,60:1,1000:2", &l, &e), TB_OK);
    CHECK(l.person.burst == 30 && l.person.per_second == 0.5 && l.all.per_second == 2);
    CHECK_INT(flood_parse("off", &l, &e), TB_OK);
    CHECK_INT(flood_parse("30:1,60", &l, &e), TB_INVALID);
    tb_err_clear(&e);
    CHECK_INT(flood_parse("0:1,60:1,1:1", &l, &e), TB_INVALID);
}

static const struct tb_test tests[] = {
    TEST(a_store_is_used_up_and_refills_with_time),
    TEST(who_is_refused_is_named_with_why_and_until_when),
    TEST(other_limits_are_in_force_at_once),
    TEST(who_is_refused_pays_nothing),
    TEST(a_proof_earns_a_store_for_its_address_and_its_time),
    TEST(many_addresses_together_exhaust_the_whole),
    TEST(staff_pay_for_themselves_and_their_department_only),
    TEST(memory_is_bounded_and_old_ones_are_remembered_while_they_owe),
    TEST(limits_are_read),
};
int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, end);
}
