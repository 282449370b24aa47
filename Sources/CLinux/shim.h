// What Swift's Glibc module leaves out: epoll, eventfd, futex, accept4, renameat2, thread affinity.
//
// Without _GNU_SOURCE, unlike the other shims: Swift's Glibc module is built without it, and `fd_set` must
// look the same in both. What only GNU declares is reached by its system call.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);

// A connection that is non-blocking and not inherited; accept4 itself has a transparent-union argument.
static inline int linux_accept(int fd) {
    return (int)syscall(SYS_accept4, fd, (void *)0, (void *)0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// syscall() is variadic, which Swift cannot import.
static inline long linux_futex_wait(unsigned *word, unsigned expected) {
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}
static inline long linux_futex_wake(unsigned *word, int count) {
    return syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, (void *)0, (void *)0, 0);
}

// Ties the calling thread to one CPU; 0 on success.
static inline int linux_pin_to_cpu(unsigned cpu) {
    unsigned long mask[16] = {0};
    if (cpu >= sizeof mask * 8) return EINVAL;
    mask[cpu / (8 * sizeof mask[0])] = 1ul << (cpu % (8 * sizeof mask[0]));
    return syscall(SYS_sched_setaffinity, 0, sizeof mask, mask) < 0 ? errno : 0;
}

// Names the calling thread for `top` and debuggers; cut to 15 characters by the kernel.
static inline void linux_name_thread(const char *name) {
    syscall(SYS_prctl, 15 /* PR_SET_NAME */, name, 0, 0, 0);
}

// Lets the calling thread stand back, from the CPU and from the disk: nice 10, last of the best-effort class
// (ioprio_set(2), IOPRIO_WHO_PROCESS). Hints: what the system refuses is left as it is.
static inline void linux_stand_back(void) {
    syscall(SYS_setpriority, 0 /* PRIO_PROCESS */, 0, 10);
    syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7);
}

// Keeps SIGTERM and SIGINT from this thread and those it will start, so that a signalfd can read them;
// sigset_t differs between platforms. Returns the descriptor, or -1.
static inline int linux_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, (sigset_t *)0) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

// Takes one signal from a signalfd: its number, or 0 when there is none.
static inline int linux_take_signal(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

// errno is a macro over a thread-local.
static inline int linux_errno(void) { return errno; }

// fcntl is variadic, which Swift imports only in part.
static inline int linux_set_nonblocking(int fd) {
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Lets two paths change places in one step (renameat2(2), RENAME_EXCHANGE); 0 on success, otherwise errno.
static inline int linux_exchange(const char *left, const char *right) {
    return syscall(SYS_renameat2, -100 /* AT_FDCWD */, left, -100, right, 2u) < 0 ? errno : 0;
}
