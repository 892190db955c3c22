//! The signal handler and its system calls.

#![allow(unsafe_code, reason = "signal handlers and what may be called from them")]

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;
use std::{io, mem, process, ptr};

use universal_worker_process::thread::Role;
use universal_worker_process::{FixedText, stderr, thread};

use crate::imp::record_file::RecordFile;
use crate::record::{Crash, RECORD, Thread};
use crate::{AfterCrash, Prepared, SUBJECT, activity, line, loading_file, record};

mod frames;
pub(crate) mod library;
pub(crate) mod record_file;

const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGABRT, "SIGABRT"),
];

/// Time limit of a report in seconds.
const REPORT_TIME: libc::time_t = 1;

/// The process whose crashes are reported; processes that a plugin forks inherit the handlers.
static OUR_PID: AtomicI32 = AtomicI32::new(0);

/// The thread that reports, if any: only one crash is reported.
static REPORTER: AtomicI32 = AtomicI32::new(0);

/// Whether exit(3) was called, which the worker itself never does.
static EXIT_CALLED: AtomicBool = AtomicBool::new(false);

/// The actions that were in force before ours, if they get the signals afterwards.
static FORMER: OnceLock<[libc::sigaction; SIGNALS.len()]> = OnceLock::new();

/// Static, because it is too large for the handler's stack; only the reporting thread uses it.
struct Record(UnsafeCell<FixedText<RECORD>>);

// SAFETY: only the thread that has set REPORTER uses it.
unsafe impl Sync for Record {}

static RECORD_TEXT: Record = Record(UnsafeCell::new(FixedText::new()));

/// Installs the handler for all crash signals.
pub(super) fn install(after: AfterCrash) -> io::Result<()> {
    OUR_PID.store(process::id().cast_signed(), Ordering::Relaxed);
    // SAFETY: a zeroed sigaction is valid.
    let mut former: [libc::sigaction; SIGNALS.len()] = unsafe { mem::zeroed() };
    for ((signal, _), former) in SIGNALS.into_iter().zip(&mut former) {
        // SAFETY: a zeroed sigaction is valid; the handler has the signature that SA_SIGINFO asks
        // for, and does nothing that is not async-signal-safe.
        let failed = unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_crash as extern "C" fn(_, _, _) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigfillset(&raw mut action.sa_mask);
            libc::sigaction(signal, &raw const action, former) != 0
        };
        if failed {
            return Err(io::Error::last_os_error());
        }
    }
    if after == AfterCrash::FormerHandler {
        // A later call would find our own handler.
        FORMER.get_or_init(|| former);
    }
    Ok(())
}

/// Treats a call of exit(3) as a crash. Calling this again makes it run before the exit handlers
/// registered since the last call.
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
        // A process that the plugin forked may exit.
        if libc::getpid() == OUR_PID.load(Ordering::Relaxed) {
            EXIT_CALLED.store(true, Ordering::Relaxed);
            libc::abort();
        }
    }
}

extern "C" fn on_crash(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system hands over what SA_SIGINFO promises; all below is async-signal-safe.
    unsafe {
        let code = (*info).si_code;
        let is_ours = libc::getpid() == OUR_PID.load(Ordering::Relaxed);
        // The timer has expired: the report hangs.
        let timed_out = code == libc::SI_TIMER;
        if is_ours && !timed_out {
            let this = libc::gettid();
            match REPORTER.compare_exchange(0, this, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if let Some(subject) = SUBJECT.get() {
                        report(signal, info, context, subject);
                    }
                }
                // The reporter ends the process.
                Err(reporter) if reporter != this => wait_for_the_end(),
                Err(_) => {}
            }
        }
        match former_action(signal) {
            None => take_default_action(signal, code),
            Some(former) => hand_over(&former, signal, info, context),
        }
    }
}

fn wait_for_the_end() {
    let pause = libc::timespec { tv_sec: 2 * REPORT_TIME, tv_nsec: 0 };
    // SAFETY: nanosleep(2) reads the structure.
    unsafe { libc::nanosleep(&raw const pause, ptr::null_mut()) };
}

/// Takes effect when the handler returns, or at once in the first process of a pid namespace.
fn take_default_action(signal: c_int, code: c_int) {
    // SAFETY: these calls get plain numbers.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        // pid_namespaces(7): the first process does not receive signals that have the default
        // action and come from inside. This is the exit status that a shell reports for the signal.
        if libc::getpid() == 1 {
            libc::_exit(128 + signal);
        }
    }
    repeat(signal, code);
}

/// The former action of a signal, if it is a handler that gets the signal now.
fn former_action(signal: c_int) -> Option<libc::sigaction> {
    let place = SIGNALS.iter().position(|(known, _)| *known == signal)?;
    let former = FORMER.get()?[place];
    let is_handler = !matches!(former.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN);
    is_handler.then_some(former)
}

