// Starting a program within bounds. Between fork and exec of a program with threads only async-signal-safe calls are allowed, which Swift
// cannot promise: this is the one thing here that must be C.
#ifndef WIREDESK_CPROCESS_H
#define WIREDESK_CPROCESS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

struct wiredesk_launch {
    const char *program;
    char *const *arguments;
    char *const *environment;
    const char *folder;
    // The child's ends of its three pipes.
    int input, output, errors;
    // Descriptor of a cgroup.procs to join, or -1.
    int group;
    // Ceilings of each process: bytes of data, seconds of CPU, bytes of a file, open descriptors.
    uint64_t memory, cpu, file, descriptors;
};

// At which step the child failed.
enum { WIREDESK_FORK = 1, WIREDESK_PIPES, WIREDESK_FOLDER, WIREDESK_LIMITS, WIREDESK_PROGRAM };

static inline int wiredesk_limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit present, limit = {soft, hard};
    if (getrlimit(resource, &present) != 0) return -1;
    // A limit that is in force already cannot be raised, and need not be.
    if (present.rlim_max != RLIM_INFINITY && present.rlim_max < limit.rlim_max) limit.rlim_max = present.rlim_max;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit);
}

// A pipe that no other program inherits; 0, or -1 with errno.
static inline int wiredesk_pipe(int ends[2]) {
#if defined(__linux__) && defined(SYS_pipe2)
    return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

// Descriptors from 3 on are closed by exec, whatever they are.
static inline void wiredesk_seal(void) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 3u, ~0u, 4u) == 0) return;
#endif
    long most = sysconf(_SC_OPEN_MAX);
    if (most < 0 || most > 65536) most = 65536;
    for (int descriptor = 3; descriptor < most; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static inline int wiredesk_become(const struct wiredesk_launch *launch, pid_t parent) {
    struct sigaction standard = {0};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    setsid();
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
    setpriority(PRIO_PROCESS, 0, 10);
    umask(077);
    if (launch->group >= 0 && write(launch->group, "0", 1) < 0) { /* It is watched all the same. */ }
    int input = fcntl(launch->input, F_DUPFD_CLOEXEC, 10);
    int output = fcntl(launch->output, F_DUPFD_CLOEXEC, 10);
    int errors = fcntl(launch->errors, F_DUPFD_CLOEXEC, 10);
    if (input < 0 || output < 0 || errors < 0) return WIREDESK_PIPES;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) return WIREDESK_PIPES;
    wiredesk_seal();
    if (chdir(launch->folder) != 0) return WIREDESK_FOLDER;
    if (wiredesk_limit(RLIMIT_CORE, 0, 0) != 0 || wiredesk_limit(RLIMIT_DATA, launch->memory, launch->memory) != 0
        || wiredesk_limit(RLIMIT_CPU, launch->cpu, launch->cpu + 1) != 0 || wiredesk_limit(RLIMIT_FSIZE, launch->file, launch->file) != 0
        || wiredesk_limit(RLIMIT_NOFILE, launch->descriptors, launch->descriptors) != 0)
        return WIREDESK_LIMITS;
    execve(launch->program, launch->arguments, launch->environment);
    return WIREDESK_PROGRAM;
}

// Starts the program as leader of a session of its own. On failure -1, with the step and its errno.
// The child dies with the thread that called this: it must live as long as the child.
static inline pid_t wiredesk_spawn(const struct wiredesk_launch *launch, int *step, int *code) {
    int report[2];
    pid_t parent = getpid();
    *step = WIREDESK_FORK;
    if (wiredesk_pipe(report) != 0) {
        *code = errno;
        return -1;
    }
    pid_t child = fork();
    if (child < 0) {
        *code = errno;
        close(report[0]);
        close(report[1]);
        return -1;
    }
    if (child == 0) {
        int high = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
        int said[2];
        said[0] = wiredesk_become(launch, parent);
        said[1] = errno;
        if (write(high, said, sizeof said) < 0) _exit(126);
        _exit(127);
    }
    close(report[1]);
    int said[2];
    ssize_t count;
    do { count = read(report[0], said, sizeof said); } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != (ssize_t)sizeof said) return child;
    while (waitpid(child, 0, 0) < 0 && errno == EINTR) {}
    *step = said[0];
    *code = said[1];
    return -1;
}

// A descriptor that becomes readable when the process ends; -1 where the system has none.
static inline int wiredesk_watch(pid_t child) {
#if defined(__linux__) && defined(SYS_pidfd_open)
    return (int)syscall(SYS_pidfd_open, child, 0);
#else
    return -1;
#endif
}

// True when the child has ended; it stays a zombie, so that its number and its group's are not given to others yet.
static inline _Bool wiredesk_has_ended(pid_t child) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

// Orphans of this process's descendants become its children, where the system can do that: nothing a plugin leaves behind gets away.
static inline void wiredesk_adopt_orphans(void) {
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

static inline int wiredesk_exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
static inline int wiredesk_end_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

#endif
