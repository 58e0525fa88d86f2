/* `tongban serve`: takes the data directory, opens the rooms, listens, waits for a signal, closes
 * them in the reverse order. */
#include "base/fs.h"
#include "base/log.h"
#include "base/share.h"
#include "cli/caretaker.h"
#include "cli/commands.h"
#include "cli/home.h"
#include "cli/notify.h"
#include "cli/routes.h"
#include "crypto/keyring.h"
#include "flow/jobs.h"
#include "guard/flood.h"
#include "guard/quota.h"
#include "guard/quota_watch.h"
#include "guard/risk.h"
#include "guard/risk_watch.h"
#include "http/server.h"
#include "knowledge/search.h"
#include "model/egress_list.h"
#include "model/pool.h"
#include "model/prompt.h"
#include "scenario/access/resealing.h"
#include "scenario/console/embedding.h"
#include "scenario/console/gate.h"
#include "scenario/console/ways.h"
#include "scenario/employee/rules.h"
#include "scenario/gateway/api.h"
#include "scenario/gateway/gateway.h"
#include "scenario/hotline/hotline.h"
#include "scenario/knowledge/job.h"
#include "scenario/shield/limits.h"
#include "store/books.h"
#include "store/draft.h"
#include "store/exchange.h"
#include "store/key_mark.h"
#include "store/migrate.h"
#include "store/setting.h"
#include "store/standard.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DRAIN_MS = 10000,
    REPLAY_MS = 5000,
    LOG_DRAIN_MS = 2000,
    LOG_HURRY_MS = 200,
    PROBE_MS = 5000
};
enum { CACHE_BYTES = 64 << 20, CACHE_MS = 3600 * 1000 };

struct serve {
    struct cli *cli;
    const char *listen, *hosts, *proxies, *engine;
    bool no_engine, no_embed, fresh, limits_given;
    int slow, loops;
    double alike; /* 0: off */
    struct flood_limits limits;
    int64_t head_ms;
    struct services at;
    struct keyring *keys;
    struct quota_watch *watch;
    struct console_gate *gate;
    struct gate hooks;
    int lock_fd;
    struct server *server;
    struct gateway *gateway;
    struct risk_watch *risk_watch;
    struct egress_watch *egress;
    struct answer_cache *cache;
    struct caretaker *caretaker;
    struct employee_rules *employees;
};

static enum tb_code open_db(void *self, struct db **out, struct tb_err *e)
{
    const struct serve *s = self;

    return db_open(s->at.db_url, out, e);
}

static void close_db(void *self, struct db *d)
{
    (void)self;
    db_close(d);
}

/* Away from loopback any name may lead here, so the operator says which; on loopback only loopback
 * names do, so that a foreign page cannot reach in by a name of its own (DNS rebinding). */
static const char *hosts_for(const char *listen, const char *given)
{
    if (given)
        return strcmp(given, "*") == 0 ? NULL : given;
    if (strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0 ||
        strncmp(listen, "localhost", 9) == 0)
        return "localhost,127.0.0.1,[::1]";
    return NULL;
}

static enum tb_code read_options(struct serve *s, struct tb_err *e)
{
    const char *slow = cli_option(s->cli, "--slow-workers");
    const char *head = cli_option(s->cli, "--head-timeout");
    const char *loops = cli_option(s->cli, "--gateway-loops");
    const char *alike = cli_option(s->cli, "--alike");
    const char *limits = cli_option(s->cli, "--limits");
    int64_t n = 0, seconds = 0, loop_n = 0;

    s->listen = cli_option(s->cli, "--listen");
    if (!s->listen)
        s->listen = "127.0.0.1:8080";
    s->hosts = hosts_for(s->listen, cli_option(s->cli, "--hosts"));
    s->proxies = cli_option(s->cli, "--proxies");
    s->engine = cli_option(s->cli, "--engine");
    s->no_engine = cli_flag(s->cli, "--no-engine");
    s->no_embed = cli_flag(s->cli, "--no-embed");
    s->fresh = cli_flag(s->cli, "--fresh-answers");
    if (slow && (!str_i64(str_z(slow), &n) || n < 1 || n > 4096))
        return tb_fail(e, TB_INVALID, "--slow-workers 应为 1 到 4096", "slow=%s", slow);
    if (head && (!str_i64(str_z(head), &seconds) || seconds < 1 || seconds > 600))
        return tb_fail(e, TB_INVALID, "--head-timeout 应为 1 到 600（秒）", "head=%s", head);
    if (loops && (!str_i64(str_z(loops), &loop_n) || loop_n < 1 || loop_n > 8))
        return tb_fail(e, TB_INVALID, "--gateway-loops 应为 1 到 8", "loops=%s", loops);
    if (alike && (!str_real(str_z(alike), &s->alike) || s->alike < 0.8 || s->alike > 1))
        return tb_fail(e, TB_INVALID, "--alike 应为 0.8 到 1", "alike=%s", alike);
    if (flood_parse(limits ? limits : "120:1,1200:20,6000:100", &s->limits, e))
        return e->code;
    s->limits_given = limits != NULL; /* the operator's word counts before the page's */
    s->slow = (int)n;
    s->loops = (int)loop_n;
    s->head_ms = seconds * 1000;
    return cli_no_more_options(s->cli, e);
}

