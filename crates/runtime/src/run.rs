//! The life of a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use universal_worker_crash as crash;
use universal_worker_crash::{AfterCrash, Subject, activity};
use universal_worker_listen::Bound;
use universal_worker_logging as logging;
use universal_worker_process::descendants::Reaper;
use universal_worker_process::thread::Role;
use universal_worker_process::{
    Error as ProcessError, Queue, descendants, limits, signals, stderr, stdout, thread,
};
use universal_worker_service::{Canary, IoThreads, WorkerService};

use crate::announce::Announcement;
use crate::config::{Config, Orphans};
use crate::drain::{Drain, DrainTime, Drained};
use crate::error::Error;
use crate::event::{Event, Reporter, StopReason};
use crate::force_exit::ForceExit;
use crate::hooks::Hooks;
use crate::inherited::Inherited;
use crate::load_watch::LoadWatch;
use crate::outcome::Outcome;
use crate::plugin_label::PluginLabel;
use crate::server::{Server, Sharing};
use crate::source::ClassSource;
use crate::start_line::StartLine;
use crate::stop::Stop;
use crate::token::Token;
use crate::{announce, crash_file, event, force_exit, hooks, input, load, report};

/// Serves a plugin until there is a reason to stop; returns the exit code.
///
/// Blocks the calling thread, which only waits for events and reaps orphans (see [`Orphans`]).
/// The caller must pass the code to `universal_worker_process::exit::now`: threads of the plugin
/// may still be running, and destructors of its library may hang.
#[must_use]
pub fn run(config: &Config, source: impl ClassSource) -> u8 {
    thread::register(Role::Worker);
    exit_on_panic();
    limits::spare_address_space();
    let attempted = catch_unwind(AssertUnwindSafe(|| attempt(config, Box::new(source))));
    let panicked = |_| Err(Error::defect("the thread of the worker's life panicked"));
    let outcome = attempted.unwrap_or_else(panicked).unwrap_or_else(|error| {
        let outcome = report::failed(error);
        // The plugin may have started processes before it failed.
        if let Some(survivors) = descendants::terminate(config.stop_grace / 2) {
            log::error!("abandoned: {survivors}");
        }
        outcome
    });
    report::conclude_and_kill(outcome)
}

/// From now on, a panic of a thread of the worker ends the process with code 70.
///
/// [`run`] does this, too; for a front end that calls it on a thread of its own.
pub fn exit_on_panic() {
    thread::on_panic(force_exit::on_panic);
}

fn attempt(config: &Config, source: Box<dyn ClassSource>) -> Result<Outcome, Error> {
    // Read before any file descriptor gets another number: the file may be one, as /dev/stdin is.
    let inputs = Inputs::read(config);
    let token = config.token.as_ref().map(Token::read).transpose();
    let inherited = Inherited::take(config);
    logging::init(config.log_format, &config.log_filter);
    let (inherited, inputs, token) = (inherited?, inputs?, token?);
    capture_output(config.log_format)?;
    let crash_file = config.crash_file.as_deref().map(crash_file::check).transpose()?.flatten();
    let warnings = config.warnings.iter().cloned();
    let warnings = warnings.chain(token.as_ref().and_then(|token| token.warning.clone()));
    warnings.chain(crash_file).for_each(|warning| log::warn!("{warning}"));
    if let Some(socket) = &config.notify_socket {
        announce::set_notify_socket(socket);
    }
    let events = Queue::unbounded();
    let reporter =
        Reporter::new(events.clone(), ForceExit::new(config.stop_grace)?, config.drain_timeout);
    let hooks = source.hooks();
    let mut config = config.clone();
    if let Some(token) = token {
        config.access = config.access.require_token(token.text);
    }
    let plugin = source.label();
    Worker { config: &config, plugin, hooks, reporter, events }.run(inherited, source, inputs)
}

/// JSON from the command line.
struct Inputs {
    plugin_config: Option<Vec<u8>>,
    canary: Option<Canary>,
}

