/* The child here is this program itself under another name: what it does is written in the model
 * file that it is given. */
#include "model/pool.h"
#include "model/supervisor.h"

#include "base/fs.h"

#include "fake_engine.h"
#include "tb_test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- the child's side ---- */

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], name))
            return argv[i + 1];
    return "";
}

static void child_reply(int fd, const char *request, const char *key)
{
    static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    static const char no[] = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
    static const char answer[] = FAKE_OK FAKE_DELTA("本机") FAKE_FINISH("stop") FAKE_DONE;
    char want[128];

    snprintf(want, sizeof(want), "Authorization: Bearer %s\r\n", key);
    if (!strncmp(request, "GET /health", 11))
        fake_put(fd, yes, sizeof(yes) - 1);
    else if (!key[0] || !strstr(request, want))
        fake_put(fd, no, sizeof(no) - 1);
    else if (strstr(request, "\"stream\":true"))
        fake_put(fd, answer, sizeof(answer) - 1);
    else
        fake_put(fd, yes, sizeof(yes) - 1);
}

static int child_main(int argc, char **argv)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    FILE *model = fopen(option(argc, argv, "--model"), "r");
    char mode[32] = "";
    struct fake f = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
    const char *key = getenv("LLAMA_API_KEY");

    if (!model || !fgets(mode, sizeof(mode), model) || !strncmp(mode, "dies", 4))
        return 3;
    a.sin_port = htons((uint16_t)strtol(option(argc, argv, "--port"), NULL, 10));
    if (strcmp(option(argc, argv, "--host"), "127.0.0.1") || !key ||
        bind(f.fd, (struct sockaddr *)&a, sizeof(a)) || listen(f.fd, 8))
        return 4;
    for (;;) {
        int fd = accept(f.fd, NULL, NULL);

        fake_read(&f, fd);
        if (!strncmp(mode, "reads", 5) && !strncmp(f.request, "POST", 4) &&
            !strstr(f.request, "只根据依据回答"))
            return 6;
        if (!strncmp(mode, "falls", 5) && strstr(f.request, "\"stream\":true"))
            return 5;
        child_reply(fd, f.request, key);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}

/* ---- our side ---- */

struct place {
    char dir[64], program[96], model[96];
};

static void place_make(struct place *p)
{
    struct tb_err e = TB_ERR_INIT;
    char sub[128];

    snprintf(p->dir, sizeof(p->dir), "/tmp/tb_child_XXXXXX");
    CHECK(mkdtemp(p->dir) != NULL);
    snprintf(sub, sizeof(sub), "%s/engine", p->dir);
    CHECK_INT(fs_mkdirs(sub, 0700, &e), TB_OK);
    snprintf(p->program, sizeof(p->program), "%s/engine/llama-server", p->dir);
    snprintf(sub, sizeof(sub), "%s/models", p->dir);
    CHECK_INT(fs_mkdirs(sub, 0700, &e), TB_OK);
    snprintf(p->model, sizeof(p->model), "%s/models/small.gguf", p->dir);
}

static void place_program(const struct place *p)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    CHECK(n > 0);
    self[n > 0 ? n : 0] = 0;
    CHECK_INT(symlink(self, p->program), 0);
}

static void place_model(const struct place *p, const char *mode)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(p->model, str_z(mode), 0600, &e), TB_OK);
}

static void place_clear(const struct place *p)
{
    char path[160];

    unlink(p->model);
    unlink(p->program);
    snprintf(path, sizeof(path), "%s/engine/llama-server.log", p->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/engine", p->dir);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/models", p->dir);
    rmdir(path);
    CHECK_INT(rmdir(p->dir), 0);
}

static struct supervisor *start(const struct place *p, int64_t size)
{
    char log[128];
    struct supervisor_options o = {
        .program = p->program, .log_path = log, .n = 1, .slots = 1, .world = &fake_world
    };

    snprintf(log, sizeof(log), "%s/engine/llama-server.log", p->dir);
    snprintf(o.models[0].path, sizeof(o.models[0].path), "%s", p->model);
    snprintf(o.models[0].name, sizeof(o.models[0].name), "small");
    o.models[0].size = size;
    return supervisor_start(&o);
}

/* Waits for a state, at most 20 s; the clock of the pauses is moved on meanwhile. */
static bool reaches(struct supervisor *s, enum supervisor_stage stage, int restarts,
                    struct supervisor_view *v)
{
    for (int i = 0; i < 20000; i++) {
        supervisor_look(s, v);
        if (v->stage == stage && v->restarts >= restarts)
            return true;
        if (v->stage == SUPERVISOR_FAILED)
            fake_ahead_us += 1000000;
        poll(NULL, 0, 1);
    }
    return false;
}

static bool process_there(int pid)
{
    return kill(pid, 0) == 0;
}

static void it_appears_when_its_files_appear_and_goes_when_told(void)
{
    struct supervisor_view v;
    struct supervisor *s;
    struct place p;

    place_make(&p);
    s = start(&p, 6);
    CHECK(reaches(s, SUPERVISOR_ABSENT, 0, &v));
    place_program(&p);
    place_model(&p, "ser"); /* half a file is no file */
    CHECK(reaches(s, SUPERVISOR_ABSENT, 0, &v));
    place_model(&p, "serves");
    CHECK(reaches(s, SUPERVISOR_READY, 0, &v));
    CHECK_STR(str_z(v.model), "small");
    CHECK(v.key[0] && process_there(v.pid));
    supervisor_stop(s);
    CHECK(!process_there(v.pid));
    place_clear(&p);
}