/* What was proposed before there were drafts gets its place in the queue. */
static enum tb_code adopt(struct db *d, struct tb_err *e)
{
    struct talk t = { .world = world_real(), .db = d, .as_of = day_today(world_real()) };
    enum tb_code c;

    t.actor.role = ROLE_SYSTEM;
    c = standard_adopt(&t, e);
    arena_release(&t.mem);
    return c;
}

static enum tb_code open_store(struct serve *s, struct tb_err *e)
{
    struct arena *a = &s->cli->mem;
    struct db *d;
    int64_t broken = 0;

    if (home_take(a, s->cli->data, &s->lock_fd, e))
        return e->code;
    s->at.data_dir = s->cli->data;
    s->at.cache_dir = fs_cache_dir(a);
    s->at.share_dir = share_dir(a);
    s->at.db_url = arena_printf(a, "sqlite:%s/tongban.db", s->cli->data).p;
    if (migrate_open(s->at.db_url, s->at.share_dir, fs_join(a, s->cli->data, "backup"),
                     world_real(), &d, e))
        return e->code;
    if (draft_guards_stand(d, a, e) || adopt(d, e) || exchange_repair(d, &broken, e)) {
        db_close(d);
        return e->code;
    }
    if (broken)
        log_line(LOG_WARN, "repair", "exchanges=%lld were broken off by a crash",
                 (long long)broken);
    db_close(d);
    return TB_OK;
}

static enum tb_code open_ways(struct serve *s, struct tb_err *e)
{
    struct arena *a = &s->cli->mem;
    struct ways *w;

    if (ways_load(a, fs_join(a, s->cli->data, "sign_in.yaml"), &w, e))
        return e->code;
    s->at.ways = w;
    return TB_OK;
}

static enum tb_code open_keys(struct serve *s, struct tb_err *e)
{
    char *dir = fs_join(&s->cli->mem, s->at.data_dir, "keys");
    struct db *d;
    enum tb_code c = db_open(s->at.db_url, &d, e);

    if (c)
        return c;
    c = key_mark_open(d, dir, world_real(), &s->keys, e);
    db_close(d);
    if (c)
        return c;
    s->at.keys = s->keys;
    return TB_OK;
}

/* First what an earlier run could not write any more, so that the day's use is whole when the quota
 * reads it. */
static enum tb_code open_books(struct serve *s, struct tb_err *e)
{
    struct books_options o = { .db_url = s->at.db_url,
                               .journal_path =
                                   fs_join(&s->cli->mem, s->at.data_dir, "calls.journal"),
                               .keys = s->keys,
                               .world = world_real() };
    struct db *d;
    enum tb_code c;

    if (books_open(&o, &s->at.books, e))
        return e->code;
    if (!books_drain(s->at.books, REPLAY_MS))
        log_line(LOG_WARN, "serve", "the journal of calls is not written yet");
    if (db_open(s->at.db_url, &d, e))
        return e->code;
    c = quota_open(d, world_real(), &s->at.quota, e);
    db_close(d);
    return c ? c : quota_watch_start(s->at.quota, s->at.db_url, &s->watch, e);
}

static enum tb_code open_rules(struct serve *s, struct tb_err *e)
{
    if (employee_rules_open(s->at.share_dir, &s->employees, e))
        return e->code;
    s->at.employees = s->employees;
    return hotline_open(&s->at, &s->at.hotline, e);
}

static enum tb_code start_engines(struct serve *s, struct tb_err *e)
{
    struct pool_options o = { .models_yaml = fs_join(&s->cli->mem, s->at.share_dir, "models.yaml"),
                              .cache_dir = s->at.cache_dir,
                              .log_dir = fs_join(&s->cli->mem, s->at.data_dir, "logs"),
                              .embedded = !s->no_engine,
                              .engine_url = s->engine,
                              .probe_ms = PROBE_MS,
                              .world = world_real() };
    struct tb_err why = TB_ERR_INIT;
    struct prompt p;

