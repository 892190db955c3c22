//! The handler, and what it asks the system for.

#![allow(unsafe_code, reason = "signal handlers and what may be called from them")]

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::ffi::c_void;
use std::io;
use std::mem;
use std::process;
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::imp::write_if_possible;
use crate::last_words::SUBJECT;
use crate::last_words::Subject;
use crate::last_words::record;
use crate::last_words::record::Crash;
use crate::last_words::record::Frame;
use crate::last_words::record::RECORD;
use crate::last_words::text::Text;

mod frames;

const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGABRT, "SIGABRT"),
];

/// Bytes of the stack that the handler has; the unwinder takes most of it.
const STACK: usize = 64 * 1024;

/// How long the telling may take, in seconds.
const TELLING: libc::time_t = 1;

/// The process whose crash is told: what a plugin forks has the same handlers.
static OURS: AtomicI32 = AtomicI32::new(0);

/// The thread that tells, once there is one: a crash is told once.
static TELLER: AtomicI32 = AtomicI32::new(0);

/// Whether exit(3) was called, which this process never does itself.
static HAS_EXITED: AtomicBool = AtomicBool::new(false);

/// What is too large for the handler's stack; used by the one thread that tells.
struct Record(UnsafeCell<Text<RECORD>>);

// SAFETY: only the thread that has set TELLER comes here.
unsafe impl Sync for Record {}

static RECORD_TEXT: Record = Record(UnsafeCell::new(Text::new()));

/// Installs the handler for all signals of a crash.
pub(super) fn install() -> io::Result<()> {
    OURS.store(process::id().cast_signed(), Ordering::Relaxed);
    for (signal, _) in SIGNALS {
        // SAFETY: a zeroed sigaction is valid; the handler has the signature that SA_SIGINFO asks
        // for, and does nothing that is not async-signal-safe.
        let failed = unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_crash as extern "C" fn(_, _, _) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigfillset(&raw mut action.sa_mask);
            libc::sigaction(signal, &raw const action, ptr::null_mut()) != 0
        };
        if failed {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// From now on a call of exit(3) is a crash; each further time, before what was registered since the
/// last one.
pub(super) fn watch_exit() -> io::Result<()> {
    // SAFETY: atexit(3) gets a function of the type that it asks for, which is never unloaded.
    match unsafe { libc::atexit(on_exit) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

extern "C" fn on_exit() {
    // SAFETY: getpid(2) and abort(3) have no preconditions.
    unsafe {
        // What the plugin has forked ends as it likes.
        if libc::getpid() == OURS.load(Ordering::Relaxed) {
            HAS_EXITED.store(true, Ordering::Relaxed);
            libc::abort();
        }
    }
}

/// Gives this thread a stack on which the handler can run when its own is used up; it is kept for as
/// long as the process is there.
pub(super) fn use_own_stack() {
    // SAFETY: sysconf(3), mmap(2) and mprotect(2) get plain numbers, and sigaltstack(2) the memory
    // that they made, which is never given back. Where one fails, the stack stays as it is.
    unsafe {
        let Ok(page) = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)) else { return };
        let memory = libc::mmap(
            ptr::null_mut(),
            page + STACK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK,
            -1,
            0,
        );
        if memory == libc::MAP_FAILED || libc::mprotect(memory, page, libc::PROT_NONE) != 0 {
            return;
        }
        let stack = libc::stack_t { ss_sp: memory.byte_add(page), ss_flags: 0, ss_size: STACK };
        libc::sigaltstack(&raw const stack, ptr::null_mut());
    }
}

extern "C" fn on_crash(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system hands over what SA_SIGINFO promises; all below is async-signal-safe.
    unsafe {
        let code = (*info).si_code;
        let is_ours = libc::getpid() == OURS.load(Ordering::Relaxed);
        // The timer of the thread that tells: that hangs.
        let is_time_over = code == libc::SI_TIMER;
        if is_ours && !is_time_over {
            let this = libc::gettid();
            match TELLER.compare_exchange(0, this, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if let Some(subject) = SUBJECT.get() {
                        let has_address = code > 0 && signal != libc::SIGABRT;
                        let address = has_address.then(|| (*info).si_addr().addr());
                        tell(signal, address, context, subject);
                    }
                }
                // It ends the process.
                Err(teller) if teller != this => wait_for_the_end(),
                Err(_) => {}
            }
        }
        take_default_action(signal, code);
    }
}

fn wait_for_the_end() {
    let pause = libc::timespec { tv_sec: 2 * TELLING, tv_nsec: 0 };
    // SAFETY: nanosleep(2) reads the structure.
    unsafe { libc::nanosleep(&raw const pause, ptr::null_mut()) };
}

/// When the handler returns, or, as the first process of a pid namespace, at once.
fn take_default_action(signal: c_int, code: c_int) {
    // SAFETY: these calls get plain numbers.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        // pid_namespaces(7): the system keeps the first process from a signal that has its default
        // action, and that it sent itself. This is what the outside is told of one that ends by it.
        if libc::getpid() == 1 {
            libc::_exit(128 + signal);
        }
        // A fault happens again; a signal that was sent has to be sent again.
        if code <= 0 || signal == libc::SIGABRT {
            libc::syscall(libc::SYS_tgkill, libc::getpid(), libc::gettid(), signal);
        }
    }
}

