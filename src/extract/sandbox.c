#include "extract/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef SANDBOX_SANITIZED
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static bool limit(int what, rlim_t v)
{
    const struct rlimit l = { v, v };

    return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

static bool limits_set(unsigned cpu_seconds)
{
    /* AddressSanitizer reserves terabytes of addresses */
    return (SANITIZED || limit(RLIMIT_AS, SANDBOX_MEMORY)) && limit(RLIMIT_CPU, cpu_seconds) &&
           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, SANITIZED ? 64 : 3) &&
           limit(RLIMIT_CORE, 0);
}

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getrandom),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
};
/* AddressSanitizer's own needs, in test builds only. */
static const int sanitizer_allowed[] = {
    SCMP_SYS(sigaltstack), SCMP_SYS(sched_getaffinity), SCMP_SYS(readlink),
    SCMP_SYS(prctl),       SCMP_SYS(sched_yield),
};
/* Asked for by libraries, harmless to refuse. */
static const int refused[] = { SCMP_SYS(ioctl), SCMP_SYS(access), SCMP_SYS(getcwd),
                               SCMP_SYS(uname) };

static int allow_each(scmp_filter_ctx f, const int *calls, size_t n, uint32_t action)
{
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++)
        rc = seccomp_rule_add(f, action, calls[i], 0);
    return rc;
}

/* Bytes leave by descriptors 1 and 2 only; no memory becomes executable; a file may be asked for
 * reading, and is not given; aborting is allowed. */
static int rules_with_arguments(scmp_filter_ctx f)
{
    const scmp_datum_t wants_write = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
    int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_LE, 2, 0));

    if (!rc)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!rc)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!rc)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    if (!rc)
        rc = seccomp_rule_add(f, SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES),
                              SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, wants_write, 0));
    if (!rc && SANITIZED) /* a report names where the error is with the help of /proc/self/maps */
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, wants_write, 0));
    return rc;
}

static int filter_load(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = f ? 0 : -ENOMEM;

    if (!rc)
        rc = allow_each(f, allowed, sizeof(allowed) / sizeof(allowed[0]), SCMP_ACT_ALLOW);
    if (!rc && SANITIZED)
        rc = allow_each(f, sanitizer_allowed,
                        sizeof(sanitizer_allowed) / sizeof(sanitizer_allowed[0]), SCMP_ACT_ALLOW);
    else if (!rc)
        rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(readlink), 0);
    if (!rc)
        rc = allow_each(f, refused, sizeof(refused) / sizeof(refused[0]), SCMP_ACT_ERRNO(EPERM));
    if (!rc)
        rc = rules_with_arguments(f);
    if (!rc)
        rc = seccomp_load(f);
    seccomp_release(f);
    return rc;
}

enum tb_code sandbox_enter(unsigned cpu_seconds, struct tb_err *e)
{
    int rc;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        !limits_set(cpu_seconds))
        return tb_fail(e, TB_INTERNAL, "安全沙箱启动失败，文件没有被读取", "limits errno=%d",
                       errno);
    rc = filter_load();
    if (rc)
        return tb_fail(e, TB_INTERNAL, "安全沙箱启动失败，文件没有被读取", "seccomp rc=%d", rc);
    return TB_OK;
}

/* A memory error, where a sanitizer is there to see it. */
static bool read_beyond(const char *p, size_t n)
{
    const volatile char *at = p;

    return at[n] == 0;
}

bool sandbox_probe(const char *what)
{
    static char *const nothing[] = { NULL };

    if (strcmp(what, "socket") == 0)
        return socket(AF_INET, SOCK_STREAM, 0) >= 0;
    if (strcmp(what, "write") == 0)
        return open("/tmp/tongban-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
    if (strcmp(what, "read") == 0)
        return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
    if (strcmp(what, "exec") == 0)
        return execve("/bin/true", nothing, nothing) == 0;
    if (strcmp(what, "fork") == 0)
        return fork() >= 0;
    if (strcmp(what, "ptrace") == 0)
        return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
    if (strcmp(what, "kill") == 0)
        return kill(getppid(), 0) == 0;
    if (SANITIZED && strcmp(what, "overflow") == 0)
        return read_beyond(malloc(8), 8);
    return false;
}
