//! System calls.

#![allow(unsafe_code, reason = "system calls that no safe function of std makes")]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::{io, mem, ptr};

use rustix::process::Resource;

use crate::stderr;

pub(crate) mod signals;

/// Size in bytes of the stack for signal handlers; the unwinder needs most of it.
const SIGNAL_STACK: usize = 64 * 1024;

pub(crate) fn exit(code: u8) -> ! {
    // SAFETY: _exit(2) has no preconditions.
    unsafe { libc::_exit(code.into()) }
}

pub(crate) fn unlink(path: &CStr) {
    // SAFETY: unlink(2) gets a string that ends in a null byte.
    unsafe { libc::unlink(path.as_ptr()) };
}

/// Device and inode of the file at a path, which may be a symbolic link.
pub(crate) fn file_id(path: &CStr) -> Option<(u64, u64)> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: lstat(2) gets a string that ends in a null byte, and writes the structure if it
    // returns 0.
    unsafe {
        (libc::lstat(path.as_ptr(), stat.as_mut_ptr()) == 0).then(|| {
            let stat = stat.assume_init();
            (stat.st_dev, stat.st_ino)
        })
    }
}

/// The id of the calling thread, which is positive; async-signal-safe.
pub(crate) fn thread_id() -> i32 {
    // SAFETY: gettid(2) has no preconditions.
    unsafe { libc::gettid() }
}

/// The name of the calling thread, which ends in a null byte.
pub(crate) fn thread_name() -> [u8; 16] {
    let mut name = [0; 16];
    // SAFETY: prctl(2) writes up to 16 bytes.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    name
}

pub(crate) fn use_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt(3) gets plain numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// `None` if there is no limit, or the system does not tell it: a filter of system calls may forbid
/// prlimit(2).
pub(crate) fn soft_limit(resource: Resource) -> Option<u64> {
    let resource = match resource {
        Resource::As => libc::RLIMIT_AS,
        Resource::Fsize => libc::RLIMIT_FSIZE,
        Resource::Nofile => libc::RLIMIT_NOFILE,
        Resource::Nproc => libc::RLIMIT_NPROC,
        _ => return None,
    };
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: getrlimit(2) writes the whole structure if it returns 0.
    let limit = unsafe {
        if libc::getrlimit(resource, limit.as_mut_ptr()) != 0 {
            return None;
        }
        limit.assume_init().rlim_cur
    };
    (limit != libc::RLIM_INFINITY).then_some(limit)
}

pub(crate) fn is_open(fd: RawFd) -> bool {
    // SAFETY: fcntl(2) takes any number, and F_GETFD changes nothing.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

pub(crate) fn take(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl(2) takes any number, and the one it returns is new, so nothing else owns it.
    let taken = unsafe {
        let number = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3);
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(number)
    };
    if fd == libc::STDIN_FILENO {
        let null = File::open("/dev/null")?;
        // SAFETY: both are open; what was stdin is owned by `taken`.
        unsafe { libc::dup2(null.as_raw_fd(), fd) };
    } else {
        // SAFETY: by the contract of this function nothing else uses it.
        unsafe { libc::close(fd) };
    }
    Ok(taken)
}

pub(crate) fn unshare_fd_table() {
    const FIRST: libc::c_uint = 3;
    // Where stderr is captured, the thread gets the original one under its usual number.
    if let Some(original) = stderr::moved() {
        let last = libc::c_uint::MAX;
        // SAFETY: these calls get plain numbers; a range without open ones only makes a table.
        unsafe {
            if libc::syscall(libc::SYS_close_range, last, last, libc::CLOSE_RANGE_UNSHARE) == 0
                || libc::unshare(libc::CLONE_FILES) == 0
            {
                libc::dup2(original, libc::STDERR_FILENO);
            }
        }
    }
    // SAFETY: the signal set is initialized before it is used; by the contract of this function the
    // thread owns none of the numbers that are closed, and closing a free one does nothing.
    unsafe {
        let mut signals: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut signals);
        for crash in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
            libc::sigdelset(&raw mut signals, crash);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, ptr::null_mut());
        let how = libc::CLOSE_RANGE_UNSHARE;
        if libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, how) == 0 {
            return;
        }
        // Linux before 5.9. If unshare(2) is forbidden, too, the thread keeps the shared table.
        if libc::unshare(libc::CLONE_FILES) == 0 {
            for fd in 3..1024 {
                libc::close(fd);
            }
        }
    }
}

/// The number that the system has given to a process or thread last, in this pid namespace; `None`
/// if it allows no further process.
pub(crate) fn newest_pid() -> Option<i32> {
    extern "C" fn end(_: *mut libc::c_void) -> libc::c_int {
        0
    }
    let mut stack = [0_u128; 256];
    // Without a signal for its end, so that a wait for any child does not find it. The caller is
    // suspended until it has ended (CLONE_VFORK), and nothing is copied.
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_FILES | libc::CLONE_FS;
    // SAFETY: the new process runs `end`, which only returns, on a stack that outlives it; the
    // stack is aligned and grows downward from its end.
    unsafe {
        let top = stack.as_mut_ptr_range().end;
        let pid = libc::clone(end, top.cast(), flags, ptr::null_mut());
        (pid > 0).then(|| {
            libc::waitpid(pid, ptr::null_mut(), libc::__WALL);
            pid
        })
    }
}