/// # Safety
/// To be called by one thread, in a handler, with the context that the handler was given.
unsafe fn tell(signal: c_int, address: Option<usize>, context: *mut c_void, subject: &Subject) {
    // SAFETY: by the contract of this function the context is one, and nobody else is here.
    unsafe {
        // Whatever of this hangs: a file on a disk that does not answer, the unwinder.
        raise_later(signal);
        let (pc, sp) = frames::registers(context);
        let mut thread = [0_u8; 16];
        libc::prctl(libc::PR_GET_NAME, thread.as_mut_ptr());
        let is_main = libc::gettid() == libc::getpid();
        let name = thread.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = if is_main { b"main" } else { name };
        let known = SIGNALS.iter().find(|(known, _)| *known == signal);
        let crash = Crash {
            signal: known.map_or("a signal", |(_, name)| *name),
            address,
            is_exit: signal == libc::SIGABRT && HAS_EXITED.load(Ordering::Relaxed),
            is_overflow: signal == libc::SIGSEGV && address.is_some_and(|at| is_near(at, sp)),
            thread: name,
            pid: libc::getpid().cast_unsigned(),
            at: now(),
        };
        write_if_possible(record::line(&crash, subject).bytes());
        let record = &mut *RECORD_TEXT.0.get();
        record::begin(record, &crash, subject);
        let file = subject.crash_file.as_ref().map_or(-1, |path| {
            let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
            libc::open(path.as_ptr(), flags | libc::O_NONBLOCK, 0o600)
        });
        write_at_start(file, record);

        // All that must be said is said; what follows may hang.
        let mut is_first = true;
        frames::each(pc, |frame| {
            write_if_possible(frame_line(frame).bytes());
            record::push_frame(record, frame, is_first);
            is_first = false;
        });
        write_at_start(file, record);
    }
}

/// Whether an address is where a stack that has overflowed would be written to.
fn is_near(address: usize, stack_pointer: usize) -> bool {
    const ABOVE: usize = 4 * 1024;
    const BELOW: usize = 64 * 1024;
    (stack_pointer.saturating_sub(BELOW)..stack_pointer.saturating_add(ABOVE)).contains(&address)
}

fn frame_line(frame: &Frame<'_>) -> Text<640> {
    use std::fmt::Write;
    let mut line = Text::new();
    // Writing to it does not fail.
    let _ = write!(line, "  {:#018x}", frame.address);
    if let Some((module, offset)) = frame.module {
        line.push(b" ");
        line.push(module);
        let _ = write!(line, "+{offset:#x}");
    }
    line.push(b"\n");
    line
}

fn now() -> Duration {
    // SAFETY: clock_gettime(2) writes to the structure that it is given, and is
    // async-signal-safe.
    unsafe {
        let mut time: libc::timespec = mem::zeroed();
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time);
        Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec.try_into().unwrap_or(0))
    }
}

/// Writes a record over what the file has; nothing happens where there is no file.
fn write_at_start(file: c_int, record: &Text<RECORD>) {
    if file >= 0 {
        let bytes = record.bytes();
        // SAFETY: pwrite(2) gets as many bytes as there are.
        unsafe { libc::pwrite(file, bytes.as_ptr().cast(), bytes.len(), 0) };
    }
}

/// Lets the system send the signal to this process after a while.
///
/// By the calls of the kernel: the C library's timer_create(3) may take memory.
fn raise_later(signal: c_int) {
    // SAFETY: zeroed structures are valid, and the system reads them and writes the timer.
    unsafe {
        let mut event: libc::sigevent = mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        let mut timer: c_int = 0;
        let clock = libc::CLOCK_MONOTONIC;
        if libc::syscall(libc::SYS_timer_create, clock, &raw const event, &raw mut timer) != 0 {
            return;
        }
        let mut time: libc::itimerspec = mem::zeroed();
        time.it_value.tv_sec = TELLING;
        let none: *mut libc::itimerspec = ptr::null_mut();
        libc::syscall(libc::SYS_timer_settime, timer, 0, &raw const time, none);
    }
}
