/* What a measured program costs: processor time and resident memory of a process and everything it
 * started. Memory that its processes share is counted once for each. */
#ifndef BENCH_GATEWAY_PROC_H
#define BENCH_GATEWAY_PROC_H
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESSES_MAX = 4096 };

struct cost {
    double cpu_s, rss_mb;
    int processes;
};

struct process {
    int pid, parent;
    long ticks, pages;
    bool ours;
};

static inline bool process_read(const char *pid, struct process *p)
{
    char path[300], text[1024], *after;
    unsigned long user = 0, system = 0;
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    f = fopen(path, "r");
    if (!f)
        return false;
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    after = strrchr(text, ')'); /* a name may hold anything, even ") 1" */
    *p = (struct process){ .pid = atoi(pid) };
    if (!after || sscanf(after + 1,
                         " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d "
                         "%*d %*u %*u %ld",
                         &p->parent, &user, &system, &p->pages) != 4)
        return false;
    p->ticks = (long)(user + system);
    return true;
}

static inline int processes_read(struct process *all)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int n = 0;

    while (d && n < PROCESSES_MAX && (e = readdir(d)))
        if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && process_read(e->d_name, &all[n]))
            n++;
    if (d)
        closedir(d);
    return n;
}

static inline bool is_ours(const struct process *all, int n, const struct process *p)
{
    for (int i = 0; i < n; i++)
        if (all[i].ours && all[i].pid == p->parent)
            return true;
    return false;
}

/* Nanoseconds that the scheduler gave to the threads that it has now; ticks are taken by sampling,
 * which misses what sleeps and wakes in step with the clock. */
static inline double process_cpu_s(const struct process *p)
{
    char path[400];
    struct dirent *e;
    double s = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
    d = opendir(path);
    while (d && (e = readdir(d))) {
        unsigned long long ns = 0;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", p->pid, e->d_name);
        f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f && fscanf(f, "%llu", &ns) == 1)
            s += (double)ns / 1e9;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return s > 0 ? s : (double)p->ticks / (double)sysconf(_SC_CLK_TCK);
}

/* pid 0: nothing is measured, all is 0. */
static inline struct cost cost_of(int pid)
{
    static struct process all[PROCESSES_MAX];
    struct cost c = { 0 };
    int n = pid > 0 ? processes_read(all) : 0;
    bool more = true;

    for (int i = 0; i < n; i++)
        all[i].ours = all[i].pid == pid;
    while (more) {
        more = false;
        for (int i = 0; i < n; i++)
            if (!all[i].ours && is_ours(all, n, &all[i]))
                more = all[i].ours = true;
    }
    for (int i = 0; i < n; i++) {
        if (!all[i].ours)
            continue;
        c.processes++;
        c.cpu_s += process_cpu_s(&all[i]);
        c.rss_mb += (double)all[i].pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
    }
    return c;
}

#endif
