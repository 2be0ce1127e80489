#include "hub/rows_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The sanitizers reserve address space by the terabyte. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ADDRESS_SPACE_IS_FREE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ADDRESS_SPACE_IS_FREE 1
#endif
#endif

/* ---- files: Landlock ---- */

/* What DuckDB reads of the system when it starts: how much memory it may have. It must not fail to open what it sees is there. */
static const char *const system_files[] = {"/proc/self/cgroup", "/proc/meminfo", "/sys/fs/cgroup", NULL};

static enum cy_status allow_reading(int set, const char *path, bool is_needed, struct cy_error *error)
{
    struct landlock_path_beneath_attr below = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (below.parent_fd < 0)
        return is_needed ? cy_error_errno(error, "open", path) : CY_OK;
    struct stat what;
    bool is_folder = fstat(below.parent_fd, &what) == 0 && S_ISDIR(what.st_mode);
    below.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | (is_folder ? LANDLOCK_ACCESS_FS_READ_DIR : 0);
    long added = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
    int saved = errno;
    close(below.parent_fd);
    errno = saved;
    return added == 0 || !is_needed ? CY_OK : cy_error_errno(error, "guard files with Landlock, below", path);
}

/* Every right that version 1 can guard is guarded; reading below the folders is given back. */
static enum cy_status guard_files(const char *const *folders, bool *has_landlock, struct cy_error *error)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *has_landlock = version >= 1;
    if (!*has_landlock)
        return CY_OK;
    struct landlock_ruleset_attr rules = {.handled_access_fs = (UINT64_C(1) << 13) - 1}; /* its 13 rights */
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (set < 0)
        return cy_error_errno(error, "guard files with Landlock, for", "ciyuan worker");
    enum cy_status status = CY_OK;
    for (size_t i = 0; folders[i] != NULL && status == CY_OK; i++)
        status = allow_reading(set, folders[i], true, error);
    for (size_t i = 0; system_files[i] != NULL && status == CY_OK; i++)
        status = allow_reading(set, system_files[i], false, error);
    if (status == CY_OK && syscall(SYS_landlock_restrict_self, set, 0) != 0)
        status = cy_error_errno(error, "guard files with Landlock, for", "ciyuan worker");
    close(set);
    return status;
}

/* ---- system calls: seccomp ---- */

/* What reading files, computing and answering takes. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(fadvise64),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(membarrier),
};

static int add_rules(scmp_filter_ctx filter)
{
    static const uint64_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    int failed = 0;
    for (size_t i = 0; i < CY_COUNT(allowed); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    /* Opened for reading; mapped without a right to run; signals and limits for this process alone; flags of descriptors. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFD));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFD));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETLK)); /* DuckDB locks what it reads */
    return failed;
}

static enum cy_status guard_calls(struct cy_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int failed = filter == NULL ? -ENOMEM : add_rules(filter);
    if (failed == 0)
        failed = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    if (failed == 0)
        return CY_OK;
    cy_error_set(error, CY_FAILED, "could not enter the sandbox: seccomp does not work here");
    return cy_error_hint(error, "rows and statistics need a kernel with seccomp filters; everything else works without");
}

/* ---- all of it ---- */

static void limit(int which, uint64_t most)
{
    setrlimit(which, &(struct rlimit){most, most});
}

enum cy_status cy_sandbox_enter(const struct cy_sandbox *sandbox, bool *has_landlock, struct cy_error *error)
{
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cy_error_errno(error, "give up privileges in", "ciyuan worker");
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, sandbox->file_count_max);
#ifndef ADDRESS_SPACE_IS_FREE
    if (sandbox->memory_bytes > 0)
        limit(RLIMIT_AS, sandbox->memory_bytes);
#endif
    enum cy_status status = guard_files(sandbox->folders, has_landlock, error);
    return status == CY_OK ? guard_calls(error) : status;
}

void cy_sandbox_cpu(unsigned seconds)
{
    struct rusage used;
    struct rlimit cpu;
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_CPU, &cpu);
    cpu.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + seconds; /* whole seconds have begun */
    setrlimit(RLIMIT_CPU, &cpu);
}