static void a_killed_child_is_started_again_with_another_key(void)
{
    struct supervisor_view first, second;
    struct supervisor *s;
    struct place p;

    place_make(&p);
    place_program(&p);
    place_model(&p, "serves");
    s = start(&p, 0);
    CHECK(reaches(s, SUPERVISOR_READY, 0, &first));
    CHECK_INT(kill(first.pid, SIGKILL), 0);
    CHECK(reaches(s, SUPERVISOR_READY, 1, &second));
    CHECK(second.pid != first.pid);
    CHECK(strcmp(second.key, first.key) != 0);
    supervisor_stop(s);
    place_clear(&p);
}

static void a_child_that_cannot_start_is_tried_again_ever_less_often(void)
{
    struct supervisor_view v;
    struct supervisor *s;
    struct place p;
    int64_t begin;

    place_make(&p);
    place_program(&p);
    place_model(&p, "dies");
    begin = fake_mono_us(&fake_world);
    s = start(&p, 0);
    CHECK(reaches(s, SUPERVISOR_FAILED, 5, &v));
    CHECK(fake_mono_us(&fake_world) - begin >= 15000000); /* 1 + 2 + 4 + 8 s */
    supervisor_stop(s);
    place_clear(&p);
}

static void it_dies_with_a_server_that_is_killed(void)
{
    struct supervisor_view v = { .pid = 0 };
    int pipe_fds[2], status;
    struct place p;
    pid_t server;

    place_make(&p);
    place_program(&p);
    place_model(&p, "serves");
    CHECK_INT(pipe(pipe_fds), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans become ours, so that their end is seen */
    server = fork();
    if (server == 0) {
        struct supervisor *s = start(&p, 0);

        if (!reaches(s, SUPERVISOR_READY, 0, &v) || write(pipe_fds[1], &v, sizeof(v)) < 0)
            _exit(1);
        pause();
    }
    CHECK_INT(read(pipe_fds[0], &v, sizeof(v)), sizeof(v));
    CHECK(v.pid > 0);
    kill(server, SIGKILL);
    CHECK_INT(waitpid(server, &status, 0), server);
    if (v.pid > 0) {
        CHECK_INT(waitpid(v.pid, &status, 0), v.pid);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    place_clear(&p);
}

/* ---- through the pool ---- */

static enum tb_code add_text(void *self, struct str s, struct tb_err *e)
{
    (void)e;
    buf_add(self, s);
    return TB_OK;
}

static enum tb_code ask(struct pool *p, struct buf *text, struct tb_err *e)
{
    struct talk t = { .world = &fake_world };
    struct model_message m = { "user", STR("您好") };
    struct model_ask q = { .task = "answer", .messages = &m, .n = 1, .max_tokens = 9 };
    struct model_sink sink = { text, add_text, NULL };
    struct model_result r;
    enum tb_code c = pool_ask(p, &t, &q, &sink, &r, e);

    arena_release(&t.mem);
    return c;
}

static bool pool_becomes(struct pool *p, bool ready)
{
    for (int i = 0; i < 20000; i++) {
        if (pool_ready(p) == ready)
            return true;
        fake_ahead_us += 10000;
        poll(NULL, 0, 1);
    }
    return false;
}

static void the_pool_answers_through_the_child_and_survives_its_fall(void)
{
    struct buf text = BUF_INIT(1024);
    struct tb_err e = TB_ERR_INIT;
    struct pool *pool = NULL;
    struct place p;
    struct pool_options o = { .cache_dir = p.dir, .embedded = true, .world = &fake_world };

    place_make(&p);
    place_program(&p);
    place_model(&p, "serves");
    CHECK_INT(pool_start(&o, &pool, &e), TB_OK);
    CHECK(pool_becomes(pool, true));
    CHECK_INT(ask(pool, &text, &e), TB_OK);
    CHECK_STR(buf_str(&text), "本机");
    pool_stop(pool);

    place_model(&p, "falls");
    CHECK_INT(pool_start(&o, &pool, &e), TB_OK);
    CHECK(pool_becomes(pool, true));
    buf_reset(&text);
    CHECK_INT(ask(pool, &text, &e), TB_UPSTREAM);
    CHECK_INT(text.n, 0);
    CHECK(pool_becomes(pool, false));
    CHECK_INT(ask(pool, &text, &e), TB_BUSY);
    CHECK(pool_becomes(pool, true));
    pool_stop(pool);
    buf_release(&text);
    place_clear(&p);
}

static void it_is_ready_only_after_it_has_read_the_fixed_beginning(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct pool *pool = NULL;
    struct place p;
    struct pool_options o = {
        .cache_dir = p.dir, .embedded = true, .world = &fake_world, .warm = STR("你只根据依据回答")
    };

    place_make(&p);
    place_program(&p);
    place_model(&p, "reads");
    CHECK_INT(pool_start(&o, &pool, &e), TB_OK);
    CHECK(pool_becomes(pool, true));
    pool_stop(pool);
    place_clear(&p);
}

static const struct tb_test tests[] = {
    TEST(it_appears_when_its_files_appear_and_goes_when_told),
    TEST(a_killed_child_is_started_again_with_another_key),
    TEST(a_child_that_cannot_start_is_tried_again_ever_less_often),
    TEST(it_dies_with_a_server_that_is_killed),
    TEST(it_is_ready_only_after_it_has_read_the_fixed_beginning),
    TEST(the_pool_answers_through_the_child_and_survives_its_fall),
};

int main(int argc, char **argv)
{
    if (option(argc, argv, "--model")[0])
        return child_main(argc, argv);
    return tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
}