    if (!prompt_load(&s->cli->mem, s->at.share_dir, "answer", &p, &why))
        o.warm = p.system;
    if (!fs_exists(o.models_yaml))
        o.models_yaml = NULL;
    return pool_start(&o, &s->at.pool, e);
}

static enum tb_code start_jobs(struct serve *s, struct tb_err *e)
{
    static const struct job_kind kinds[] = { { "embed", embedding_run },
                                             { KNOWLEDGE_JOB, job_ingest },
                                             { KNOWLEDGE_REFRESH_JOB, job_refresh },
                                             { RESEAL_JOB, resealing_run },
                                             { 0 } };
    struct jobs_options o = { .kinds = kinds,
                              .at = &s->at,
                              .world = world_real(),
                              .open_db = open_db,
                              .close_db = close_db,
                              .self = s,
                              .alone = true };

    return jobs_start(&o, &s->at.jobs, e);
}

/* Engines that somebody drained stay so until somebody lets calls come again. */
static enum tb_code drain_again(struct serve *s, struct tb_err *e)
{
    struct db *d;
    struct str names;
    enum tb_code c = db_open(s->at.db_url, &d, e);

    if (c)
        return c;
    c = setting_read(d, &s->cli->mem, ENGINES_DRAINED, &names, e);
    db_close(d);
    if (!c)
        engines_drain_again(pool_engines(s->at.pool), names);
    return c;
}

/* Reads the whole knowledge base or its snapshot; the handle it was read with is not kept. */
static enum tb_code open_search(struct serve *s, struct tb_err *e)
{
    struct search_options o = { s->at.data_dir, s->at.cache_dir, world_real() };
    struct db *d;
    enum tb_code c = db_open(s->at.db_url, &d, e);

    if (c)
        return c;
    c = search_open(&o, d, &s->at.search, e);
    db_close(d);
    return c;
}

/* Never without its tables: a missing or wrong one stops the start. */
static enum tb_code open_guard(struct serve *s, struct tb_err *e)
{
    struct db *d;
    enum tb_code c = db_open(s->at.db_url, &d, e);

    if (c)
        return c;
    c = risk_open(s->at.share_dir, s->at.data_dir, d, &s->at.risk, e);
    if (!c && !s->limits_given)
        c = limits_kept(d, &s->limits, e);
    db_close(d);
    s->at.flood = flood_new(&s->limits, world_real());
    if (c || risk_watch_start(s->at.risk, s->at.db_url, &s->risk_watch, e))
        return e->code;
    return egress_watch_start(s->at.db_url, &s->egress, e);
}

/* The OpenAI API for applications: on the same address, on loops of its own. */
static enum tb_code open_gateway(struct serve *s, struct tb_err *e)
{
    struct answer_limits keep = { .bytes = CACHE_BYTES, .ttl_ms = CACHE_MS, .threshold = s->alike };
    struct gateway_options o = { .engines = pool_engines(s->at.pool),
                                 .quota = s->at.quota,
                                 .books = s->at.books,
                                 .risk = s->at.risk,
                                 .search = s->alike > 0 ? s->at.search : NULL,
                                 .world = world_real(),
                                 .proxies = s->proxies,
                                 .loops = s->loops };

    s->cache = o.cache = answer_cache_open(&keep, world_real());
    s->at.answers = s->fresh ? NULL : s->cache;
    return gateway_start(&o, &s->gateway, e);
}

static enum tb_code listen_on(struct serve *s, struct tb_err *e)
{
    struct server_options o = { .listen = s->listen,
                                .tables = all_routes,
                                .static_dir = fs_join(&s->cli->mem, s->at.share_dir, "web/dist"),
                                .gate = s->hooks,
                                .relay = gateway_relay(s->gateway),
                                .at = &s->at,
                                .world = world_real(),
                                .slow_workers = s->slow,
                                .head_timeout_ms = s->head_ms,
                                .hosts = s->hosts,
                                .proxies = s->proxies };

    if (server_start(&o, &s->server, e))
        return e->code;
    gateway_server(s->gateway, s->server);
    return TB_OK;
}