impl Inputs {
    fn read(config: &Config) -> Result<Self, Error> {
        let read_canary = |input| input::read_canary(input, config.canary_every);
        Ok(Self {
            plugin_config: config.plugin_config.as_ref().map(input::read).transpose()?,
            canary: config.canary.as_ref().map(read_canary).transpose()?,
        })
    }
}

/// What the plugin prints becomes log lines; what it writes to stderr only if that is all JSON.
pub(crate) fn capture_output(format: logging::Format) -> Result<(), Error> {
    stdout::capture()?;
    if format != logging::Format::Json {
        return Ok(());
    }
    match stderr::capture() {
        // It may be closed; the worker does without.
        Err(error @ ProcessError::System { .. }) => log::warn!("{error}"),
        captured => captured?,
    }
    Ok(())
}

/// Installs the crash handler.
pub(crate) fn watch_crashes(plugin: &PluginLabel, config: Option<&Config>) -> Result<(), Error> {
    let subject = Subject {
        label: plugin.to_string(),
        module: plugin.module.clone(),
        class: plugin.class.clone(),
        record: config.and_then(|config| config.crash_file.clone()),
    };
    let after = config.map_or(AfterCrash::default(), |config| config.after_crash);
    crash::install(subject, after)
        .map_err(|error| Error::defect(format!("cannot watch for crashes: {error}")))
}

struct Worker<'a> {
    config: &'a Config,
    plugin: PluginLabel,
    hooks: Arc<dyn Hooks>,
    reporter: Reporter,
    events: Queue<Event>,
}

