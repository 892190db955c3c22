//! Threads of a server on which short calls of the plugin run, too.
//!
//! A call on the thread of its connection needs no other thread, which saves half of what a short call
//! costs.
//! But while it runs, its thread serves nobody else; so one more thread *stands by*, and takes over as
//! soon as a call takes longer than a moment.
//! The scheduler of Go does the same for system calls: its monitor (`sysmon`) hands the work of a
//! thread that blocks to another one.
//!
//! The threads are workers of a tokio runtime.
//! The one that stands by blocks in a task ([`stand_by`]), so that the runtime has one worker less.
//! The [`monitor`] looks every millisecond, while there are calls, whether one has not returned since
//! its last look; if so, it wakes that worker, which takes over the sockets.
//! From then on calls are made elsewhere, until one of the workers stands by again.
//!
//! **Invariant**: a call begins only while another thread stands by.
//! Without that, it could block the only worker that waits for the sockets, while the others sleep.
//!
//! **Invariant**: a call begins only while no task of a server is ready ([`ready`]).
//! One that is queued on the thread of the call would wait as long as the call: another worker takes
//! it only if it has nothing else to do, and not at all if it was woken last, or has yielded to the
//! runtime.
//! So these tasks do not yield to the runtime: [`yield_to_others`] replaces `tokio::task::yield_now`, and
//! connections have no budget (`tokio::task::unconstrained`).

mod monitor;
pub(crate) mod ready;
mod stand_by;

use std::cell::Cell;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::{fmt, io, mem};

use tokio::runtime;
use tokio::runtime::{Handle, Runtime};

use crate::instance::plugin_thread::STACK_SIZE;
use crate::io_threads::monitor::Monitor;
use crate::io_threads::ready::ReadyCount;
use crate::io_threads::stand_by::{StandBy, StandByTask};
use crate::own_thread::OwnThreads;

/// Threads for [`serve`](crate::serve()), on which calls of the plugin may run, too.
///
/// They are for `serve` alone, spawned as a task: any other task may have to wait for a call.
/// With more than one thread, calls have threads of the plugin.
///
/// A service that has them ([`Builder::io_threads`](crate::Builder::io_threads)) makes short calls on
/// the thread of their connection; see [`Lanes`](crate::Lanes).
///
/// # Examples
/// ```no_run
/// use std::num::NonZeroUsize;
///
/// use tokio::net::TcpListener;
/// use universal_worker_service::{Class, IoThreads, WorkerService, serve};
///
/// # fn example(class: Class) -> std::io::Result<()> {
/// let threads = IoThreads::new(NonZeroUsize::MIN);
/// let service = WorkerService::builder(class).io_threads(&threads).build();
/// let runtime = threads.start(|| {}, || {})?;
/// let serving = runtime.spawn(async {
///     let listener = TcpListener::bind("127.0.0.1:8080").await?;
///     let limits = service.connection_limits();
///     serve(listener, service, limits, std::future::pending()).await;
///     Ok(())
/// });
/// runtime.block_on(serving)?
/// # }
/// ```
#[derive(Clone)]
pub struct IoThreads {
    shared: Arc<Shared>,
}

/// The runtime of [`IoThreads`].
///
/// Dropping it does not wait for tasks and calls; their threads end when these return.
#[derive(Debug)]
pub struct IoRuntime {
    /// `None` once it is dropped.
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
}

/// A call on an I/O thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct InlineCall<'t> {
    shared: &'t Arc<Shared>,
    calls: &'t CallCount,
}

struct Shared {
    /// One for each thread, including the one that stands by.
    threads: Box<[CallCount]>,
    /// The number of threads that have started.
    started: AtomicUsize,
    stand_by: StandBy,
    ready: Arc<ReadyCount>,
    monitor: Arc<Monitor>,
    on_long_call: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// None unless it runs.
    runtime: Mutex<Option<Handle>>,
}

/// The calls that began and ended on one thread: odd during a call.
#[derive(Debug, Default)]
#[repr(align(64))]
struct CallCount(AtomicU64);