/// Writes if that is possible without blocking; `false` if the file descriptor is not open.
pub(crate) fn try_write(fd: RawFd, bytes: &[u8]) -> bool {
    let mut polled = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll(2) gets one structure, write(2) as many bytes as the slice has.
    unsafe {
        let ready = libc::poll(&raw mut polled, 1, 0) == 1;
        if ready && polled.revents & libc::POLLOUT != 0 {
            libc::write(fd, bytes.as_ptr().cast(), bytes.len());
        }
        !ready || polled.revents & libc::POLLNVAL == 0
    }
}

/// Reads what there is; 0 if there is nothing, or it cannot be read.
pub(crate) fn read(fd: RawFd, buffer: &mut [u8]) -> usize {
    // SAFETY: read(2) gets as much room as the slice has.
    let read = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(read).unwrap_or(0)
}

/// The number of bytes in a pipe.
pub(crate) fn unread(pipe: RawFd) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one integer.
    unsafe { libc::ioctl(pipe, libc::FIONREAD, &raw mut count) };
    usize::try_from(count).unwrap_or(0)
}

pub(crate) fn sleep_a_millisecond() {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: nanosleep(2) reads the structure.
    unsafe { libc::nanosleep(&raw const pause, ptr::null_mut()) };
}

/// Removes variables from the environment.
///
/// The value of `secret` is erased, too, where the process shows it (/proc/PID/environ).
pub(crate) fn remove_variables(names: &[CString], secret: &CStr) {
    // SAFETY: by the contract of this function no other thread uses the environment. The value is a
    // string of the environment, which nobody else refers to.
    unsafe {
        let value = libc::getenv(secret.as_ptr());
        if !value.is_null() {
            ptr::write_bytes(value, 0, libc::strlen(value));
        }
        for name in names {
            libc::unsetenv(name.as_ptr());
        }
    }
}

pub(crate) fn reset_signals() {
    // SAFETY: the signal set is initialized before it is used.
    unsafe {
        let mut none: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

/// Keeps a signal from ending this process, unless it is ignored already. Unlike one that is
/// ignored, programs that this process executes do not inherit it (execve(2)).
pub(crate) fn survive(signal: i32) {
    extern "C" fn nothing(_: libc::c_int) {}
    if is_ignored(signal) {
        return;
    }
    // SAFETY: a zeroed sigaction is valid, and the handler does nothing.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(_) as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, ptr::null_mut());
    }
}

/// Blocks or unblocks signals for the calling thread.
pub(crate) fn change_mask(how: SetMask, signals: &[i32]) {
    let how = match how {
        SetMask::Block => libc::SIG_BLOCK,
        SetMask::Unblock => libc::SIG_UNBLOCK,
    };
    // SAFETY: the signal set is initialized before it is used.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, *signal);
        }
        libc::pthread_sigmask(how, &raw const set, ptr::null_mut());
    }
}

/// A change of a signal mask.
pub(crate) enum SetMask {
    Block,
    Unblock,
}

pub(crate) fn set_stdout_aside() -> io::Result<RawFd> {
    // SAFETY: fcntl(2) and dup2(2) get plain numbers; nothing in the process owns stdout.
    unsafe {
        let aside = libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD, 3);
        if aside < 0 || libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(aside)
    }
}

pub(crate) fn restore_stdout(aside: RawFd) -> io::Result<()> {
    // SAFETY: both calls get plain numbers; by the contract of this function nothing else uses it.
    unsafe {
        if libc::dup2(aside, libc::STDOUT_FILENO) < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::close(aside);
    }
    Ok(())
}

pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action sigaction(2) only writes the current one; a zeroed structure is
    // valid if the call fails.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// Makes the C library's `stdout` line-buffered, as on a terminal.
///
/// On a pipe, output would only be written when the buffer is full, and the rest would be lost at
/// the end.
pub(crate) fn line_buffer_c_stdout() {
    unsafe extern "C" {
        static stdout: *mut libc::FILE;
    }
    // SAFETY: setvbuf(3) gets the C library's own stream, and allocates the buffer itself.
    unsafe {
        libc::setvbuf(stdout, ptr::null_mut(), libc::_IOLBF, 0);
    }
}

/// A stack for signal handlers, until it is dropped on the thread that made it.
#[derive(Debug)]
pub(crate) struct SignalStack {
    memory: *mut libc::c_void,
    length: usize,
}

/// `None` if the system refuses the memory; the stack then stays as it is.
pub(crate) fn use_signal_stack() -> Option<SignalStack> {
    // SAFETY: sysconf(3), mmap(2) and mprotect(2) get plain numbers, and sigaltstack(2) the memory
    // they return.
    unsafe {
        let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
        let length = page + SIGNAL_STACK;
        let memory = libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK,
            -1,
            0,
        );
        if memory == libc::MAP_FAILED {
            return None;
        }
        let taken = SignalStack { memory, length };
        if libc::mprotect(memory, page, libc::PROT_NONE) != 0 {
            return None;
        }
        let stack =
            libc::stack_t { ss_sp: memory.byte_add(page), ss_flags: 0, ss_size: SIGNAL_STACK };
        libc::sigaltstack(&raw const stack, ptr::null_mut());
        Some(taken)
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        // SAFETY: the memory is that of `use_signal_stack`, and no handler runs on it any more: this
        // thread stops using it first.
        unsafe {
            let none = libc::stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: SIGNAL_STACK,
            };
            libc::sigaltstack(&raw const none, ptr::null_mut());
            libc::munmap(self.memory, self.length);
        }
    }
}