impl Worker<'_> {
    fn run(
        &self,
        inherited: Inherited,
        source: Box<dyn ClassSource>,
        Inputs { plugin_config, canary }: Inputs,
    ) -> Result<Outcome, Error> {
        descendants::adopt()?;
        watch_crashes(&self.plugin, Some(self.config))?;
        event::watch_signals(self.reporter.clone())?;
        // A front end may have blocked them until now.
        signals::unblock();
        if let Some(parent) = self.config.parent {
            event::watch_parent(parent, self.reporter.clone())?;
        }
        if let Some((lease, fd)) = inherited.lease {
            event::watch_lease(lease, fd, self.reporter.clone())?;
        }
        let bound = Bound::new(&self.config.listen, inherited.sockets)?;
        // Without a config there is no instance that might need a cleanup.
        let makes_instance = plugin_config.is_some();
        let (hooks, threads) = (Arc::clone(&self.hooks), IoThreads::new(self.config.io_threads));
        let loaded = load::Load { plugin_config, canary, source, hooks, threads: threads.clone() };
        let watch = load::start(self.config, loaded, self.reporter.clone())?;
        let service = match self.load(&watch) {
            Ok(Ok(service)) => service,
            Ok(Err(reason)) => return Ok(self.stop(reason).loading(makes_instance, &watch)),
            Err(error) => {
                if watch.is_idle() {
                    // The error of the load is the one to report.
                    let _ = hooks::clean_up(&self.hooks, self.config.stop_grace / 2);
                }
                return Err(error);
            }
        };
        let served = self.serve(bound, &service, &threads);
        if served.is_err() {
            self.hooks.stopping();
            // Clean up the instance, whatever failed.
            let _ = service.stop(self.config.stop_grace / 2);
        }
        served
    }

    /// Waits until the plugin is loaded, unless there is a reason to stop first.
    fn load(&self, watch: &LoadWatch) -> Result<Result<WorkerService, StopReason>, Error> {
        let check_timeout = || {
            let remaining = watch.remaining();
            if remaining.is_zero() {
                self.reporter.report(Event::Loaded(Err(watch.timed_out())));
            }
            remaining
        };
        loop {
            match self.next(check_timeout) {
                Event::Loaded(service) => return service.map(Ok),
                Event::Stop(reason) => return Ok(Err(reason)),
                Event::Announced(_)
                | Event::ServerEnded
                | Event::PluginWorks
                | Event::Drained
                | Event::ResultsRead => {}
            }
        }
    }

    /// Serves until there is a reason to stop, and stops.
    fn serve(
        &self,
        bound: Bound,
        service: &WorkerService,
        threads: &IoThreads,
    ) -> Result<Outcome, Error> {
        let sharing = match bound.is_inherited() {
            true => Sharing::HandedOver,
            false => Sharing::Own,
        };
        let (listeners, address) = bound.listen()?;
        let (class, concurrency) = (service.class_info(), self.config.concurrency);
        let line = StartLine::new(&self.plugin, class, &listeners, concurrency, service.limits());
        let (access, reporter) = (self.config.access.clone(), self.reporter.clone());
        let server = Server::start(listeners, sharing, service.clone(), threads, access, reporter)?;
        let announcement = Announcement::ready(&address, service.class_info());
        announce::start(&announcement, self.reporter.clone())?;
        let mut line = Some(line);
        let check_idle = || {
            let Some(limit) = self.config.idle_timeout else { return NO_LIMIT };
            let left = limit.saturating_sub(service.idle_for());
            if left.is_zero() {
                self.reporter.stop(StopReason::Idle(limit));
            }
            left
        };
        let reason = loop {
            match self.next(check_idle) {
                Event::Stop(reason) => break reason,
                Event::Announced(announced) => {
                    announced?;
                    announce::notify("READY=1");
                    line.take().into_iter().for_each(|line| line.log(&self.hooks));
                }
                Event::Loaded(_) | Event::PluginWorks | Event::Drained | Event::ResultsRead => {}
                Event::ServerEnded => {
                    return Err(Error::defect("the I/O thread has ended"));
                }
            }
        };
        let (reason, drained) = self.drain(reason, service, &server);
        Ok(self.stop(reason).serving(service, &server, drained))
    }

    /// Lets runs end, unless the reason leaves no time for that, or another one comes that does not;
    /// returns the reason of the stop.
    fn drain(
        &self,
        reason: StopReason,
        service: &WorkerService,
        server: &Server,
    ) -> (StopReason, Option<Drained>) {
        let timeout = self.config.drain_timeout;
        let time = reason.drain(timeout);
        if time == DrainTime::None {
            return (reason, None);
        }
        let grace = self.config.stop_grace;
        let mut drain = Drain::begin(&reason, time, grace, service, server, &self.reporter);
        let mut reaper = self.reaper();
        while !drain.is_over() {
            match self.wait(&mut reaper, drain.left()) {
                Some(Event::Stop(next)) if next.drain(timeout) == DrainTime::None => {
                    log::info!("stopping now: {next}");
                    return (next, Some(drain.interrupt()));
                }
                Some(event) => drain.note(&event),
                None => drain.pass(),
            }
        }
        (reason, Some(drain.end()))
    }

    fn stop(&self, reason: StopReason) -> Stop<'_> {
        Stop::new(reason, &self.reporter, &self.events, &self.hooks, self.config.stop_grace)
    }

    /// Waits for the next event, and reaps orphans meanwhile.
    ///
    /// Calls `check` in between, which returns the time until its next call.
    fn next(&self, mut check: impl FnMut() -> Duration) -> Event {
        let mut reaper = self.reaper();
        loop {
            if let Some(event) = self.wait(&mut reaper, check()) {
                return event;
            }
        }
    }

    fn reaper(&self) -> Option<Reaper> {
        (self.config.orphans == Orphans::Reap).then(Reaper::default)
    }

    /// Waits for an event, at most for `limit`, or until it has reaped.
    fn wait(&self, reaper: &mut Option<Reaper>, limit: Duration) -> Option<Event> {
        let until_reaping = reaper.as_ref().map_or(NO_LIMIT, Reaper::interval);
        match (self.events.pop_timeout(limit.min(until_reaping)), reaper) {
            (Some(Event::PluginWorks), Some(reaper)) => {
                *reaper = Reaper::default();
                None
            }
            (None, Some(reaper)) => {
                self.reap(reaper);
                None
            }
            (event, _) => event,
        }
    }

    fn reap(&self, reaper: &mut Reaper) {
        // Before it looks who is at work: who begins later reports it.
        self.reporter.set_resting(true);
        reaper.reap(!activity::running().is_empty());
        self.reporter.set_resting(reaper.is_slow());
    }
}

/// A day, for a worker without a limit.
const NO_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);