static void raise_file_limit(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static void print_address(const struct serve *s)
{
    const char *colon = strrchr(s->listen, ':');

    if (s->cli->json)
        printf("{\"listening\":\"http://%.*s:%d/\",\"pid\":%d}\n", (int)(colon - s->listen),
               s->listen, server_port(s->server), (int)getpid());
    else
        printf("通办 %s 已启动：http://%.*s:%d/\n", TB_VERSION, (int)(colon - s->listen), s->listen,
               server_port(s->server));
    fflush(stdout);
}

/* A second signal does not wait: what was acknowledged is on the disk anyway. */
static void *second_signal(void *arg)
{
    const sigset_t *signals = arg;
    int sig;

    sigwait(signals, &sig);
    log_writer_stop(LOG_HURRY_MS);
    _exit(1);
}

static void wait_for_signal(const sigset_t *signals)
{
    static sigset_t again;
    pthread_t t;
    int sig;

    sigwait(signals, &sig);
    log_line(LOG_INFO, "serve", "stopping signal=%d", sig);
    notify_say("STOPPING=1");
    again = *signals;
    if (pthread_create(&t, NULL, second_signal, &again) == 0)
        pthread_detach(t);
}

static void close_rooms(struct serve *s)
{
    gateway_drain(s->gateway, DRAIN_MS); /* before the server: it may give connections back */
    if (s->server)
        server_stop(s->server, DRAIN_MS);
    gateway_free(s->gateway);
    answer_cache_close(s->cache);
    caretaker_stop(s->caretaker);
    quota_watch_stop(s->watch);
    books_close(s->at.books);   /* after the last call, before the trail is signed */
    console_gate_stop(s->gate); /* after the last request: its trail row is written and signed */
    jobs_stop(s->at.jobs);
    pool_stop(s->at.pool);
    quota_close(s->at.quota);
    risk_watch_stop(s->risk_watch);
    egress_watch_stop(s->egress);
    risk_close(s->at.risk);
    flood_free(s->at.flood);
    if (s->at.search)
        search_close(s->at.search);
    keyring_free(s->keys);
    hotline_close(s->at.hotline);
    employee_rules_close(s->employees);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
}

static enum tb_code open_rooms(struct serve *s, struct tb_err *e)
{
    if (read_options(s, e) || open_store(s, e) || open_rules(s, e) || open_ways(s, e) ||
        open_keys(s, e) || open_books(s, e) || open_guard(s, e) || open_search(s, e) ||
        start_engines(s, e) || drain_again(s, e) || start_jobs(s, e) ||
        console_gate_start(&s->at, world_real(), &s->gate, &s->hooks, e) || open_gateway(s, e) ||
        listen_on(s, e))
        return e->code;
    return TB_OK;
}

static enum tb_code serve_run(struct cli *c, struct tb_err *e)
{
    struct serve s = { .cli = c, .lock_fd = -1 };
    enum tb_code code;
    sigset_t signals;

    mallopt(M_ARENA_MAX, 2);
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread: all of them inherit it */
    log_writer_start();
    code = open_rooms(&s, e);
    if (!code) {
        s.caretaker = caretaker_start(&s.at, !s.no_embed);
        print_address(&s);
        notify_say("READY=1");
        wait_for_signal(&signals);
    }
    close_rooms(&s);
    if (!code)
        log_line(LOG_INFO, "serve", "stopped");
    log_writer_stop(LOG_DRAIN_MS);
    return code;
}

const struct cli_command cli_serve = {
    "serve",
    "启动服务",
    "用法：tongban serve [--data 目录] [--listen 地址:端口] [选项]\n"
    "\n"
    "  --listen 地址:端口   监听地址，默认 127.0.0.1:8080；端口为 0 时自动选一个\n"
    "  --hosts 名字,名字    允许的域名；监听本机时默认只许本机名，* 表示不限\n"
    "  --proxies 地址,地址  前置代理（如 nginx）的地址：相信它们转来的来访者地址\n"
    "  --engine 网址        优先使用的推理引擎，如 http://10.0.0.8:8000/v1\n"
    "  --no-engine          不启动内置的语言模型\n"
    "  --no-embed           不在后台计算语义向量\n"
    "  --fresh-answers      政策问答每次都问模型，不再给出以前对同一问题的回答\n"
    "  --slow-workers N     同时回答的人数上限，默认 32，其余排队\n"
    "  --gateway-loops N    模型网关的处理线程数，默认每个核一个，最多 8\n"
    "  --alike 0.95         网关缓存：换了说法、数字日期机构都相同的问题也算同一个问题，\n"
    "                       相似度 0.8 到 1；默认只认一字不差的\n"
    "  --limits 数字        防洪水：每人、每个地址、全部的存量:每秒，默认 "
    "120:1,1200:20,6000:100；off 不限\n"
    "  --head-timeout 秒    一个请求的头最多传多久，默认 10；传得更慢的连接被断开\n"
    "\n"
    "例：\n"
    "  tongban serve --data /var/lib/tongban --listen 127.0.0.1:8080 --proxies 127.0.0.1\n"
    "  tongban serve --engine http://10.0.0.8:8000/v1",
    serve_run,
};
