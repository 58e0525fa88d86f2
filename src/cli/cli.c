#include "cli/cli.h"

#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

static void print_help(FILE *to)
{
    fprintf(to, "tongban 通办 %s\n\n用法：tongban 命令 [参数] [--data 目录] [--json]\n\n命令：\n",
            TB_VERSION);
    for (size_t i = 0; cli_commands[i]; i++)
        fprintf(to, "  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->help);
    fprintf(to, "\n每个命令的用法和例子：tongban 命令 --help\n");
}

static void drop(struct cli *c, int at, int n)
{
    for (int i = at; i + n < c->argc; i++)
        c->argv[i] = c->argv[i + n];
    c->argc -= n;
}

const char *cli_option(struct cli *c, const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; i < c->argc; i++) {
        const char *a = c->argv[i];

        if (strcmp(a, "--") == 0)
            return NULL;
        if (strcmp(a, name) == 0 && i + 1 < c->argc) {
            const char *v = c->argv[i + 1];

            drop(c, i, 2);
            return v;
        }
        if (strncmp(a, name, n) == 0 && a[n] == '=') {
            drop(c, i, 1);
            return a + n + 1;
        }
    }
    return NULL;
}

bool cli_flag(struct cli *c, const char *name)
{
    for (int i = 0; i < c->argc && strcmp(c->argv[i], "--") != 0; i++) {
        if (strcmp(c->argv[i], name) == 0) {
            drop(c, i, 1);
            return true;
        }
    }
    return false;
}

enum tb_code cli_no_more_options(struct cli *c, struct tb_err *e)
{
    for (int i = 0; i < c->argc; i++) {
        struct str say;

        if (strcmp(c->argv[i], "--") == 0) {
            drop(c, i, 1);
            return TB_OK;
        }
        if (strncmp(c->argv[i], "--", 2) != 0)
            continue;
        say = arena_printf(&c->mem, "不认识的参数 %s；用 --help 看用法", c->argv[i]);
        return tb_fail_say(e, TB_INVALID, say, say);
    }
    return TB_OK;
}

static int fail(struct cli *c, const struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    fprintf(stderr, "tongban: %s\n", e->say);
    if (c->json) {
        json_obj(&j);
        json_kobj(&j, "error");
        json_kstr(&j, "code", str_z(tb_code_name(e->code)));
        json_kstr(&j, "message", str_z(e->say));
        json_kstr(&j, "detail", str_z(e->log));
        json_end(&j);
        json_end(&j);
        printf("%s\n", b.p);
    } else if (getenv("TONGBAN_DEBUG")) {
        fprintf(stderr, "  %s\n", e->log);
    }
    buf_release(&b);
    return 1;
}

static int run(const struct cli_command *cmd, struct cli *c)
{
    struct tb_err e = TB_ERR_INIT;
    const char *env = getenv("TONGBAN_DATA");
    int rc;

    if (cli_flag(c, "--help") || cli_flag(c, "-h")) {
        printf("%s\n\n%s\n", cmd->help, cmd->more);
        return 0;
    }
    c->json = cli_flag(c, "--json");
    c->data = cli_option(c, "--data");
    if (!c->data)
        c->data = env && *env ? env : "data";
    if (strcmp(cmd->name, "serve") != 0) /* a command speaks in sentences, not in log lines */
        log_open(2, getenv("TONGBAN_DEBUG") ? LOG_INFO : LOG_ERROR);
    rc = cmd->run(c, &e) ? fail(c, &e) : c->status;
    arena_release(&c->mem);
    return rc;
}

int cli_main(int argc, char **argv)
{
    struct cli c = { .mem = ARENA_INIT, .argc = argc - 2, .argv = argv + 2 };
    const struct cli_command *cmd;

    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tongban %s\n", TB_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return 0;
    }
    cmd = find(argv[1]);
    if (!cmd) {
        fprintf(stderr, "tongban: 没有“%s”这个命令。用 tongban --help 看全部命令\n", argv[1]);
        return 2;
    }
    return run(cmd, &c);
}