thread_local! {
    /// The address of the threads that this one belongs to, and its number among them.
    static MEMBER: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Lets tasks run that are ready.
pub(crate) async fn yield_to_others() {
    let mut has_yielded = false;
    let yielded = poll_fn(|cx| {
        if mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    yielded.await;
}

impl IoThreads {
    /// `count` threads; a single one has another that stands by, if calls may run on it.
    #[must_use]
    pub fn new(count: NonZeroUsize) -> Self {
        let threads = (0..=count.get()).map(|_| CallCount::default()).collect();
        let shared = Shared {
            threads,
            started: AtomicUsize::new(0),
            stand_by: StandBy::default(),
            ready: Arc::default(),
            monitor: Arc::default(),
            on_long_call: OnceLock::new(),
            runtime: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Starts the threads, for the tasks of connections; each calls `on_start` first, and `on_stop` at
    /// its end.
    ///
    /// Build the service first: only then one of them stands by.
    ///
    /// # Errors
    /// If the system refuses a thread or a file descriptor.
    pub fn start(
        &self,
        on_start: impl Fn() + Send + Sync + 'static,
        on_stop: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<IoRuntime> {
        let shared = Arc::clone(&self.shared);
        let (has_calls, started) = (shared.monitor.is_attached(), Arc::clone(&shared));
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(shared.threads.len() - usize::from(!has_calls))
            .thread_name("io")
            .thread_stack_size(STACK_SIZE)
            .on_thread_start(move || {
                on_start();
                started.enter();
            })
            .on_thread_stop(on_stop)
            .enable_all()
            .build()?;
        *shared.locked_runtime() = Some(runtime.handle().clone());
        if has_calls {
            runtime.spawn(StandByTask::new(Arc::clone(&shared)));
        }
        Ok(IoRuntime { runtime: Some(runtime), shared })
    }

    /// Announces calls, for which one thread is to stand by; the monitor will be one of `own_threads`.
    pub(crate) fn attach(&self, own_threads: OwnThreads) {
        self.shared.monitor.attach(own_threads);
    }

    /// Whether there can be calls: not with several threads, of which each would have to wait for the
    /// connections of all.
    pub(crate) fn may_call(&self) -> bool {
        self.shared.threads.len() == 2
    }

    /// Sets the callback for a call that takes long; it runs on the thread of the monitor.
    pub(crate) fn on_long_call(&self, callback: impl Fn() + Send + Sync + 'static) {
        let _ = self.shared.on_long_call.set(Box::new(callback));
    }

    /// Whether a connection waits to be served.
    pub(crate) fn has_ready_task(&self) -> bool {
        !self.shared.ready.is_zero()
    }

    /// Whether a call may begin on this thread: it is one of these, and another one stands by.
    pub(crate) fn may_call_here(&self) -> bool {
        self.shared.stand_by.is_ready() && self.calls_here().is_some()
    }

    /// Begins a call on this thread; `None` if it may not.
    pub(crate) fn begin(&self) -> Option<InlineCall<'_>> {
        if !self.shared.stand_by.is_ready() {
            return None;
        }
        let calls = self.calls_here()?;
        calls.advance();
        let call = InlineCall { shared: &self.shared, calls };
        self.shared.watch().then_some(call)
    }

    fn calls_here(&self) -> Option<&CallCount> {
        let (address, number) = MEMBER.get();
        self.shared.threads.get(number).filter(|_| address == self.shared.address())
    }
}

impl Drop for InlineCall<'_> {
    fn drop(&mut self) {
        self.calls.advance();
        // It took long, and another thread has taken over: one of the two can stand by again.
        if !self.shared.stand_by.is_ready() {
            self.shared.watch();
        }
    }
}

impl Deref for IoRuntime {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for IoRuntime {
    fn drop(&mut self) {
        self.shared.stand_by.close();
        self.shared.locked_runtime().take();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn address(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Makes the calling thread a member.
    fn enter(self: &Arc<Self>) {
        MEMBER.set((self.address(), self.started.fetch_add(1, SeqCst)));
        self.ready.enter();
    }

    /// Has another thread serve, because a call takes long.
    fn take_over(&self) {
        if self.stand_by.take_over()
            && let Some(on_long_call) = self.on_long_call.get()
        {
            on_long_call();
        }
    }

    /// Wakes a thread of the runtime, so that one waits for the sockets: when the one that stands by
    /// now did, the other may have gone to sleep.
    fn kick(&self) {
        if let Some(runtime) = &*self.locked_runtime() {
            runtime.spawn(async {});
        }
    }

    fn locked_runtime(&self) -> MutexGuard<'_, Option<Handle>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call is running.
    fn is_calling(&self) -> bool {
        self.threads.iter().any(|calls| calls.get() % 2 == 1)
    }

    /// Has the monitor watch the calls; false if it cannot start.
    fn watch(self: &Arc<Self>) -> bool {
        self.monitor.wake() || Monitor::start(self)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.monitor.close();
    }
}

impl CallCount {
    fn get(&self) -> u64 {
        self.0.load(SeqCst)
    }

    /// Only the own thread does this.
    fn advance(&self) {
        self.0.store(self.0.load(SeqCst) + 1, SeqCst);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for IoThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IoThreads").field("count", &(self.shared.threads.len() - 1)).finish()
    }
}