/// Gives the signal to the former handler, once.
///
/// If the handler returns from a fault, that repeats with the default action; if it returns from a
/// signal that was sent, the timer of the report ends the process.
///
/// # Safety
/// `info` and `context` are those of the handler that calls it.
unsafe fn hand_over(
    former: &libc::sigaction,
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
    // SAFETY: the action was in force before; a handler without SA_SIGINFO ignores the arguments
    // after the first.
    unsafe {
        let code = (*info).si_code;
        // The first process of a pid namespace would not receive the signal a second time; and what
        // the handler writes to a captured stderr has to be read afterwards.
        if libc::getpid() == 1 || stderr::is_captured() {
            mem::transmute::<usize, Handler>(former.sa_sigaction)(signal, info, context);
            stderr::settle();
            return take_default_action(signal, code);
        }
        let mut once = *former;
        once.sa_flags |= libc::SA_RESETHAND;
        libc::sigaction(signal, &raw const once, ptr::null_mut());
        repeat(signal, code);
    }
}

/// A fault repeats by itself; a signal that was sent has to be sent again.
fn repeat(signal: c_int, code: c_int) {
    if code <= 0 || signal == libc::SIGABRT {
        // SAFETY: these calls get plain numbers.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), libc::gettid(), signal) };
    }
}

/// # Safety
/// One thread may call it, in a handler, with what the handler was given.
unsafe fn report(
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
    subject: &Prepared,
) {
    // SAFETY: by the contract of this function these are what they are called, and nobody else is
    // here.
    unsafe {
        // The disk or the unwinder may hang.
        raise_later(signal);
        let code = (*info).si_code;
        let has_address = code > 0 && signal != libc::SIGABRT;
        let address = has_address.then(|| (*info).si_addr().addr());
        let is_sent = code == libc::SI_USER || code == libc::SI_QUEUE || code == libc::SI_TKILL;
        let sender = is_sent.then(|| (*info).si_pid()).filter(|sender| *sender != libc::getpid());
        let (pc, sp) = frames::registers(context);
        let mut name = [0_u8; 16];
        libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr());
        let known = SIGNALS.iter().find(|(known, _)| *known == signal);
        let crash = Crash {
            signal: known.map_or("a signal", |(_, name)| *name),
            address,
            sender,
            is_exit: signal == libc::SIGABRT && EXIT_CALLED.load(Ordering::Relaxed),
            is_overflow: signal == libc::SIGSEGV && address.is_some_and(|at| is_near(at, sp)),
            thread: this_thread(name.split(|byte| *byte == 0).next().unwrap_or_default()),
            pid: libc::getpid().cast_unsigned(),
            at: now(),
            loading: loading_file(),
            library_changed: library::has_changed(),
        };
        // What the plugin said before comes first.
        stderr::settle();
        stderr::try_write_line(line::line(&crash, subject).bytes());
        let record = &mut *RECORD_TEXT.0.get();
        record::begin(record, &crash, subject);
        let path = subject.record.as_ref();
        let file = path.map_or(RecordFile::None, |path| RecordFile::open(path));
        let is_written = file.write_start(record.bytes());
        if let Some(path) = path.filter(|_| !is_written) {
            stderr::try_write_line(line::no_record(path).bytes());
        }

        // The essentials are written; what follows may hang.
        let mut is_first = true;
        frames::each(pc, |frame| {
            stderr::try_write_line(line::frame_line(frame).bytes());
            record::push_frame(record, frame, is_first);
            is_first = false;
        });
        file.write_whole(record.bytes());
        stderr::settle();
    }
}

/// The calling thread, from the name that the system has for it.
fn this_thread(name: &[u8]) -> Thread<'_> {
    // SAFETY: both calls have no preconditions.
    let is_first = unsafe { libc::gettid() == libc::getpid() };
    let name = if is_first { b"main" } else { name };
    match thread::role() {
        // An I/O thread may execute a run.
        Some(Role::Worker) if !activity::is_running() => Thread::Worker(name),
        Some(Role::Worker | Role::Plugin) => Thread::Lane(name),
        None if is_first => Thread::Lane(name),
        // A thread inherits the name of the one that starts it.
        None => Thread::OfPlugin((!thread::is_name_of_known(name)).then_some(name)),
    }
}

/// Whether the address is where an overflowing stack would be written.
fn is_near(address: usize, stack_pointer: usize) -> bool {
    const ABOVE: usize = 4 * 1024;
    const BELOW: usize = 64 * 1024;
    (stack_pointer.saturating_sub(BELOW)..stack_pointer.saturating_add(ABOVE)).contains(&address)
}

fn now() -> Duration {
    // SAFETY: clock_gettime(2) writes to the structure it is given, and is async-signal-safe.
    unsafe {
        let mut time: libc::timespec = mem::zeroed();
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time);
        Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec.try_into().unwrap_or(0))
    }
}

/// Has the system send the signal to this process later.
///
/// Directly by system calls, since the C library's timer_create(3) may allocate.
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
        time.it_value.tv_sec = REPORT_TIME;
        let none: *mut libc::itimerspec = ptr::null_mut();
        libc::syscall(libc::SYS_timer_settime, timer, 0, &raw const time, none);
    }
}
